"""Where speech begins and where it ends, from yes and no per frame."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.hearing.endpointing import Endpointer, EndpointSettings, SpeechEnded, SpeechStarted

SETTINGS = EndpointSettings()


def edges(voiced: list[bool], settings: EndpointSettings = SETTINGS) -> list[tuple[int, SpeechStarted | SpeechEnded]]:
    """Each edge with the end of the frame that revealed it."""
    endpointer = Endpointer(settings)
    found = ((n * FRAME_MS + FRAME_MS, endpointer.frame(n * FRAME_MS, flag)) for n, flag in enumerate(voiced))
    return [(at, edge) for at, edge in found if edge is not None]


def test_speech_begins_a_little_before_its_first_voiced_frame() -> None:
    ((at, edge),) = edges([False] * 50 + [True] * 10)
    assert edge == SpeechStarted(50 * FRAME_MS - SETTINGS.pad_ms)
    assert at == 53 * FRAME_MS


def test_two_voiced_frames_are_a_click_and_no_speech() -> None:
    assert edges([False] * 10 + [True, True] + [False] * 30) == []


def test_speech_ends_after_the_hangover_and_a_shorter_pause_is_part_of_it() -> None:
    pause = [False] * (SETTINGS.hangover_ms // FRAME_MS - 1)
    found = edges([True] * 10 + pause + [True] * 10 + [False] * 40)
    assert [type(edge) for _, edge in found] == [SpeechStarted, SpeechEnded]
    assert found[1][1] == SpeechEnded((20 + len(pause)) * FRAME_MS + SETTINGS.hangover_ms)


def test_the_onset_is_never_before_the_beginning_of_listening() -> None:
    endpointer = Endpointer(SETTINGS, begin_ms=1000)
    found = [endpointer.frame(1000 + n * FRAME_MS, True) for n in range(5)]
    assert [edge for edge in found if edge] == [SpeechStarted(1000)]


def test_closing_ends_the_utterance_in_progress_and_only_that() -> None:
    endpointer = Endpointer(SETTINGS)
    assert endpointer.close(20) is None
    for n in range(5):
        endpointer.frame(n * FRAME_MS, True)
    assert endpointer.close(100) == SpeechEnded(100)
    assert endpointer.close(120) is None


@given(st.lists(st.booleans(), max_size=400))
def test_an_onset_is_never_announced_later_than_silence_is_held_to_be_certain(voiced: list[bool]) -> None:
    for at, edge in edges(voiced):
        if isinstance(edge, SpeechStarted):
            assert at - edge.onset_ms <= SETTINGS.delay_ms


@given(st.lists(st.booleans(), max_size=400))
def test_edges_alternate_and_no_voice_outside_speech_lasts(voiced: list[bool]) -> None:
    found = [edge for _, edge in edges(voiced)]
    assert all(isinstance(edge, SpeechStarted) == (n % 2 == 0) for n, edge in enumerate(found))
    spans: list[tuple[int, int]] = []
    for n in range(0, len(found), 2):
        start = found[n]
        end = found[n + 1] if n + 1 < len(found) else SpeechEnded(len(voiced) * FRAME_MS)
        assert isinstance(start, SpeechStarted)
        assert isinstance(end, SpeechEnded)
        spans.append((start.onset_ms, end.end_ms))
    outside = [flag and not any(start <= n * FRAME_MS < end for start, end in spans) for n, flag in enumerate(voiced)]
    window = SETTINGS.onset_window
    assert all(sum(outside[n : n + window]) < SETTINGS.onset_voiced for n in range(len(outside)))


def test_how_far_silence_is_behind_and_where_voice_ended_are_told_in_milliseconds() -> None:
    assert SETTINGS.delay_ms == 300
    assert EndpointSettings(onset_window=4, pad_ms=120).delay_ms == 200
    endpointer = Endpointer(SETTINGS, begin_ms=1000)
    assert endpointer.voiced_until_ms == 1000
    endpointer.frame(1000, False)
    assert endpointer.voiced_until_ms == 1000
    endpointer.frame(1020, True)
    endpointer.frame(1040, False)
    assert endpointer.voiced_until_ms == 1040


def test_three_of_five_frames_are_speech_wherever_they_lie() -> None:
    gap = [False] * 20
    for voiced, first in (
        ([True, False, True, False, True], 20),
        ([True, True, False, False, True], 20),
        ([False, True, True, False, True], 21),
    ):
        assert edges(gap + voiced) == [(500, SpeechStarted(first * FRAME_MS - 200))]
    assert edges([*gap, True, True, False, False, False, True, False]) == []


def test_after_an_utterance_everything_begins_anew() -> None:
    found = edges([True] * 10 + [False] * 15 + [True] * 2 + [False] * 5)
    assert [edge for _, edge in found] == [SpeechStarted(0), SpeechEnded(500)]
    assert found[1][0] == 500
    endpointer = Endpointer(SETTINGS)
    for n in range(5):
        endpointer.frame(n * FRAME_MS, True)
    endpointer.close(100)
    assert [endpointer.frame(100 + n * FRAME_MS, True) for n in range(3)] == [None, None, SpeechStarted(0)]
    assert endpointer.frame(460, False) == SpeechEnded(480)
