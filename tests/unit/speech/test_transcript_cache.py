"""Recall: the same words are written down once, and never another piece's."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr.speech.recogniser import Transcript
from ivr.speech.transcript_cache import Recall, VoicedSpan
from ivr.speech.understanding import Hypothesis


def _says(text: str) -> Transcript:
    return Transcript((Hypothesis(text, -0.1),))


_BEFORE = VoicedSpan("call/caller", 1000, 2500, b"abc")


def _never() -> Transcript:
    raise AssertionError("transcribed twice")


def test_the_same_words_with_more_silence_are_not_transcribed_again() -> None:
    recall = Recall()
    assert recall.transcript(_BEFORE, lambda: _says("oui")) == _says("oui")
    assert recall.transcript(VoicedSpan("call/caller", 1000, 2532, b"abcd"), _never) == _says("oui")


@pytest.mark.parametrize(
    "other",
    [
        VoicedSpan("call/agent", 1000, 2500, b"abc"),
        VoicedSpan("call/caller", 1020, 2500, b"abc"),
        VoicedSpan("call/caller", 1000, 2700, b"abcd"),
        VoicedSpan("call/caller", 1000, 2500, b"xyz"),
    ],
)
def test_another_channel_another_start_more_voice_or_other_audio_is_other_speech(other: VoicedSpan) -> None:
    recall = Recall()
    recall.transcript(_BEFORE, lambda: _says("oui"))
    assert recall.transcript(other, lambda: _says("non")) == _says("non")


def test_what_is_being_transcribed_is_waited_for() -> None:
    recall, begun, go_on = Recall(), threading.Event(), threading.Event()

    def slowly() -> Transcript:
        begun.set()
        assert go_on.wait(60)
        return _says("oui")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(recall.transcript, _BEFORE, slowly)
        assert begun.wait(60)
        second = pool.submit(recall.transcript, _BEFORE, _never)
        go_on.set()
        assert first.result(10) == second.result(10) == _says("oui")


def test_a_failure_is_told_and_forgotten() -> None:
    recall = Recall()
    with pytest.raises(RuntimeError):
        recall.transcript(_BEFORE, lambda: (_ for _ in ()).throw(RuntimeError("no memory")))
    assert recall.transcript(_BEFORE, lambda: _says("oui")) == _says("oui")


def test_what_was_judged_for_good_is_forgotten() -> None:
    recall = Recall()
    recall.transcript(_BEFORE, lambda: _says("oui"))
    recall.forget(_BEFORE)
    assert len(recall) == 0


def test_only_so_many_channels_are_remembered() -> None:
    recall = Recall()
    for number in range(200):
        recall.transcript(VoicedSpan(f"call-{number}", 0, 500), lambda: _says("oui"))
    assert len(recall) == 64
