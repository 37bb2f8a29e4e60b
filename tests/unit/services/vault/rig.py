"""What survives a process that writes recordings, over ports in memory; and a vault upon it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.domain.recording.state import RecordingState
from ivr.services.vault.vault import OpenRecording, Vault
from tests.fakes.tripwire import Tripwire
from tests.fakes.vault import START, FakeAuditLog, FakeCatalogue, FakeKeyRing, FakeStore, TickingClock, a_tag

PCM = b"\1\0\2\0" * 8000
CONSENT = {"caller": {"state": "NOTIFIED"}}


@dataclass
class Rig:
    """What survives a process: database, disk, KEK."""

    clock: TickingClock = field(default_factory=TickingClock)
    keys: FakeKeyRing = field(default_factory=FakeKeyRing)
    store: FakeStore = field(default_factory=FakeStore)
    catalogue: FakeCatalogue = field(default_factory=FakeCatalogue)
    audit: FakeAuditLog = field(default_factory=FakeAuditLog)

    def __post_init__(self) -> None:
        self.catalogue.beside = self.audit

    def vault(self, wire: Tripwire | None = None, node_id: str = "node-1") -> Vault:
        wire = wire or Tripwire(None)
        return Vault(
            keys=wire.wrap(self.keys),
            store=wire.wrap(self.store),
            catalogue=wire.wrap(self.catalogue),
            audit=wire.wrap(self.audit),
            clock=self.clock,
            node_id=node_id,
        )

    def state(self, recording_id: str = "rec-1") -> RecordingState:
        return self.catalogue.get(recording_id).state

    def kinds(self, recording_id: str = "rec-1") -> list[str]:
        return [event.kind for event in self.audit.events(recording_id=recording_id)]


def begun(rig: Rig, recording_id: str = "rec-1") -> OpenRecording:
    recording = rig.vault().begin(a_tag(recording_id), deadline=START)
    recording.write(PCM)
    return recording
