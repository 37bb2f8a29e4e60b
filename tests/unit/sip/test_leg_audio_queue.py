"""The audio queue: holes are told, sides stay aligned, nothing is told twice."""

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ivr.sip.leg_audio_queue import LegAudioQueue, mix

SILENCE = bytes(320)


def _frame(value: int) -> bytes:
    return np.full(160, value, dtype="<i2").tobytes()


def test_frames_come_out_in_order_with_what_was_sent_at_the_same_tick() -> None:
    queue = LegAudioQueue(rate_hz=8000, limit=100)
    for tick in range(10, 14):
        if tick in (11, 13):
            queue.send(tick, _frame(-tick))
        queue.say(tick, _frame(tick))
    audio = queue.drain(13)
    assert audio is not None
    assert (audio.first_frame, audio.lost_before, audio.rate_hz) == (0, 0, 8000)
    assert audio.spoken == [_frame(10), _frame(11), _frame(12)]
    assert audio.sent == [SILENCE, _frame(-11), SILENCE]
    assert queue.drain(13) is None
    rest = queue.drain(14)
    assert rest is not None
    assert (rest.first_frame, rest.sent) == (3, [_frame(-13)])


def test_the_track_begins_with_the_first_frame_whenever_the_clock_brings_it() -> None:
    queue = LegAudioQueue(rate_hz=8000, limit=10)
    queue.send(41, _frame(-41))
    queue.say(42, _frame(42))
    queue.send(42, _frame(-42))
    audio = queue.drain(100)
    assert audio is not None
    assert (audio.first_frame, audio.lost_before) == (0, 0)
    assert (audio.spoken, audio.sent) == ([_frame(42)], [_frame(-42)])


def test_a_tick_seen_already_is_ignored() -> None:
    queue = LegAudioQueue(rate_hz=8000, limit=10)
    for tick in (5, 5, 5, 4, 6):
        queue.say(tick, _frame(tick))
    audio = queue.drain(100)
    assert audio is not None
    assert audio.spoken == [_frame(5), _frame(6)]


def test_two_sources_of_one_tick_are_mixed_and_clipped() -> None:
    assert mix([_frame(100), _frame(-30)], SILENCE) == _frame(70)
    assert mix([_frame(30000), _frame(30000)], SILENCE) == _frame(32767)
    assert mix([], SILENCE) is SILENCE


@given(st.lists(st.one_of(st.just("tick"), st.just("drain")), max_size=200), st.integers(1, 20))
def test_every_frame_is_drained_once_or_told_lost(steps: list[str], limit: int) -> None:
    queue = LegAudioQueue(rate_hz=8000, limit=limit)
    tick, expected, waiting = 7, 0, 0
    lost: deque[int] = deque()
    for step in steps:
        if step == "tick":
            queue.send(tick, _frame(tick))
            queue.say(tick, _frame(tick))
            lost.extend([tick] if waiting >= limit else [])
            waiting = min(limit, waiting + 1)
            tick += 1
            continue
        while audio := queue.drain(tick):
            assert audio.first_frame == expected + audio.lost_before
            for _ in range(audio.lost_before):
                lost.popleft()
            for index, (said, sent) in enumerate(zip(audio.spoken, audio.sent, strict=True)):
                assert said == sent == _frame(7 + audio.first_frame + index)
            expected = audio.first_frame + len(audio.spoken)
        waiting = 0
