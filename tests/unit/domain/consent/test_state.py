"""Consent of one party, by its table: a refusal is for good, and nobody is told without having been told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.consent.state import CONSENT, ConsentEvent, ConsentState
from ivr.errors import TransitionError

events = st.lists(st.sampled_from(ConsentEvent), max_size=15)


def walk(happened: list[ConsentEvent]) -> list[tuple[ConsentEvent, ConsentState]]:
    state, path = ConsentState.UNASKED, []
    for event in happened:
        if CONSENT.allows(state, event):
            state = CONSENT.after(state, event)
            path.append((event, state))
    return path


@given(events)
def test_a_refusal_is_for_good(happened: list[ConsentEvent]) -> None:
    states = [state for _, state in walk(happened)]
    if ConsentState.REFUSED in states:
        assert set(states[states.index(ConsentState.REFUSED) :]) == {ConsentState.REFUSED}


@given(events)
def test_an_objection_is_possible_at_any_moment(happened: list[ConsentEvent]) -> None:
    states = [ConsentState.UNASKED, *(state for _, state in walk(happened))]
    assert CONSENT.after(states[-1], ConsentEvent.OBJECT) is ConsentState.REFUSED


@given(events)
def test_nobody_is_recorded_or_reassured_without_having_been_told(happened: list[ConsentEvent]) -> None:
    path = walk(happened)
    open_to_recording = [n for n, (_, state) in enumerate(path) if state is ConsentState.NOTIFIED]
    told = [n for n, (event, _) in enumerate(path) if event is ConsentEvent.NOTIFY]
    assert not open_to_recording or (told and told[0] <= open_to_recording[0])


def test_a_doubt_ends_with_a_reassurance_or_an_objection() -> None:
    ends = {event: state for (before, event), state in CONSENT.table.items() if before is ConsentState.DOUBT}
    assert ends == {
        ConsentEvent.HESITATE: ConsentState.DOUBT,
        ConsentEvent.REASSURE: ConsentState.NOTIFIED,
        ConsentEvent.OBJECT: ConsentState.REFUSED,
    }


def test_nobody_who_was_not_told_can_be_reassured() -> None:
    with pytest.raises(TransitionError, match="consent in UNASKED cannot take REASSURE"):
        CONSENT.after(ConsentState.UNASKED, ConsentEvent.REASSURE)
