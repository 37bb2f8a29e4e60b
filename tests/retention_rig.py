"""A vault with retention on a real SQLite or PostgreSQL database and a store in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import Unread
from ivr.domain.profile import Profile
from ivr.domain.retention.decision import deadline
from ivr.domain.retention.schedule import RetentionTable
from ivr.recording.secret_file import Secret
from ivr.recording.signer import Ed25519Signer
from ivr.services.ports.evidence import Entry
from ivr.services.retention.business_events import BusinessEvents
from ivr.services.retention.legal_holds import Holds
from ivr.services.retention.run import RetentionRun
from ivr.services.vault.vault import Vault
from ivr.settings import Settings, load_settings
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from ivr.storage.legal_holds import SqlHolds
from ivr.storage.retention_ledger import SqlRetentionLedger
from tests.evidence_schema import faults
from tests.fakes.vault import FakeKeyRing, FakeStore, TickingClock, a_tag

CALLED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SIGNER = Ed25519Signer(Secret("evidence-test", bytes(range(32))))
SOUND = b"\x01\x00" * 160


@lru_cache(maxsize=1)
def settings() -> Settings:
    return load_settings(Path(__file__).resolve().parents[1] / "config", {})


class CheckedAuditLog(SqlAuditLog):
    """Takes nothing that its schema does not allow; `Unread` is for what older versions wrote, and for forgers."""

    def append_within(self, connection: Connection, entries: Sequence[Entry]) -> list[AuditEvent]:
        for entry in entries:
            assert isinstance(entry.event, Unread) or faults(entry.event.kind, entry.event.body()) == []
        return super().append_within(connection, entries)


class RetentionRig:
    """One node. Others on the same database: `RetentionRig(url, node="node-2", store=rig.store)`."""

    def __init__(
        self,
        url: str,
        *,
        node: str = "node-1",
        store: FakeStore | None = None,
        wrap: Callable[[object], object] = lambda port: port,
        chunk: int = 3,
    ) -> None:
        self.url = url
        self.database = Database.open(url)
        self.clock = TickingClock(CALLED)
        self.store = store or FakeStore()
        self.table: RetentionTable = settings().retention
        self.profile: Profile = settings().profile
        self.audit = CheckedAuditLog(self.database, node_id=node, clock=self.clock, signer=SIGNER)
        self.catalogue = SqlCatalogue(self.database)
        self.vault = Vault(
            keys=FakeKeyRing(),
            store=self.store,
            catalogue=self.catalogue,
            audit=self.audit,
            clock=self.clock,
            node_id=node,
        )
        self.ledger = SqlRetentionLedger(self.database, self.audit)
        self._wrap = wrap
        self._chunk = chunk
        self._runs = itertools.count(1)
        self._node = node
        ids = itertools.count(1)
        self.holds = Holds(
            SqlHolds(self.database, self.audit), self.clock, profile=self.profile, new_id=lambda: f"hold-{next(ids)}"
        )

    def run(self, table: RetentionTable | None = None, round_size: int = 6) -> RetentionRun:
        return RetentionRun(
            self._wrap(self.ledger),  # type: ignore[arg-type]
            replace(
                self.vault.ports,
                catalogue=self._wrap(self.catalogue),  # type: ignore[arg-type]
                audit=self._wrap(self.audit),  # type: ignore[arg-type]
                store=self._wrap(self.store),  # type: ignore[arg-type]
            ),
            table=table or self.table,
            profile=self.profile,
            owner=f"{self._node}/{next(self._runs)}",
            chunk=self._chunk,
            round_size=round_size,
        )

    @property
    def events(self) -> BusinessEvents:
        return BusinessEvents(self.ledger, self.clock, table=self.table, profile=self.profile, retention=self.run())

    def record(self, recording_id: str, *, tag: str = "quality_audio", at: datetime = CALLED) -> None:
        """Seal a recording that was made at `at`."""
        due = deadline(tag, at, self.table, self.profile)
        row = a_tag(recording_id, call_id=f"call-of-{recording_id}", retention=tag, opened_at=at, rule_ids=("REC-007",))
        begun = self.vault.begin(row, deadline=due)
        begun.write(SOUND)
        begun.seal(consent={"caller": {"state": "NOTIFIED"}})

    def state(self, recording_id: str) -> tuple[str, bool, bool]:
        """State, whether the key is there, whether the file is there."""
        row = self.catalogue.get(recording_id)
        return row.state.value, row.has_key, recording_id in self.store.stored()

    def certificates(self, recording_id: str) -> list[dict[str, object]]:
        events = self.audit.events(recording_id=recording_id)
        return [dict(event.body) for event in events if event.kind == "certificate.destruction"]

    def close(self) -> None:
        self.database.close()


KEPT = ("SEALED", True, True)
GONE = ("PURGED", False, False)
