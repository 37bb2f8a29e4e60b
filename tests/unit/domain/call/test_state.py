"""The life of a call, by its table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.call.state import CALL, CallEvent, CallState
from ivr.errors import TransitionError


def after(*events: CallEvent) -> CallState:
    state = CallState.NEW
    for event in events:
        state = CALL.after(state, event)
    return state


def test_an_answered_call_goes_from_ring_to_report() -> None:
    events = (CallEvent.ALERT, CallEvent.CONNECT, CallEvent.CLEAR, CallEvent.ALL_LEGS_GONE, CallEvent.REPORT)
    assert after(*events) is CallState.REPORTED


def test_a_call_that_nobody_answers_is_cleared_without_having_been_active() -> None:
    assert after(CallEvent.ALERT, CallEvent.ALL_LEGS_GONE, CallEvent.REPORT) is CallState.REPORTED


def test_a_call_is_never_reported_before_all_its_legs_are_gone() -> None:
    assert {state for state, event in CALL.table if event is CallEvent.REPORT} == {CallState.CLEARED}
    with pytest.raises(TransitionError, match="call 7: call in ACTIVE cannot take REPORT"):
        CALL.after(CallState.ACTIVE, CallEvent.REPORT, where="call 7")


def test_a_call_can_be_cleared_twice_but_connected_once() -> None:
    assert after(CallEvent.ALERT, CallEvent.CONNECT, CallEvent.CLEAR, CallEvent.CLEAR) is CallState.CLEARING
    with pytest.raises(TransitionError):
        after(CallEvent.ALERT, CallEvent.CONNECT, CallEvent.CONNECT)


@given(st.lists(st.sampled_from(CallEvent), max_size=12))
def test_whatever_happens_a_call_can_still_be_reported(events: list[CallEvent]) -> None:
    state = CallState.NEW
    for event in events:
        if CALL.allows(state, event):
            state = CALL.after(state, event)
    if state is not CallState.REPORTED:
        if state is not CallState.CLEARED:
            state = CALL.after(state, CallEvent.ALL_LEGS_GONE)
        state = CALL.after(state, CallEvent.REPORT)
    assert state in CALL.final
    assert not [event for event in CallEvent if CALL.allows(state, event)]


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (CallState.NEW, "ALERT, ALL_LEGS_GONE, CLEAR"),
        (CallState.CLEARING, "ALL_LEGS_GONE, CLEAR"),
        (CallState.CLEARED, "REPORT"),
        (CallState.REPORTED, "nothing"),
    ],
)
def test_an_event_that_does_not_fit_is_refused_with_those_that_do(state: CallState, allowed: str) -> None:
    with pytest.raises(TransitionError) as refused:
        CALL.after(state, CallEvent.CONNECT, where="call 7")
    assert refused.value.what == f"call in {state.name} cannot take CONNECT"
    assert (refused.value.where, refused.value.remedy) == ("call 7", f"allowed here: {allowed}")
