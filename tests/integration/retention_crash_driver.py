"""Dies by SIGKILL at every step of a retention run, on a real disk and database, and prints what came of it.

Run as a process of its own: `python -m tests.integration.retention_crash_driver DATABASE_URL FOLDER`. Prints one JSON
object per death.
"""

from __future__ import annotations

import json
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ivr.recording.secret_file import Secret
from ivr.recording.signer import Ed25519Signer
from ivr.recording.store import LocalStore
from ivr.services.retention.run import RetentionRun
from ivr.services.vault.vault import Vault
from ivr.services.vault.vault_ports import VaultPorts
from ivr.settings import load_settings
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from ivr.storage.retention_ledger import SqlRetentionLedger
from tests.fakes.tripwire import Tripwire
from tests.fakes.vault import FakeKeyRing, TickingClock, a_tag
from tests.integration.vault_crash_driver import die, in_child, ready_to_fork

CALLED = datetime(2026, 1, 5, 9, tzinfo=UTC)
PURGE = datetime(2026, 11, 21, 9, tzinfo=UTC)
SETTINGS = load_settings(Path(__file__).resolve().parents[2] / "config", {})


class Rig:
    """The node's adapters; every process opens its own."""

    def __init__(self, url: str, folder: Path, at: datetime, wire: Tripwire) -> None:
        self.database = Database.open(url)
        clock = TickingClock(at)
        signer = Ed25519Signer(Secret("evidence-test", bytes(32)))
        self.store = LocalStore(folder / "vault")
        self.catalogue = SqlCatalogue(self.database)
        self.audit = SqlAuditLog(self.database, node_id="node-1", clock=clock, signer=signer)
        self.vault = Vault(
            keys=FakeKeyRing(),
            store=self.store,
            catalogue=self.catalogue,
            audit=self.audit,
            clock=clock,
            node_id="node-1",
        )
        self.run = RetentionRun(
            wire.wrap(SqlRetentionLedger(self.database, self.audit)),
            VaultPorts(
                FakeKeyRing(),
                wire.wrap(self.store),
                # What these two are asked lies inside the transactions in which the ledger is asked.
                self.catalogue,
                self.audit,
                clock,
                "node-1",
            ),
            table=SETTINGS.retention,
            profile=SETTINGS.profile,
            owner=f"node-1/{at:%s}",
            chunk=2,
        )


def names(at: int) -> list[str]:
    return [f"rec-{at}-{number}" for number in range(3)]


def record(url: str, folder: Path, at: int) -> None:
    rig = Rig(url, folder, CALLED, Tripwire(None))
    for name in names(at):
        tag = a_tag(name, call_id=f"call-{name}", retention="quality_audio", opened_at=CALLED, codec="alaw")
        begun = rig.vault.begin(tag, deadline=CALLED + timedelta(days=181))
        begun.write(bytes(32000))
        begun.seal(consent={"caller": {"state": "NOTIFIED"}})
    rig.database.close()


def resume(url: str, folder: Path, at: int) -> dict[str, object]:
    """First too early, while the dead run's claims hold, then after their end; recovery in between, as a node does."""
    early = Rig(url, folder, PURGE + timedelta(minutes=1), Tripwire(None))
    early.run.run()
    early.vault.recover()
    early.database.close()
    late = Rig(url, folder, PURGE + timedelta(minutes=20), Tripwire(None))
    report = late.run.run()
    told = []
    for name in names(at):
        row = late.catalogue.get(name)
        kinds = [event.kind for event in late.audit.events(recording_id=name)]
        told.append([row.state.value, row.has_key, name in late.store.stored(), kinds.count("certificate.destruction")])
    chain = late.audit.verify()
    late.database.close()
    return {"ok": report.ok, "told": told, "chain": chain}


def run(url: str, folder: Path, wire: Tripwire) -> None:
    rig = Rig(url, folder, PURGE, wire)
    rig.run.run()
    rig.database.close()


def main(url: str, folder: Path) -> None:
    record(url, folder, 0)
    run(url, folder, Tripwire(None))
    resume(url, folder, 0)
    ready_to_fork()
    # A death after a call of a port leaves what a death before the next one does; PostgreSQL takes longer for each.
    for at in range(1, 100, 1 if url.startswith("sqlite") else 3):
        if in_child(lambda at=at: record(url, folder, at)) != 0:  # type: ignore[misc]
            raise SystemExit(1)
        ended = in_child(lambda at=at: run(url, folder, Tripwire(at, die)))  # type: ignore[misc]
        if in_child(lambda at=at: print(json.dumps({"at": at, **resume(url, folder, at)}), flush=True)) != 0:  # type: ignore[misc]
            raise SystemExit(1)
        if ended == 0:
            return
        if ended != -signal.SIGKILL:
            raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
