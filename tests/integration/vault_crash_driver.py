"""Dies by SIGKILL at every step of a scenario, on a real disk and database, and prints what recovery made of it.

Run as a process of its own: `python -m tests.integration.vault_crash_driver SCENARIO DATABASE_URL FOLDER [BUCKET]`;
BUCKET is the settings of an S3 bucket as JSON. Prints one JSON object per death.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ivr.domain.evidence.events.base import Unread
from ivr.recording.bucket_store import BucketStore
from ivr.recording.data_keys import LocalKeyRing
from ivr.recording.s3_bucket import BucketSettings, S3Bucket
from ivr.recording.store import LocalStore
from ivr.services.vault.uploads import upload_waiting
from ivr.services.vault.vault import Vault
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from tests.fakes.tripwire import Tripwire
from tests.fakes.vault import START, TickingClock, a_tag

SECOND = np.random.default_rng(5).integers(-8000, 8000, 16000).astype("<i2").tobytes()
NODE = "node-1"
BUCKET: BucketSettings | None = None


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Rig:
    """The node's adapters over one database and one folder; every process opens its own."""

    def __init__(self, url: str, folder: Path, wire: Tripwire) -> None:
        self.database = Database.open(url)
        self.clock = TickingClock()
        local = LocalStore(folder / "vault")
        self.store: LocalStore | BucketStore = local
        if BUCKET is not None:
            self.store = BucketStore(local, wire.wrap(S3Bucket(BUCKET)))
        self.catalogue = SqlCatalogue(self.database)
        self.audit = SqlAuditLog(self.database, node_id=NODE, clock=self.clock)
        self.vault = Vault(
            keys=wire.wrap(LocalKeyRing.create(folder / "kek")),
            store=wire.wrap(self.store),
            catalogue=wire.wrap(self.catalogue),
            audit=wire.wrap(self.audit),
            clock=self.clock,
            node_id=NODE,
        )


def scenario(name: str, rig: Rig, recording_id: str) -> None:
    tag = a_tag(recording_id, call_id=f"call-{recording_id}", codec="alaw")
    recording = rig.vault.begin(tag, deadline=START.replace(year=START.year + 10))
    for _ in range(3):
        recording.write(SECOND)
    if name != "discard":
        recording.seal(consent={"caller": {"state": "NOTIFIED"}})
        if BUCKET is not None:
            assert [done.fault for done in upload_waiting(rig.vault.ports)] == [""]
        if name == "purge":
            rig.audit.append(Unread("retention.due", {}), recording_id=recording_id)
            rig.vault.discard_stored(recording_id, rule_id="RET-001", reason="due")
    else:
        rig.audit.append(Unread("objection", {}), call_id=f"call-{recording_id}", recording_id=recording_id)
        recording.discard("OBJ-003", "objection")


def ready_to_fork() -> None:
    """Called after a rehearsal: what it loaded and compiled serves every child, which would else do it anew."""
    assert threading.active_count() == 1, threading.enumerate()
    gc.collect()
    gc.freeze()


def in_child(work: Callable[[], object]) -> int:
    """Run in a forked process (no thread runs here yet) and return how it ended."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def settle(url: str, folder: Path, recording_id: str, *, all_of_them: bool) -> dict[str, object]:
    """Recover as the next start does; `all_of_them`: verify whatever earlier deaths left, too."""
    rig = Rig(url, folder, Tripwire(None))
    first, second = rig.vault.recover(), rig.vault.recover()
    if BUCKET is not None:
        uploads = [[vars(done) for done in upload_waiting(rig.vault.ports)] for _ in range(2)]
        assert uploads[1] == [], uploads
    rows = [rig.catalogue.get(known) for known in rig.catalogue.states([recording_id])]
    findings = rig.vault.verify(None if all_of_them else [row.tag.recording_id for row in rows])
    files = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    told: dict[str, object] = {
        "state": rows[0].state.value if rows else None,
        "has_key": rows[0].has_key if rows else False,
        "file": recording_id in rig.store.stored(),
        "here": recording_id in rig.store.at_hand(),
        "half": list(rig.store.unfinished()),
        "kinds": [event.kind for event in rig.audit.events(recording_id=recording_id)],
        "recovered": [done.how for done in first],
        "again": [done.how for done in second],
        "findings": [vars(discrepancy) for discrepancy in findings],
        "chain": rig.audit.verify(),
        "plaintext": SECOND[:48] in files or SECOND[16000:16048] in files,
    }
    rig.database.close()
    return told


def rehearse(name: str, url: str, folder: Path) -> None:
    rig = Rig(url, folder, Tripwire(None))
    scenario(name, rig, "rehearsal")
    rig.database.close()
    settle(url, folder, "rehearsal", all_of_them=True)
    ready_to_fork()


def main(name: str, url: str, folder: Path) -> None:
    # Each port call is two steps. A death after one leaves what a death before the next does: with a server behind
    # the database or the store, where each step takes longer, every third one meets both kinds.
    for at in range(1, 400, 1 if BUCKET is None and url.startswith("sqlite") else 3):
        recording_id = f"rec-{at}"

        def run(at: int = at, recording_id: str = recording_id) -> None:
            scenario(name, Rig(url, folder, Tripwire(at, die)), recording_id)

        ended = in_child(run)

        def tell(at: int = at, recording_id: str = recording_id, last: bool = ended == 0) -> None:
            print(json.dumps({"at": at, **settle(url, folder, recording_id, all_of_them=last)}), flush=True)

        if in_child(tell) != 0:
            raise SystemExit(1)
        if ended == 0:
            return
        if ended != -signal.SIGKILL:
            raise SystemExit(1)


if __name__ == "__main__":
    # Without a bucket: its client runs threads, and from then on nothing may be forked.
    rehearse(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    if len(sys.argv) > 4:
        given = json.loads(sys.argv[4])
        BUCKET = BucketSettings(**{**given, "credentials_file": Path(given["credentials_file"])})
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
