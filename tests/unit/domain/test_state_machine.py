"""Every state table: where a life begins, where it ends, and that nothing is a dead end in between."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from ivr.domain.call.leg import LEG, LegEvent, LegState
from ivr.domain.call.state import CALL, CallEvent, CallState
from ivr.domain.consent.state import CONSENT, ConsentEvent, ConsentState
from ivr.domain.recording.capture_state import CAPTURE
from ivr.domain.recording.state import RECORDING, REPORTABLE, UNFINISHED, RecordingEvent, RecordingState
from ivr.domain.retention.legal_hold import LEGAL_HOLD, HoldState
from ivr.domain.state_machine import Machine
from ivr.errors import TransitionError

MACHINES: list[Machine[Any, Any]] = [CALL, CAPTURE, CONSENT, LEG, LEGAL_HOLD, RECORDING]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_what_is_final_is_never_left_and_everything_else_can_be(machine: Machine[Any, Any]) -> None:
    states: type[Enum] = type(next(iter(machine.initial)))
    left = {state for (state, _), after in machine.table.items() if after is not state}
    assert machine.final == set(states) - left
    assert machine.final


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_is_reached_from_where_a_life_begins(machine: Machine[Any, Any]) -> None:
    reached = set(machine.initial)
    for _ in machine.table:
        reached |= {after for (state, _), after in machine.table.items() if state in reached}
    states: type[Enum] = type(next(iter(machine.initial)))
    assert reached == set(states)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_an_event_that_the_table_does_not_have_raises_and_says_what_is_allowed(machine: Machine[Any, Any]) -> None:
    events: type[Enum] = type(next(iter(machine.table))[1])
    for state in type(next(iter(machine.initial))):
        allowed = sorted(event.name for event in events if machine.allows(state, event))
        for event in set(events) - {one for one in events if machine.allows(state, one)}:
            with pytest.raises(TransitionError, match=f"{state.name} cannot take {event.name}") as refused:
                machine.after(state, event, where="call 1")
            assert (refused.value.where, refused.value.remedy) == (
                "call 1",
                f"allowed here: {', '.join(allowed) or 'nothing'}",
            )


def test_a_party_that_refused_stays_refused_and_whoever_was_told_may_be_asked_and_reassured() -> None:
    told, doubt, refused = ConsentState.NOTIFIED, ConsentState.DOUBT, ConsentState.REFUSED
    for state in ConsentState:
        assert CONSENT.after(state, ConsentEvent.OBJECT) is refused
    assert CONSENT.after(told, ConsentEvent.HESITATE) is doubt
    assert CONSENT.after(doubt, ConsentEvent.HESITATE) is doubt
    assert CONSENT.after(doubt, ConsentEvent.REASSURE) is told
    assert not CONSENT.allows(ConsentState.UNASKED, ConsentEvent.HESITATE)


def test_a_recording_may_be_destroyed_or_found_damaged_at_any_moment_of_its_making() -> None:
    assert {RecordingState.CAPTURING, RecordingState.PAUSED, RecordingState.SEALING} == UNFINISHED
    for state in UNFINISHED:
        assert RECORDING.after(state, RecordingEvent.DISCARD) is RecordingState.DISCARDED
        assert RECORDING.after(state, RecordingEvent.FAIL) is RecordingState.DAMAGED
    for state in (RecordingState.SEALED, RecordingState.DAMAGED):
        assert RECORDING.after(state, RecordingEvent.PURGE) is RecordingState.PURGED
    assert set(RecordingState) - UNFINISHED == REPORTABLE


def test_a_call_may_be_cleared_again_while_it_is_being_cleared() -> None:
    assert CALL.after(CallState.CLEARING, CallEvent.CLEAR) is CallState.CLEARING
    for state in set(CallState) - {CallState.CLEARED, CallState.REPORTED}:
        assert CALL.after(state, CallEvent.ALL_LEGS_GONE) is CallState.CLEARED


def test_a_leg_can_end_in_every_state_but_its_last() -> None:
    for state in LegState:
        assert LEG.allows(state, LegEvent.DISCONNECT) is (state not in LEG.final)
    assert {HoldState.RELEASED, HoldState.REJECTED} == LEGAL_HOLD.final
