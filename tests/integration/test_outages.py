"""The database or the S3 server is away for a while: nothing sealed is lost, nothing destroyed comes back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.domain.evidence.events.base import Unread
from ivr.domain.recording.state import RecordingState
from ivr.errors import ArchiveError, HostError
from ivr.recording.bucket_store import BucketStore
from ivr.recording.kek_files import KekFiles
from ivr.recording.s3_bucket import S3Bucket
from ivr.recording.store import LocalStore
from ivr.services.vault.uploads import upload_waiting, waiting
from ivr.services.vault.vault import OpenRecording, Vault
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from tests.databases import fresh_url
from tests.fakes.heard import heard
from tests.fakes.vault import START, TickingClock, a_tag
from tests.servers import new_postgres, seaweed

SECOND = np.random.default_rng(5).integers(-8000, 8000, 16000).astype("<i2").tobytes()


class Node:
    """The vault of one node on real adapters."""

    def __init__(self, url: str, folder: Path, bucket: S3Bucket | None = None) -> None:
        self.database = Database.open(url, create=True)
        local = LocalStore(folder / "vault")
        self.store: Any = local if bucket is None else BucketStore(local, bucket)
        self.catalogue = SqlCatalogue(self.database)
        clock = TickingClock()
        self.audit = SqlAuditLog(self.database, node_id="node-1", clock=clock)
        keys = KekFiles(folder / "kek", folder / "old", create=True)
        self.vault = Vault(
            keys=keys, store=self.store, catalogue=self.catalogue, audit=self.audit, clock=clock, node_id="node-1"
        )

    def begun(self, name: str) -> OpenRecording:
        recording = self.vault.begin(a_tag(name, call_id=f"call-{name}", codec="alaw"), deadline=START)
        for _ in range(3):
            recording.write(SECOND)
        return recording

    def state(self, name: str) -> RecordingState:
        return self.catalogue.get(name).state


# ---------------------------------------------------------------- PostgreSQL


def test_a_database_that_is_away_for_a_while_costs_no_sealed_recording(tmp_path: Path) -> None:
    postgres = new_postgres()
    node = Node(postgres.url, tmp_path)
    node.begun("sealed").seal(consent={})
    node.begun("gone").discard("OBJ-003", "objection")
    open_, objected = node.begun("open"), node.begun("objected")
    node.audit.append(Unread("objection", {}), call_id="call-objected", recording_id="objected")
    postgres.server.stop()
    # Calls go on: audio is written without the database; what needs it says so, and a new call is not recorded.
    open_.write(SECOND)
    with pytest.raises(HostError, match="does not answer"):
        open_.seal(consent={})
    with pytest.raises(HostError):
        open_.fail("database away")
    with pytest.raises(HostError):
        objected.discard("OBJ-003", "objection")
    with pytest.raises(HostError, match="does not answer"):
        node.begun("refused")
    assert "refused" not in node.store.unfinished()
    postgres.server.start()
    settled = {done.recording_id: done.state for done in node.vault.recover()}
    assert settled == {"open": RecordingState.DAMAGED, "objected": RecordingState.DISCARDED}
    assert node.vault.recover() == []
    assert node.state("sealed") is RecordingState.SEALED
    row = node.catalogue.get("open")
    assert row.sealed is not None
    assert row.sealed.duration_ms >= 3000
    assert not node.catalogue.get("objected").has_key
    assert not node.catalogue.get("gone").has_key
    assert node.vault.verify() == []
    assert node.audit.verify() == []
    node.begun("after").seal(consent={})
    node.database.close()
    postgres.server.stop()


# ---------------------------------------------------------------- S3


def test_an_s3_server_that_is_away_makes_recordings_wait_and_brings_none_back(tmp_path: Path) -> None:
    server = seaweed()
    settings = replace(server.bucket(f"away-{os.getpid()}", tmp_path), timeout_s=2.0)
    node = Node(fresh_url("sqlite", tmp_path), tmp_path, S3Bucket(settings))
    for name in ("first", "purged"):
        node.begun(name).seal(consent={})
    # Two seconds are little for a machine with much else to do: the clerk comes back.
    sweep_until(lambda: all(done.done for done in upload_waiting(node.vault.ports)))
    assert list(node.store.at_hand()) == []
    server.server.stop()
    try:
        node.begun("second").seal(consent={})
        (told,) = upload_waiting(node.vault.ports)
        assert (told.done, told.recording_id) == (False, "second")
        assert "does not answer" in told.fault
        assert "store.endpoint" in told.remedy
        assert waiting(node.vault.ports) == ["second"]
        # The key goes at once, whatever the server does; the file follows when it is back.
        with pytest.raises(HostError, match="does not answer"):
            node.vault.discard_stored("purged", rule_id="OBJ-003", reason="objection")
        assert not node.catalogue.get("purged").has_key
        with pytest.raises(ArchiveError, match="destroyed"):
            heard(node.vault, "purged")
        with pytest.raises(HostError, match="does not answer"):
            heard(node.vault, "first")
    finally:
        server.server.start(timeout_s=90)
    # A server that has just started may need some seconds for its volumes; the clerk comes back until it is done.
    sweep_until(lambda: [done.state for done in node.vault.recover()] == [RecordingState.PURGED])
    sweep_until(lambda: [done.fault for done in upload_waiting(node.vault.ports)] == [""])
    assert list(node.store.stored()) == ["first", "second"]
    assert list(node.store.at_hand()) == []
    assert node.vault.verify() == []
    assert len(heard(node.vault, "second")[0]) == 3 * 2 * len(SECOND) // 2
    node.database.close()


def sweep_until(done: Callable[[], bool]) -> None:
    """Repeat what the clerk repeats until it has worked, for a minute at most."""
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until
        time.sleep(0.5)


def test_what_the_bucket_holds_otherwise_than_it_was_sealed_keeps_the_local_file(tmp_path: Path) -> None:
    bucket = S3Bucket(seaweed().bucket(f"other-{os.getpid()}", tmp_path))
    node = Node(fresh_url("sqlite", tmp_path), tmp_path, bucket)
    node.begun("rec-1").seal(consent={})
    (tmp_path / "other").write_bytes(b"something else")
    bucket.put(node.store.key("rec-1"), tmp_path / "other")
    (told,) = upload_waiting(node.vault.ports)
    assert not told.done
    assert "not what was sealed" in told.fault
    assert list(node.store.at_hand()) == ["rec-1"]
    bucket.delete(node.store.key("rec-1"))
    assert [done.done for done in upload_waiting(node.vault.ports)] == [True]
    node.database.close()


def test_a_local_file_that_was_changed_is_not_uploaded(tmp_path: Path) -> None:
    node = Node(fresh_url("sqlite", tmp_path), tmp_path, S3Bucket(seaweed().bucket(f"bad-{os.getpid()}", tmp_path)))
    for name in ("rec-1", "rec-2"):
        node.begun(name).seal(consent={})
    path = tmp_path / "vault" / node.store.key("rec-1")
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    told = {done.recording_id: done.done for done in upload_waiting(node.vault.ports)}
    assert told == {"rec-1": False, "rec-2": True}
    assert [discrepancy.recording_id for discrepancy in node.vault.verify()] == ["rec-1"]
    node.database.close()


def test_object_lock_keeps_the_object_but_never_the_key(tmp_path: Path) -> None:
    """The conflict of a lock until the deadline with a destruction at once (ADR 12)."""
    name = f"lock-{os.getpid()}"
    bucket = S3Bucket(seaweed().bucket(name, tmp_path, lock=True, object_lock="compliance"))
    bucket.check()
    node = Node(fresh_url("sqlite", tmp_path), tmp_path, bucket)
    recording = node.vault.begin(a_tag("rec-1", codec="alaw"), deadline=START.replace(year=START.year + 30))
    recording.write(SECOND)
    recording.seal(consent={})
    assert [done.fault for done in upload_waiting(node.vault.ports)] == [""]
    status, retention = seaweed().ask("GET", name, node.store.key("rec-1"), "retention")
    assert status == 200
    assert f"{START.year + 30}-" in retention
    assert node.vault.discard_stored("rec-1", rule_id="OBJ-003", reason="objection") is RecordingState.PURGED
    assert not node.catalogue.get("rec-1").has_key
    assert list(node.store.stored()) == []
    # The locked version is still there, as noise that no key opens.
    assert "<VersionId>" in seaweed().ask("GET", name, "", "versions")[1]
    assert node.vault.recover() == []
    node.database.close()
