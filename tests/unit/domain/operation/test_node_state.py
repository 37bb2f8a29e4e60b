"""A node's state as JSON and back, what is read of what somebody else wrote, and who is away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ivr.domain.operation.node_state import (
    HEARTBEAT,
    CallInProgress,
    DiskState,
    EarState,
    LineState,
    NodeFault,
    NodeState,
    Presence,
    ProcessState,
    body_of,
    is_silent,
    presence,
    read,
)

AT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
CALL = CallInProgress("c1", "hotline-quality", "inbound", "ACTIVE", AT, "CAPTURING", 1200, 1, True)
STATE = NodeState(
    "node-1",
    AT,
    AT,
    swept_at=AT,
    processes=(ProcessState("line-0", AT, 2, AT), ProcessState("ear-0")),
    lines=(LineState("line-0", AT, 4, 3, (CALL,)),),
    ears=(EarState("ear-0", True, depth=2, longest_wait_s=1.5),),
    disks=(DiskState("data", 1 << 30, 1 << 40),),
    faults=(NodeFault(AT, "ear-0", "process.died"),),
)


def test_a_state_goes_through_json_unchanged() -> None:
    assert read(NodeState, json.loads(json.dumps(body_of(STATE)))) == STATE


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in body_of(STATE).items() if key != name}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "node",
        _without("lines"),
        {**body_of(STATE), "at": "yesterday"},
        {**body_of(STATE), "at": "2026-12-01T09:30:00"},
        {**body_of(STATE), "at": 7},
        {**body_of(STATE), "lines": {"line-0": 1}},
        {**body_of(STATE), "disks": [{"name": "data", "free": "much", "total": 1}]},
        {**body_of(STATE), "disks": [{"name": "data", "free": True, "total": 1}]},
        {**body_of(STATE), "processes": ["line-0"]},
        {**body_of(STATE), "ears": [{**body_of(EarState("ear-0")), "longest_wait_s": float("nan")}]},
    ],
)
def test_what_is_no_state_is_refused(body: object) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        read(NodeState, body)


def test_a_node_that_tells_nothing_is_away_and_one_that_was_ended_is_not() -> None:
    assert presence(STATE, AT + 3 * HEARTBEAT) is Presence.HERE
    assert presence(STATE, AT + 3 * HEARTBEAT + timedelta(seconds=1)) is Presence.AWAY
    assert presence(replace(STATE, stopped_at=AT), AT + timedelta(days=1)) is Presence.STOPPED


def test_a_line_that_tells_nothing_while_its_node_does_hangs() -> None:
    line = STATE.lines[0]
    assert not is_silent(line, STATE)
    assert is_silent(line, replace(STATE, at=AT + 4 * HEARTBEAT))
