"""How a node's state follows from what its processes tell; no word of theirs is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivr.domain.operation.node_events import FAULTS, after, begun
from ivr.domain.operation.node_state import CallInProgress, EarState, LineState, NodeState, body_of

AT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
LATER = AT + timedelta(seconds=5)
CALL = CallInProgress("c1", "hotline-quality", "inbound", "ACTIVE", AT, "CAPTURING", 1200, 1, agent=False)
TOLD = {"kind": "line.state", "process": "line-0", "capacity": 4, "free": 3, "calls": [body_of(CALL)]}


@pytest.fixture
def started() -> NodeState:
    return begun("node-1", ["line-0", "ear-0"], AT)


@pytest.mark.parametrize(
    ("process", "kind"), [("ear-0", "ready"), ("line-0", "line.ready"), ("console", "console.ready")]
)
def test_a_process_that_is_ready_runs(started: NodeState, process: str, kind: str) -> None:
    assert all(one.up_since is None for one in started.processes)
    state = after(started, {"kind": kind, "process": process}, LATER)
    assert {one.name: one.up_since for one in state.processes}[process] == LATER


def test_a_line_tells_its_calls_and_they_go_with_it(started: NodeState) -> None:
    state = after(started, TOLD, LATER)
    assert state.lines == (LineState("line-0", LATER, 4, 3, (CALL,)),)
    assert after(state, {**TOLD, "calls": []}, LATER).lines[0].calls == ()
    dead = after(state, {"kind": "process.died", "process": "line-0", "code": -9}, LATER)
    assert dead.lines == ()
    line = dead.processes[0]
    assert (line.up_since, line.deaths, line.died_at) == (None, 1, LATER)
    assert [(one.process, one.kind, one.at) for one in dead.faults] == [("line-0", "process.died", LATER)]


def test_an_ear_that_died_does_not_answer(started: NodeState) -> None:
    hearing = replace(started, ears=(EarState("ear-0", True, depth=3),))
    assert after(hearing, {"kind": "process.died", "process": "ear-0"}, LATER).ears == (EarState("ear-0"),)


@pytest.mark.parametrize(
    "told", [{}, {"calls": "many"}, {"calls": [{"call_id": "c1"}]}, {"free": "x"}, {"calls": None}]
)
def test_a_line_that_tells_nonsense_changes_nothing(started: NodeState, told: dict[str, object]) -> None:
    event = {**TOLD, **told} if told else {"kind": "line.state", "process": "line-0"}
    assert after(started, event, LATER) == started


def test_the_clerks_sweep_is_noted(started: NodeState) -> None:
    assert after(started, {"kind": "clerk.swept", "process": "clerk"}, LATER).swept_at == LATER


@pytest.mark.parametrize("kind", sorted(FAULTS))
def test_of_a_fault_its_kind_is_kept_and_no_word(started: NodeState, kind: str) -> None:
    event = {"kind": kind, "process": "line-0", "what": "+33612345678", "where": "chez Éléonore", "call_id": "c9"}
    state = after(started, event, LATER)
    assert [one.kind for one in state.faults] == [kind]
    assert "33612345678" not in str(body_of(state))
    assert "Éléonore" not in str(body_of(state))


def test_of_many_faults_the_last_are_kept(started: NodeState) -> None:
    state = started
    for second in range(50):
        state = after(state, {"kind": "call.fault", "process": "line-0"}, AT + timedelta(seconds=second))
    assert len(state.faults) == 20
    assert state.faults[-1].at == AT + timedelta(seconds=49)


@pytest.mark.parametrize("kind", ["call.started", "hearing.judged", "", "dtmf.pressed"])
def test_whatever_else_is_told_changes_nothing(started: NodeState, kind: str) -> None:
    assert after(started, {"kind": kind, "process": "line-0", "party": "+33612345678"}, LATER) == started
