"""Whether somebody has objected, by what the evidence tells (promise 3)."""

from __future__ import annotations

from collections.abc import Iterable

from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.destruction import Certificate, Discarding
from ivr.domain.evidence.events.objection import Dispelled, Hesitation, Objection


def has_objected(events: Iterable[AuditEvent]) -> bool:
    """Whether an objection is among these events, whatever it does to what was recorded before it."""
    return any(isinstance(event.facts, Objection) for event in events)


def must_vanish(events: Iterable[AuditEvent]) -> AuditEvent | None:
    """Return the event that says this recording may not be kept, if one does.

    A doubt that nothing followed counts as an objection (REC-021, fail_mode): the line died before the answer.
    """
    events = list(events)
    for event in events:
        facts = event.facts
        objects = isinstance(facts, Objection) and facts.discards is not False
        if objects or isinstance(facts, (Discarding, Certificate)):
            return event
    asked = [event for event in events if isinstance(event.facts, (Hesitation, Dispelled, Objection))]
    last = max(asked, key=lambda event: (event.at, event.seq), default=None)
    if last is not None and isinstance(last.facts, Hesitation) and last.facts.discards is not False:
        return last
    return None
