"""The operator's page at the API: the nodes, what is late, `ivr doctor`; for whom, and what the evidence says."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest

from ivr.domain.access import Action, Role
from ivr.domain.operation.node_state import CallInProgress, DiskState, LineState, NodeFault, ProcessState
from tests.unit.console.api.rig import Program, program
from tests.unit.console.rig import ConsoleRig
from tests.unit.console.test_operation import a_node
from tests.unit.console.test_player import told


@pytest.fixture
def oscar(rig: ConsoleRig) -> Program:
    return program(rig, "oscar", Role.OPERATOR, Action.OPERATE)


def test_it_tells_the_node_its_calls_and_what_is_late_and_that_it_was_asked_is_evidence(oscar: Program) -> None:
    a_node(oscar.rig)
    answer = oscar.asks("GET", "/operation", ivr_reason="", ivr_purpose="")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    (node,) = body["nodes"]
    assert (node["id"], node["presence"], node["ears"][0]["depth"]) == ("node-1", "here", 5)
    assert node["lines"] == [{"name": "line-0", "capacity": 4, "free": 2, "silent": False}]
    (call,) = node["calls"]
    assert (call["call_id"], call["state"], call["recording"], call["lag_ms"], call["agent"]) == (
        "c0ffee", "ACTIVE", "CAPTURING", 2300, True,
    )  # fmt: skip
    assert set(call) == {
        "line", "call_id", "program", "direction", "state", "since", "recording", "lag_ms", "gaps", "agent",
    }  # fmt: skip
    assert set(body["late"]) == {"recordings", "documents", "cases", "requests", "breaches", "holds"}
    assert body["examination"] == {"since": None, "at": None, "checks": [], "warnings": [], "fault": ""}
    assert told(oscar.rig, "operation.shown") == [{"actor": "oscar", "role": "operator", "what": "overview"}]


def test_of_a_node_that_is_away_it_is_not_told_what_it_does(oscar: Program) -> None:
    a_node(oscar.rig, at=oscar.rig.clock.at - timedelta(minutes=5))
    (node,) = oscar.get("/operation").json()["nodes"]
    assert (node["presence"], node["calls"], node["lines"], node["processes"]) == ("away", [], [], [])
    assert node["faults"]


@pytest.mark.parametrize("wait", [float("inf"), float("nan")])
def test_a_hostile_state_is_no_fault(oscar: Program, wait: float) -> None:
    evil, now = "<img src=x>\0", oscar.rig.clock.at
    call = CallInProgress(evil, evil, evil, evil, now, evil, -1, 10**30, agent=False)
    a_node(
        oscar.rig,
        node_id=evil,
        processes=(ProcessState(evil),),
        lines=(LineState(evil, now, 0, 0, (call,)),),
        faults=(NodeFault(now, evil, evil),),
        disks=(DiskState(evil, -1, 0),),
    )
    body = json.dumps({"ears": [{"longest_wait_s": wait}]})
    with oscar.rig.archive.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO node_states (node_id, at, body) SELECT 'node-9', at, ? FROM node_states", (body,)
        )
    found = {node["id"]: node for node in oscar.get("/operation").json()["nodes"]}
    assert found[evil]["calls"][0]["call_id"] == evil
    assert found["node-9"]["lines"] == []


def test_the_doctor_runs_on_demand_and_its_answer_is_told_with_the_rest(oscar: Program) -> None:
    oscar.rig.doctor = json.dumps(
        {"ok": False, "checks": [{"name": "horloge", "ok": False, "detail": "x", "remedy": "réglez-la"}]}
    )
    begun = oscar.post("/operation/examination")
    assert begun.status_code == 202, begun.text
    for thread in threading.enumerate():
        if thread.name == "doctor":
            thread.join(30)
    examination = oscar.get("/operation").json()["examination"]
    assert examination["checks"] == [{"name": "horloge", "ok": False, "detail": "x", "remedy": "réglez-la"}]
    assert examination["at"]
    assert [body["what"] for body in told(oscar.rig, "operation.shown")] == ["doctor", "overview"]


def test_whoever_has_not_the_right_is_denied_and_nothing_is_examined(oscar: Program) -> None:
    anne = program(oscar.rig, "anne", Role.QUALITY_ANALYST)
    narrow = program(oscar.rig, "oscar", Role.OPERATOR, Action.LIST)
    for by in (anne, narrow):
        assert by.get("/operation").status_code == 403
        assert by.post("/operation/examination").status_code == 403
    assert oscar.rig.pages.operation.examination.state.since is None
    assert "operation.shown" not in oscar.rig.told()
    assert len(told(oscar.rig, "access.denied")) == 4
