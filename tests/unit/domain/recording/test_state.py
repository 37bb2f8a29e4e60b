"""The life of a recording, by its table: what was destroyed stays destroyed, what is reported is settled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ivr
from ivr.domain.recording.state import KEPT, RECORDING, REPORTABLE, UNFINISHED, RecordingEvent, RecordingState
from ivr.errors import TransitionError


def test_a_recording_is_captured_paused_resumed_sealed_and_purged() -> None:
    state = RecordingState.WITHHELD
    path = []
    for event in ("start", "pause", "resume", "close", "seal", "purge"):
        state = RECORDING.after(state, RecordingEvent(event))
        path.append(state.value)
    assert path == ["CAPTURING", "PAUSED", "CAPTURING", "SEALING", "SEALED", "PURGED"]


def test_everything_unsealed_can_be_discarded_and_can_fail() -> None:
    for state in UNFINISHED:
        assert RECORDING.after(state, RecordingEvent.DISCARD) is RecordingState.DISCARDED
        assert RECORDING.after(state, RecordingEvent.FAIL) is RecordingState.DAMAGED


def test_what_was_destroyed_stays_destroyed() -> None:
    for state in (RecordingState.DISCARDED, RecordingState.PURGED):
        assert not [event for event in RecordingEvent if RECORDING.allows(state, event)]


def test_audio_is_kept_of_what_is_sealed_or_damaged() -> None:
    assert KEPT == (RecordingState.SEALED, RecordingState.DAMAGED)


def test_nobody_else_lists_the_states_that_are_kept() -> None:
    listed = re.compile(r"SEALED\W+(?:\w+\.)*DAMAGED|DAMAGED\W+(?:\w+\.)*SEALED")
    assert listed.search("('SEALED', 'DAMAGED')")
    sources = [path for path in Path(ivr.__file__).parent.rglob("*.py") if "migrations" not in path.parts]
    assert [path.name for path in sources if listed.search(path.read_text(encoding="utf-8"))] == ["state.py"]


def test_a_sealed_recording_is_never_captured_into_again() -> None:
    with pytest.raises(TransitionError, match="recording in SEALED cannot take RESUME"):
        RECORDING.after(RecordingState.SEALED, RecordingEvent.RESUME)


def test_a_state_is_either_unfinished_or_may_be_reported() -> None:
    assert set(RecordingState) == UNFINISHED | REPORTABLE
    assert not UNFINISHED & REPORTABLE


@given(st.lists(st.sampled_from(RecordingEvent), max_size=20))
def test_from_every_state_a_recording_can_come_to_its_end(events: list[RecordingEvent]) -> None:
    state = RecordingState.WITHHELD
    for event in events:
        if RECORDING.allows(state, event):
            state = RECORDING.after(state, event)
    assert state is RecordingState.WITHHELD or _reaches_final(state)


def _reaches_final(state: RecordingState) -> bool:
    seen, todo = {state}, [state]
    while todo:
        here = todo.pop()
        for (before, _), then in RECORDING.table.items():
            if before is here and then not in seen:
                seen.add(then)
                todo.append(then)
    return bool(seen & RECORDING.final)
