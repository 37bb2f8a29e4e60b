"""The ports of the vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.domain.consent.objection import must_vanish

if TYPE_CHECKING:
    from ivr.domain.evidence.event import AuditEvent
    from ivr.services.ports.evidence import AuditLog
    from ivr.services.ports.keys import KeyRing
    from ivr.services.ports.runtime import Clock
    from ivr.services.ports.vault import Catalogue, RecordingStore, RecordingTag


@dataclass(frozen=True)
class VaultPorts:
    """The ports of the vault, as one value."""

    keys: KeyRing
    store: RecordingStore
    catalogue: Catalogue
    audit: AuditLog
    clock: Clock
    node_id: str

    def must_vanish(self, tag: RecordingTag) -> AuditEvent | None:
        """The event that says this recording may not be kept, if one does.

        It may name only the call: an objection before the first frame.
        """
        mine = self.audit.events(recording_id=tag.recording_id)
        of_call = (event for event in self.audit.events(call_id=tag.call_id) if not event.recording_id)
        return must_vanish((*mine, *of_call))
