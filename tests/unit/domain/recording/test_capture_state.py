"""What may be stored of a call only ever gets less, whatever happens and in whatever order."""

from __future__ import annotations

import pytest

from ivr.domain.recording.capture_state import CAPTURE, WRITABLE, CaptureEvent, CaptureState

DESTROYED = {CaptureState.DOOMED, CaptureState.WIPED}


def test_no_event_brings_back_what_may_be_stored() -> None:
    assert {CaptureState.FOLLOWING, CaptureState.ENDED} == WRITABLE
    order = list(CaptureState)
    assert all(order.index(after) > order.index(before) for (before, _), after in CAPTURE.table.items())


@pytest.mark.parametrize("state", CaptureState)
def test_what_is_to_be_destroyed_is_destroyed_from_everywhere_and_a_fault_stops_all_writing(
    state: CaptureState,
) -> None:
    """What a state does not take, it has behind it."""
    after = {event: CAPTURE.after(state, event) if CAPTURE.allows(state, event) else state for event in CaptureEvent}
    assert after[CaptureEvent.DOOM] in DESTROYED
    assert after[CaptureEvent.FAIL] not in WRITABLE
    assert after[CaptureEvent.END] is not CaptureState.FOLLOWING
    assert (after[CaptureEvent.WIPE] is CaptureState.WIPED) is (state in DESTROYED)
