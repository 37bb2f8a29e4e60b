"""What the vault works with, and the words it leaves in the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.domain.evidence.events.destruction import Certificate, Discarding
from ivr.domain.evidence.events.objection import Dispelled, Hesitation, Objection

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
        facts = event.facts
        objects = isinstance(facts, Objection) and facts.discards is not False
        if objects or isinstance(facts, (Discarding, Certificate)):
            return event
    asked = [event for event in events if event.kind in (Hesitation.kind, Dispelled.kind, Objection.kind)]
    last = max(asked, key=lambda event: (event.at, event.seq), default=None)
    if last is not None and isinstance(last.facts, Hesitation) and last.facts.discards is not False:
        return last
    return None
