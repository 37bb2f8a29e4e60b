"""What the release buffer lets out, what it drops, and what it notes."""

from __future__ import annotations

import pytest

from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.audio.spans import Mask
from ivr.domain.recording.release_buffer import SLICE_MS, Cleared, ReleaseBuffer, ReleaseSettings, Silence, StereoFrame

SETTINGS = ReleaseSettings(max_hold_ms=3000, lookback_ms=200)


def started(cleared: Cleared, settings: ReleaseSettings = SETTINGS) -> ReleaseBuffer:
    buffer = ReleaseBuffer(settings, lambda: cleared)
    buffer.start(0)
    return buffer


@pytest.mark.parametrize("final", [False, True])
def test_release_stays_behind_the_mark_by_the_lookback_until_the_end(final: bool) -> None:
    buffer = started(Cleared(800, final=final))
    for at_ms in range(0, 1000, FRAME_MS):
        buffer.push(StereoFrame(at_ms, bytes(320), bytes(320)))
    written = buffer.release()
    assert [frame.at_ms for frame in written if isinstance(frame, StereoFrame)] == [
        *range(0, 800 if final else 600, FRAME_MS)
    ]


def test_a_gap_comes_out_as_silence_and_is_noted_with_its_cause() -> None:
    buffer = started(Cleared(1000))
    buffer.push(StereoFrame(0, bytes(320), bytes(320)))
    buffer.pause("doubt")
    buffer.push(StereoFrame(20, bytes(320), bytes(320)))
    buffer.start(40)
    buffer.push(StereoFrame(40, bytes(320), bytes(320)))
    written = buffer.release()
    assert [type(item) for item in written] == [StereoFrame, Silence, StereoFrame]
    assert [(gap.start_ms, gap.end_ms, gap.cause) for gap in buffer.gaps] == [(20, 40, "doubt")]


def test_what_was_said_before_the_moment_from_which_it_goes_on_stays_a_gap() -> None:
    buffer = started(Cleared(1000))
    buffer.pause("doubt")
    buffer.start(40)
    for at_ms in (0, 20, 40, 60):
        buffer.push(StereoFrame(at_ms, bytes(320), bytes(320)))
    assert [type(item) for item in buffer.release()] == [Silence, StereoFrame, StereoFrame]
    assert [(gap.start_ms, gap.end_ms, gap.cause) for gap in buffer.gaps] == [(0, 40, "doubt")]
    buffer.pause("deaf")
    buffer.push(StereoFrame(80, bytes(320), bytes(320)))
    assert [gap.cause for gap in buffer.gaps] == ["doubt", "deaf"]


def test_frames_that_wait_too_long_are_dropped_and_noted() -> None:
    buffer = started(Cleared(0))
    for at_ms in range(0, SETTINGS.max_hold_ms + 200, FRAME_MS):
        buffer.push(StereoFrame(at_ms, bytes(320), bytes(320)))
    assert [(gap.start_ms, gap.end_ms, gap.cause) for gap in buffer.gaps] == [(0, 200, "unheard")]


@pytest.mark.parametrize("from_ms", [0, 60, 70, 79, 80])
def test_what_is_dropped_of_what_waits_is_a_gap_of_just_these_frames(from_ms: int) -> None:
    buffer = started(Cleared(0))
    for at_ms in range(0, 200, FRAME_MS):
        buffer.push(StereoFrame(at_ms, bytes(320), bytes(320)))
    buffer.drop_waiting(from_ms, "deaf")
    begin = from_ms // FRAME_MS * FRAME_MS
    assert [(gap.start_ms, gap.end_ms, gap.cause) for gap in buffer.gaps] == [(begin, 200, "deaf")]
    assert buffer.waiting_ms == begin


@pytest.mark.parametrize(("span", "gap"), [((40, 80), (40, 80)), ((41, 79), (40, 80)), ((39, 81), (20, 100))])
def test_what_is_dropped_inside_of_what_waits_leaves_the_frames_around_it(
    span: tuple[int, int], gap: tuple[int, int]
) -> None:
    buffer = started(Cleared(0))
    for at_ms in range(0, 200, FRAME_MS):
        buffer.push(StereoFrame(at_ms, bytes(320), bytes(320)))
    buffer.drop_span(*span, "unclear")
    assert [(one.start_ms, one.end_ms, one.cause) for one in buffer.gaps] == [(*gap, "unclear")]


def test_a_mask_silences_its_own_channel_only() -> None:
    buffer = started(Cleared(1000, (Mask("caller", 0, 20, "nir"),)))
    buffer.push(StereoFrame(0, b"\x01" * 320, b"\x02" * 320))
    (frame,) = buffer.release()
    assert isinstance(frame, StereoFrame)
    assert not any(frame.left)
    assert any(frame.right)


def test_a_long_hold_comes_out_as_silence_while_it_lasts_and_never_in_one_piece() -> None:
    until_ms = longest_ms = 0
    buffer = ReleaseBuffer(SETTINGS, lambda: Cleared(until_ms))
    buffer.start(0)
    buffer.pause("hold")
    for at_ms in range(0, 1_200_000, 100):
        for frame_ms in range(at_ms, at_ms + 100, FRAME_MS):
            buffer.push(StereoFrame(frame_ms, b"\x01" * 320, b"\x01" * 320))
        until_ms = at_ms + 100
        for item in buffer.release():
            assert isinstance(item, Silence)
            longest_ms = max(longest_ms, item.end_ms - item.start_ms)
    assert longest_ms == 100
    buffer.start(1_200_000)
    buffer.push(StereoFrame(1_200_000, bytes(320), bytes(320)))
    until_ms = 1_300_000
    written = buffer.release()
    assert sum(isinstance(item, StereoFrame) for item in written) == 1
    assert [(gap.start_ms, gap.end_ms) for gap in buffer.gaps] == [(0, 1_200_000)]


def test_a_gap_that_the_mark_held_back_comes_out_in_slices() -> None:
    buffer = started(Cleared(6000), ReleaseSettings(max_hold_ms=20_000, lookback_ms=0))
    buffer.pause("doubt")
    for at_ms in range(0, 5000, FRAME_MS):
        buffer.push(StereoFrame(at_ms, bytes(320), bytes(320)))
    buffer.start(5000)
    buffer.push(StereoFrame(5000, bytes(320), bytes(320)))
    ticks = [buffer.release() for _ in range(6)]
    assert [[item.end_ms - item.start_ms for item in tick if isinstance(item, Silence)] for tick in ticks[:5]] == [
        [SLICE_MS]
    ] * 5
    assert [type(item) for item in (*ticks[4], *ticks[5])] == [Silence, StereoFrame]
    assert [item.at_ms for item in (*ticks[4], *ticks[5]) if isinstance(item, StereoFrame)] == [5000]


@pytest.mark.parametrize(("cut_ms", "kept"), [(1000, 50), (1001, 50), (1019, 50), (1020, 51), (0, 0)])
@pytest.mark.parametrize("cut_first", [False, True])
def test_of_a_frame_in_which_the_cut_lies_nothing_is_held_or_let_out(cut_ms: int, kept: int, cut_first: bool) -> None:
    buffer = started(Cleared(5000, final=True), ReleaseSettings(max_hold_ms=5000, lookback_ms=0))
    if cut_first:
        buffer.cut(cut_ms)
    for at_ms in range(0, 2000, FRAME_MS):
        buffer.push(StereoFrame(at_ms, bytes(320), bytes(320)))
    if not cut_first:
        buffer.cut(cut_ms)
    assert buffer.waiting_ms == kept * FRAME_MS
    assert len(buffer.release()) == kept


def test_of_two_cuts_the_earlier_counts_whichever_comes_first() -> None:
    for cuts in ((800, 600), (600, 800)):
        buffer = started(Cleared(5000, final=True))
        for at_ms in range(0, 1000, FRAME_MS):
            buffer.push(StereoFrame(at_ms, bytes(320), bytes(320)))
        for cut_ms in cuts:
            buffer.cut(cut_ms)
        for at_ms in range(1000, 1200, FRAME_MS):
            buffer.push(StereoFrame(at_ms, bytes(320), bytes(320)))
        assert len(buffer.release()) == 600 // FRAME_MS
