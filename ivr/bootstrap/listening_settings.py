"""How a channel is heard, on calls as in tools."""

from __future__ import annotations

from ivr.services.hearing.channel_listener import ListeningSettings
from ivr.settings import Settings


def listening_settings(settings: Settings) -> ListeningSettings:
    """Return the deadlines and the mark's settings; a part of an utterance waits no longer than its whole."""
    deadline_s = settings.ear.deadline_s
    return ListeningSettings(
        endpoint=settings.endpoint,
        hearing=settings.hearing,
        final_deadline_s=deadline_s,
        partial_deadline_s=min(ListeningSettings.partial_deadline_s, deadline_s),
    )
