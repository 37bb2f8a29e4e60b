"""What is past its time, and what nodes told of themselves, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from ivr.domain.operation.node_state import FORGOTTEN, LineState, NodeState
from ivr.services.ports.operation import Late
from ivr.storage.node_states import SqlNodeStates
from ivr.storage.overdue import SqlOverdue
from ivr.storage.tables import cases, legal_hold_items, legal_holds, node_states, quality_samples, recordings
from tests.databases import KINDS, fresh_url
from tests.retention_rig import CALLED, RetentionRig

DAY = timedelta(days=1)


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url(request.param, tmp_path))
    yield rig
    rig.close()


def test_recordings_past_their_deadline_are_counted_unless_a_hold_is_active(rig: RetentionRig) -> None:
    for number in range(4):
        rig.record(f"rec-{number}", at=CALLED + number * DAY)
    due = rig.catalogue.get("rec-0").deadline
    assert due is not None
    overdue = SqlOverdue(rig.database)
    assert overdue.recordings(due) == Late()
    assert overdue.recordings(due + 2 * DAY) == Late(2, due)
    hold = {
        "hold_id": "h1", "case_name": "c", "owner": "o", "basis": "b", "requested_by": "d", "requested_at": CALLED,
        "review_at": CALLED, "state": "ACTIVE",
    }  # fmt: skip
    with rig.database.writing() as connection:
        connection.execute(insert(legal_holds).values(hold))
        connection.execute(insert(legal_hold_items).values(hold_id="h1", recording_id="rec-0"))
    assert overdue.recordings(due + 2 * DAY) == Late(1, due + DAY)
    with rig.database.writing() as connection:
        connection.execute(update(legal_holds).values(state="RELEASED"))
        connection.execute(update(recordings).where(recordings.c.recording_id == "rec-1").values(state="PURGED"))
    assert overdue.recordings(due + 2 * DAY) == Late(1, due)


def test_files_and_documents_past_their_time_are_counted(rig: RetentionRig) -> None:
    overdue = SqlOverdue(rig.database)
    assert (overdue.documents(CALLED), overdue.cases(CALLED)) == (Late(), Late())
    sample = {
        "since": CALLED, "until": CALLED, "per_agent": 1, "min_ms": 0, "program": "", "seed": "s", "drawn_at": CALLED,
        "drawn_by": "sophie", "shares": {}, "deadline": CALLED,
    }  # fmt: skip
    case = {
        "room": "request", "state": "RECEIVED", "opened_at": CALLED, "facts": {}, "kek_id": "k", "wrapped": b"",
        "sealed": b"", "keep_until": CALLED,
    }  # fmt: skip
    with rig.database.writing() as connection:
        connection.execute(insert(quality_samples).values(sample_id="s1", **sample))
        connection.execute(insert(cases).values(case_id="c1", **case))
        connection.execute(insert(cases).values(case_id="c2", **{**case, "keep_until": None}))
    assert overdue.documents(CALLED) == Late()
    assert overdue.documents(CALLED + DAY) == Late(1, CALLED)
    assert overdue.cases(CALLED + DAY) == Late(1, CALLED)


def test_each_node_has_its_last_state(rig: RetentionRig) -> None:
    states = SqlNodeStates(rig.database)
    one = NodeState("node-1", CALLED, CALLED, lines=(LineState("line-0", CALLED, 4, 4),))
    states.put(one)
    states.put(NodeState("node-2", CALLED, CALLED))
    later = replace(one, at=CALLED + DAY, lines=())
    states.put(later)
    assert list(states.all()) == [later, NodeState("node-2", CALLED, CALLED)]


def test_a_node_that_writes_removes_the_state_of_one_that_has_long_been_gone(rig: RetentionRig) -> None:
    states = SqlNodeStates(rig.database)
    states.put(NodeState("node-1", CALLED, CALLED))
    states.put(NodeState("node-2", CALLED, CALLED + FORGOTTEN - DAY))
    assert [one.node_id for one in states.all()] == ["node-1", "node-2"]
    states.put(NodeState("node-2", CALLED, CALLED + FORGOTTEN))
    assert [one.node_id for one in states.all()] == ["node-2"]


def test_a_state_of_another_version_has_told_nothing_but_when(rig: RetentionRig) -> None:
    states = SqlNodeStates(rig.database)
    states.put(NodeState("node-1", CALLED, CALLED, stopped_at=CALLED))
    with rig.database.writing() as connection:
        connection.execute(update(node_states).values(body={"version": 9}))
    assert list(states.all()) == [NodeState("node-1", CALLED, CALLED)]
