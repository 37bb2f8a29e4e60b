"""The head of the chain is witnessed outside the database: an emptied, older or other database is named."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.bootstrap.runtime import SystemClock
from ivr.domain.evidence.chain import Head
from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.house import LossAccepted, WitnessBegun
from ivr.errors import ComplianceError, HostError, LostEvidenceError
from ivr.recording.chain_head import ChainHeadFile
from ivr.recording.secret_file import Secret
from ivr.recording.signer import Ed25519Signer
from ivr.services.ports.evidence import Entry
from ivr.storage import database
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from tests.databases import KINDS, fresh_url
from tests.fakes.vault import START, TickingClock

SIGNER = Ed25519Signer(Secret("evidence-one", bytes(range(32))))
OTHER = Ed25519Signer(Secret("evidence-two", bytes(32)))


class Node:
    """One process of a node: its database, its witness and its log."""

    def __init__(self, url: str, folder: Path, *, node: str = "node-1", signer: Ed25519Signer = SIGNER) -> None:
        self.database = Database.open(url)
        self.witness = ChainHeadFile(folder / f"evidence.{node}.head", node, signer)
        self.audit = SqlAuditLog(
            self.database, node_id=node, clock=TickingClock(), signer=signer, witness=self.witness, checkpoint_every=4
        )

    def fill(self, events: int) -> None:
        for number in range(events):
            self.audit.append(Unread("kind", {"number": number}))

    def cut_to(self, seq: int) -> None:
        """What the restore of an older backup does to the chain: all later rows are gone, and the head knows none."""
        with self.database.writing() as connection:
            run = connection.exec_driver_sql
            digest = run(f"SELECT digest FROM audit_events WHERE seq = {seq}").scalar() if seq else "0" * 64
            run(f"DELETE FROM audit_events WHERE seq > {seq}")
            run(f"DELETE FROM audit_checkpoints WHERE seq > {seq}")
            run(f"UPDATE audit_heads SET seq = {seq}, digest = '{digest}'")

    def known(self) -> int:
        told = self.witness.last()
        assert told is not None
        return told.seq


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_url(request.param, tmp_path)


@pytest.fixture
def node(url: str, tmp_path: Path) -> Iterator[Node]:
    node = Node(url, tmp_path)
    node.audit.begin_witness()
    yield node
    node.database.close()


@pytest.mark.parametrize(("left", "said"), [(0, "is empty"), (5, "is older than its evidence")])
def test_an_emptied_or_older_database_is_named_and_takes_no_more_evidence(node: Node, left: int, said: str) -> None:
    node.fill(9)
    node.cut_to(left)
    assert node.audit.verify()[0].startswith(f"node node-1, event {left}: the database {said}")
    assert "knows event 9" in node.audit.verify()[0]
    for act in (lambda: node.audit.append(Unread("kind", {})), node.audit.checkpoint, node.audit.must_be_whole):
        with pytest.raises(LostEvidenceError, match=said):
            act()
    assert node.audit.count() == left
    assert node.known() == 9


def test_an_older_database_that_went_on_elsewhere_is_named(node: Node) -> None:
    node.fill(9)
    node.cut_to(5)
    unwatched = SqlAuditLog(node.database, node_id="node-1", clock=SystemClock(), signer=SIGNER, checkpoint_every=4)
    for _ in range(6):
        unwatched.append(Unread("elsewhere", {}))
    assert node.audit.verify()[0].startswith("node node-1, event 9: is not the one that the witness")
    with pytest.raises(LostEvidenceError, match="event 9"):
        node.audit.append(Unread("kind", {}))


def test_a_crash_between_commit_and_witness_accuses_nobody(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node.fill(3)
    with monkeypatch.context() as killed:
        killed.setattr(ChainHeadFile, "note", lambda *_: None)
        node.fill(2)
    assert node.known() == 3
    assert node.audit.verify() == []
    node.fill(1)
    assert node.known() == 6


def test_what_is_rolled_back_is_never_witnessed(node: Node) -> None:
    node.fill(2)

    def undone() -> None:
        with node.database.together():
            node.audit.append(Unread("undone", {}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert node.known() == 2
    with node.database.together():
        node.audit.append(Unread("one", {}))
        node.audit.append_all([Entry(Unread("two", {})), Entry(Unread("three", {}))])
        assert node.known() == 2
    assert node.known() == 5
    assert node.audit.verify() == []


def test_a_witness_that_cannot_be_written_stops_no_evidence(
    node: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise HostError("the disk is full", where="here", remedy="make room")

    monkeypatch.setattr(ChainHeadFile, "note", full)
    node.fill(2)
    assert node.audit.verify() == []
    assert "stays behind" in caplog.text


def _append(url: str, folder: str, events: int) -> list[str]:
    node = Node(url, Path(folder))
    try:
        node.fill(events)
        return node.audit.guard.loss()
    finally:
        node.database.close()


def test_processes_of_one_node_share_the_witness(url: str, node: Node, tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.starmap(_append, [(url, str(tmp_path), 25)] * 3) == [[], [], []]
    assert node.known() == 75
    assert node.audit.verify() == []


def test_a_process_that_comes_late_moves_the_witness_of_its_node_not_back(node: Node) -> None:
    node.fill(5)
    node.witness.note(Head("node-1", 3, node.audit.events()[2].digest), START)
    assert node.known() == 5


def test_each_node_on_one_database_has_its_own_witness(url: str, node: Node, tmp_path: Path) -> None:
    other = Node(url, tmp_path, node="node-2", signer=OTHER)
    assert other.audit.begin_witness() == Head("node-2", 0, "0" * 64)
    node.fill(3)
    other.fill(5)
    assert (node.known(), other.known()) == (3, 5)
    assert node.audit.verify() == other.audit.verify() == []
    other.database.close()


def test_a_loss_is_accepted_with_a_reason_that_stands_in_the_evidence(node: Node) -> None:
    node.fill(9)
    with pytest.raises(ComplianceError, match="no loss"):
        node.audit.accept_loss(reason="nothing happened", actor="ana")
    node.cut_to(5)
    with pytest.raises(ComplianceError, match="reason"):
        node.audit.accept_loss(reason=" ", actor="ana")
    node.audit.accept_loss(reason="disk lost, backup of sunday", actor="ana")
    node.fill(1)
    assert node.audit.verify() == []
    (event,) = [event for event in node.audit.events() if event.kind == LossAccepted.kind]
    assert event.seq == 6
    assert (event.body["actor"], event.body["reason"]) == ("ana", "disk lost, backup of sunday")
    witnessed = event.body["witnessed"]
    assert isinstance(witnessed, dict)
    assert (witnessed["seq"], event.body["found_seq"]) == (9, 5)


def test_a_missing_witness_is_named_and_begun_anew_in_the_evidence(node: Node) -> None:
    node.fill(4)
    node.witness.path.unlink()
    assert "is missing" in node.audit.verify()[0]
    with pytest.raises(LostEvidenceError, match="ivr init"):
        node.audit.append(Unread("kind", {}))
    assert node.audit.begin_witness() is not None
    assert node.audit.begin_witness() is None
    assert [event.kind for event in node.audit.events()][-1] == WitnessBegun.kind
    assert (node.known(), node.audit.verify()) == (5, [])


def test_an_empty_witness_is_a_missing_one(node: Node) -> None:
    """Whoever made the file died before anything stood in it: `ivr init` goes on, nobody must accept a loss."""
    node.fill(4)
    node.witness.path.write_bytes(b"")
    with pytest.raises(LostEvidenceError, match="ivr init"):
        node.audit.append(Unread("kind", {}))
    assert node.audit.begin_witness() is not None
    assert (node.known(), node.audit.verify()) == (5, [])


def test_a_witness_that_is_begun_anew_is_never_found_empty(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node.fill(4)
    other = ChainHeadFile(node.witness.path, "node-1", SIGNER)
    truncate, seen = os.ftruncate, []

    def look(descriptor: int, size: int) -> None:
        truncate(descriptor, size)
        seen.append(other.last())

    monkeypatch.setattr(os, "ftruncate", look)
    node.witness.begin(Head("node-1", 2, "0" * 64), START)
    assert [told.seq for told in seen if told is not None] == [2]
    assert node.known() == 2


@pytest.mark.parametrize("damage", ["torn", "stranger", "changed"])
def test_only_what_this_node_signed_is_a_witness(node: Node, damage: str, tmp_path: Path) -> None:
    node.fill(4)
    raw = bytearray(node.witness.path.read_bytes())
    assert len(raw) == 2048
    if damage == "torn":
        # A write that broke off tears one place; the other still tells of the event before.
        newest = raw.index(b'"seq":4')
        at = newest - newest % 1024
        raw[at + 100 : at + 200] = bytes(100)
        node.witness.path.write_bytes(raw)
        assert (node.known(), node.audit.verify()) == (3, [])
        node.fill(1)
        assert node.known() == 5
        return
    if damage == "stranger":
        node.witness.path.unlink()
        ChainHeadFile(node.witness.path, "node-1", OTHER).begin(Head("node-1", 4, "0" * 64), START)
    else:
        node.witness.path.write_bytes(raw.replace(b'"seq":', b'"seq":1'))
    assert node.audit.verify()[0].startswith(f"node node-1, witness {node.witness.path}: ")
    assert "not what this node wrote" in node.audit.verify()[0]
    with pytest.raises(LostEvidenceError, match="not what this node wrote"):
        node.audit.append(Unread("kind", {}))


def test_the_witness_is_private(node: Node) -> None:
    node.fill(1)
    assert node.witness.path.stat().st_mode & 0o777 == 0o600


class TestTheFile:
    """What SQLite alone would never notice: its file has another name, or none."""

    @pytest.fixture
    def node(self, tmp_path: Path) -> Iterator[Node]:
        node = Node(f"{fresh_url('sqlite', tmp_path)}", tmp_path)
        node.fill(3)
        yield node
        node.database.close()

    def path(self, node: Node) -> Path:
        return Path(str(node.database.engine.url.database))

    def test_a_file_that_is_gone_is_noticed_before_anything_is_written_or_read(self, node: Node) -> None:
        self.path(node).unlink()
        for act in (lambda: node.audit.append(Unread("kind", {})), node.audit.must_be_whole, node.audit.count):
            with pytest.raises(LostEvidenceError, match="file is gone"):
                act()
        assert not self.path(node).exists()

    def test_another_file_in_its_place_is_noticed(self, node: Node, tmp_path: Path) -> None:
        path = self.path(node)
        kept = path.rename(path.with_name("kept"))
        shutil.copyfile(kept, path)
        with pytest.raises(LostEvidenceError, match="another file"):
            node.audit.append(Unread("kind", {}))
        kept.replace(path)
        node.fill(1)
        assert node.audit.verify() == []

    def test_a_log_that_is_gone_is_noticed(self, node: Node) -> None:
        path = self.path(node)
        path.with_name(f"{path.name}-wal").unlink()
        with pytest.raises(LostEvidenceError, match="lost its log"):
            node.audit.append(Unread("kind", {}))

    def test_a_connection_that_another_thread_closes_meanwhile_is_no_lost_log(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file, look = node.database._file, database._identity
        threads: list[threading.Thread] = []
        assert file is not None

        def disturbed(path: str) -> tuple[int, int] | None:
            """While one thread compares, another closes a connection; it may not come between."""
            threads.append(threading.Thread(target=file._forget_log))
            threads[-1].start()
            threads[-1].join(0.2)
            return look(path)

        monkeypatch.setattr(database, "_identity", disturbed)
        file.must_be_ours()
        assert len(threads) == 2
        for thread in threads:
            thread.join()

    def test_nothing_but_init_makes_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(HostError, match="not there"):
            Database.open(f"sqlite:///{tmp_path}/none.db")
        assert not (tmp_path / "none.db").exists()
