"""What may be stored of a call only ever gets less, whatever happens and in whatever order."""

from __future__ import annotations

import pytest

from ivr.domain.recording.capture_state import CAPTURE, DOOMED, WRITABLE, CaptureEvent, CaptureState
from ivr.errors import TransitionError


def test_no_event_brings_back_what_may_be_stored() -> None:
    assert {CaptureState.FOLLOWING, CaptureState.ENDED} == WRITABLE
    assert {CaptureState.DOOMED, CaptureState.WIPED} == DOOMED
    order = list(CaptureState)
    assert all(order.index(after) >= order.index(before) for (before, _), after in CAPTURE.table.items())


@pytest.mark.parametrize("state", CaptureState)
def test_what_is_to_be_destroyed_is_destroyed_from_everywhere_and_a_fault_stops_all_writing(
    state: CaptureState,
) -> None:
    assert CAPTURE.after(state, CaptureEvent.DOOM) in DOOMED
    assert CAPTURE.after(state, CaptureEvent.FAIL) not in WRITABLE
    assert CAPTURE.after(state, CaptureEvent.END) is not CaptureState.FOLLOWING


@pytest.mark.parametrize("state", [state for state in CaptureState if state is not CaptureState.DOOMED])
def test_only_what_is_doomed_is_wiped_and_only_once(state: CaptureState) -> None:
    with pytest.raises(TransitionError):
        CAPTURE.after(state, CaptureEvent.WIPE)
