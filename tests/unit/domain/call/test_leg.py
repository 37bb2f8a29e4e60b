"""The life of a leg, by its table, and how its end is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.call.leg import LEG, Disposition, LegEvent, LegState, disposition_of
from ivr.errors import TransitionError


@pytest.mark.parametrize("start", [LegState.INCOMING, LegState.CALLING])
def test_a_leg_rings_is_answered_confirmed_and_ends(start: LegState) -> None:
    state = start
    for event in (LegEvent.PROGRESS, LegEvent.PROGRESS, LegEvent.ANSWER, LegEvent.CONFIRM, LegEvent.DISCONNECT):
        state = LEG.after(state, event)
    assert state is LegState.DISCONNECTED


def test_a_leg_can_end_in_every_state_and_only_once() -> None:
    for state in LegState:
        assert LEG.allows(state, LegEvent.DISCONNECT) is (state is not LegState.DISCONNECTED)


def test_a_leg_is_confirmed_only_after_an_answer() -> None:
    with pytest.raises(TransitionError, match="leg a: leg in EARLY cannot take CONFIRM"):
        LEG.after(LegState.EARLY, LegEvent.CONFIRM, where="leg a")
    assert {state for state, event in LEG.table if event is LegEvent.CONFIRM} == {LegState.CONNECTING}


@given(st.sampled_from(sorted(LEG.initial, key=lambda s: s.name)), st.lists(st.sampled_from(LegEvent), max_size=10))
def test_no_order_of_events_leaves_a_leg_that_cannot_end(state: LegState, events: list[LegEvent]) -> None:
    for event in events:
        if LEG.allows(state, event):
            state = LEG.after(state, event)
    assert state is LegState.DISCONNECTED or LEG.allows(state, LegEvent.DISCONNECT)


@pytest.mark.parametrize(
    ("sip_status", "disposition"),
    [
        (408, Disposition.NO_ANSWER),
        (480, Disposition.NO_ANSWER),
        (486, Disposition.BUSY),
        (600, Disposition.BUSY),
        (487, Disposition.CANCELLED),
        (403, Disposition.REJECTED),
        (603, Disposition.REJECTED),
        (488, Disposition.NO_MEDIA),
        (606, Disposition.NO_MEDIA),
        (301, Disposition.REDIRECTED),
        (302, Disposition.REDIRECTED),
        (380, Disposition.REDIRECTED),
        (200, Disposition.UNACKNOWLEDGED),
        (404, Disposition.FAILED),
        (503, Disposition.FAILED),
    ],
)
def test_the_final_status_of_a_leg_that_never_came_up_tells_why(sip_status: int, disposition: Disposition) -> None:
    assert disposition_of(sip_status, was_confirmed=False) is disposition


@given(st.integers(100, 699))
def test_a_leg_that_was_up_was_answered_however_it_ended(sip_status: int) -> None:
    assert disposition_of(sip_status, was_confirmed=True) is Disposition.ANSWERED
