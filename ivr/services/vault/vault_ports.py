"""What the vault works with, and the words it leaves in the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.domain.evidence.kinds import CERTIFICATE, DISCARDING, DISCARDS, DISPELLED, DOUBT, OBJECTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr.domain.evidence.event import AuditEvent
    from ivr.services.ports.evidence import AuditLog
    from ivr.services.ports.keys import KeyRing
    from ivr.services.ports.runtime import Clock
    from ivr.services.ports.vault import Catalogue, RecordingStore


@dataclass(frozen=True)
class Holdings:
    """The ports of the vault, as one value."""

    keys: KeyRing
    store: RecordingStore
    catalogue: Catalogue
    audit: AuditLog
    clock: Clock
    node_id: str


def must_vanish(events: Sequence[AuditEvent]) -> AuditEvent | None:
    """Return the event that says this recording may not be kept, if one does (promise 3).

    A doubt that nothing followed counts as an objection (REC-021, fail_mode): the line died before the answer.
    """
    for event in events:
        if event.kind in (DISCARDING, CERTIFICATE):
            return event
        objects = event.kind == OBJECTION or event.kind.startswith(OBJECTION + ".")
        if objects and event.body.get(DISCARDS) is not False:
            return event
    asked = [event for event in events if event.kind in (DOUBT, DISPELLED) or event.kind == OBJECTION]
    last = max(asked, key=lambda event: (event.at, event.seq), default=None)
    if last is not None and last.kind == DOUBT and last.body.get(DISCARDS) is not False:
        return last
    return None
