"""The chain in a real database: many writers, and someone who tampers with it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.bootstrap.runtime import SystemClock
from ivr.domain.evidence.events.base import Unread
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from tests.databases import KINDS, fresh_url
from tests.fakes.vault import TickingClock


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = Database.open(fresh_url(request.param, tmp_path))
    yield database
    database.close()


def chain(database: Database, events: int = 6) -> SqlAuditLog:
    audit = SqlAuditLog(database, node_id="node-1", clock=TickingClock())
    for number in range(events):
        audit.append(Unread("kind", {"number": number}), call_id=f"call-{number}")
    return audit


def tamper(database: Database, *statements: str) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


_COPY = (
    "INSERT INTO audit_events (node_id, seq, at, kind, call_id, recording_id, body, previous, digest) "
    "SELECT node_id, 7, at, kind, call_id, recording_id, body, {previous}, digest FROM audit_events WHERE seq = 6"
)


@pytest.mark.parametrize(
    ("statements", "event"),
    [
        (["UPDATE audit_events SET body = '{\"number\":9}' WHERE seq = 3"], 3),
        (["UPDATE audit_events SET body = 'rubbish' WHERE seq = 3"], 3),
        (["UPDATE audit_events SET kind = 'other' WHERE seq = 1"], 1),
        (["UPDATE audit_events SET call_id = 'call-9' WHERE seq = 6"], 6),
        (["UPDATE audit_events SET recording_id = 'rec-9' WHERE seq = 2"], 2),
        (["UPDATE audit_events SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 4"], 4),
        (["UPDATE audit_events SET digest = previous WHERE seq = 4"], 4),
        (["DELETE FROM audit_events WHERE seq = 1"], 1),
        (["DELETE FROM audit_events WHERE seq = 4"], 4),
        (["DELETE FROM audit_events WHERE seq = 6"], 6),
        (["DELETE FROM audit_events WHERE seq > 2"], 3),
        (["DELETE FROM audit_events"], 1),
        (["DELETE FROM audit_heads"], 6),
        (
            [
                "UPDATE audit_events SET seq = 99 WHERE seq = 3",
                "UPDATE audit_events SET seq = 3 WHERE seq = 4",
                "UPDATE audit_events SET seq = 4 WHERE seq = 99",
            ],
            3,
        ),
        ([_COPY.format(previous="previous")], 7),
        ([_COPY.format(previous="digest")], 7),
        ([_COPY.format(previous="digest"), "UPDATE audit_heads SET seq = 7"], 7),
        (["UPDATE audit_heads SET digest = 'x'"], 6),
        (["UPDATE audit_events SET node_id = 'node-2' WHERE seq = 6"], 6),
    ],
)
def test_tampering_is_found_and_named(database: Database, statements: list[str], event: int) -> None:
    audit = chain(database)
    assert audit.verify() == []
    tamper(database, *statements)
    faults = audit.verify()
    assert any(f"node-1, event {event}:" in fault or f"event {event} before it" in fault for fault in faults), faults


def test_a_time_that_is_no_time_any_more_is_found(tmp_path: Path) -> None:
    database = Database.open(fresh_url("sqlite", tmp_path))
    audit = chain(database)
    tamper(database, "UPDATE audit_events SET at = 'yesterday' WHERE seq = 2")
    assert any("event 2:" in fault for fault in audit.verify())
    assert len(audit.events()) == 6
    database.close()


def test_nodes_have_chains_of_their_own_and_one_view(database: Database) -> None:
    clock = TickingClock()
    one, two = (SqlAuditLog(database, node_id=f"node-{number}", clock=clock) for number in (1, 2))
    for audit in (one, two, two, one):
        audit.append(Unread("kind", {}))
    assert [(event.node_id, event.seq) for event in one.events()] == [
        ("node-1", 1),
        ("node-2", 1),
        ("node-2", 2),
        ("node-1", 2),
    ]
    assert two.verify() == []


def _append(url: str, writer: int) -> int:
    database = Database.open(url)
    audit = SqlAuditLog(database, node_id="node-1", clock=SystemClock())
    for number in range(50):
        audit.append(Unread("kind", {"number": number}), call_id=f"writer-{writer}")
    database.close()
    return writer


@pytest.mark.parametrize("kind", KINDS)
def test_four_processes_of_a_node_append_to_one_unbroken_chain(kind: str, tmp_path: Path) -> None:
    url = fresh_url(kind, tmp_path)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(_append, [(url, writer) for writer in range(4)], chunksize=1)
    database = Database.open(url)
    audit = SqlAuditLog(database, node_id="node-1", clock=SystemClock())
    events = audit.events()
    assert sorted(event.seq for event in events) == list(range(1, 201))
    assert audit.verify() == []
    for writer in range(4):
        mine = [event.body["number"] for event in audit.events(call_id=f"writer-{writer}")]
        assert mine == list(range(50))
    database.close()
