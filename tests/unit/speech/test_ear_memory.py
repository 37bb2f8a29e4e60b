"""What the ear remembers between pieces: enough for a number in pieces, bounded, and never longer than the call."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from ivr.audio.pcm import Samples, to_pcm
from ivr.bootstrap.runtime import SystemClock
from ivr.domain.asks.detector import AskDetector
from ivr.domain.audio.channel import Channel
from ivr.domain.call.party import Direction
from ivr.domain.hearing.verdict import PendingNumber, Verdict
from ivr.domain.numbers.watch import LOST
from ivr.errors import SpeechError
from ivr.services.hearing.channel_listener import ListeningSettings
from ivr.services.hearing.file_listening import FileHearing, listen_to_channel
from ivr.services.ports.hearing import ListenContext, Speech
from ivr.settings import default_config_dir, load_settings
from ivr.settings.phrases import load_phrases
from ivr.speech.channel_memory import EarMemory
from ivr.speech.judge import Judge
from ivr.speech.recogniser import Transcript
from ivr.speech.silero import VoicedRange
from ivr.speech.transcript_cache import Recall, VoicedSpan
from ivr.speech.understanding import Hypothesis
from tests.fakes.telephone import speech_of
from tests.fakes.understanding import KeywordUnderstanding

_SECOND = np.full(8000, 0.1, np.float32)
_SILENCE = np.zeros(8000, np.float32)


class _Says:
    """Writes down what the sample values of the audio stand for: 0.1 is the first text, 0.2 the second…"""

    def __init__(self, *texts: str) -> None:
        self._texts = texts

    def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
        return Transcript((Hypothesis(self._texts[round(float(np.max(samples)) * 10) - 1], -0.2),))


def _gate(samples: Samples) -> tuple[VoicedRange, ...]:
    return (VoicedRange(0, samples.size // 16),) if np.any(np.abs(samples) > 0.01) else ()


def _judge(*texts: str, memory: EarMemory | None = None) -> Judge:
    return Judge(_gate, _Says(*texts), KeywordUnderstanding(), memory=memory)


def _detector() -> AskDetector:
    return AskDetector(load_phrases(default_config_dir({}) / "phrases"))


def test_a_card_in_two_pieces_is_masked_in_both_and_held_in_between() -> None:
    judge = _judge("ma carte 4970 1012", "3456 7890")
    first = judge.judge(speech_of(_SECOND, start_ms=1000))
    second = judge.judge(speech_of(2 * _SECOND, start_ms=4000, piece_id=2))
    assert first.pending is not None
    assert {(s.kind, s.start) for s in second.sensitive} == {("card", 1000), ("card", 4000)}


def test_a_piece_without_voice_lets_go_of_nothing() -> None:
    judge = _judge("c'est le 4970 1012")
    pending = judge.judge(speech_of(_SECOND, start_ms=1000)).pending
    silent = judge.judge(speech_of(_SILENCE, start_ms=3000, piece_id=2))
    assert silent.speech is False
    assert silent.pending == pending


def test_channels_and_calls_are_apart() -> None:
    judge = _judge("c'est le 4970 1012 3456")
    assert judge.judge(speech_of(_SECOND, call_id="one")).pending is not None
    assert judge.judge(speech_of(_SILENCE, start_ms=2000, call_id="two")).pending is None


def test_a_call_that_is_over_is_forgotten() -> None:
    memory = EarMemory()
    judge = _judge("c'est le 4970 1012", memory=memory)
    judge.judge(speech_of(_SECOND, call_id="one"))
    judge.judge(speech_of(_SECOND, call_id="two"))
    memory.forget("one")
    assert len(memory) == 1
    assert judge.judge(speech_of(_SILENCE, start_ms=2000, call_id="one")).pending is None


def test_a_call_that_is_over_is_not_recalled_either() -> None:
    recall = Recall()
    recall.transcript(VoicedSpan("one/caller", 0, 900), lambda: Transcript((Hypothesis("4970", -0.1),)))
    recall.transcript(VoicedSpan("two/caller", 0, 900), lambda: Transcript((Hypothesis("1012", -0.1),)))
    recall.forget_call("one")
    assert len(recall) == 1


def test_only_so_many_channels_are_remembered_and_not_for_ever() -> None:
    now = [0.0]
    memory = EarMemory(channels=3, keep_s=100.0, now=lambda: now[0])
    judge = _judge("c'est le 4970 1012", memory=memory)
    for number in range(10):
        judge.judge(speech_of(_SECOND, call_id=f"call-{number}"))
    assert len(memory) == 3
    now[0] = 101.0
    judge.judge(speech_of(_SECOND, call_id="another"))
    assert len(memory) == 1


def test_what_was_held_by_an_ear_that_forgot_is_masked() -> None:
    pending = PendingNumber(5000, 22_000)
    speech = speech_of(_SECOND, start_ms=8000, context=ListenContext(pending=pending))
    verdict = _judge("cent vingt-trois").judge(speech)
    assert {(s.kind, s.start, s.end) for s in verdict.sensitive} == {(LOST, 5000, 9000)}


def test_questions_are_found_only_where_they_are_listened_for() -> None:
    judge = _judge("Donnez-moi votre numéro de carte bancaire.", memory=EarMemory(_detector()))
    assert judge.judge(speech_of(_SECOND)).asks == ()
    guarded = speech_of(_SECOND, start_ms=2000, piece_id=2, context=ListenContext(guard=Direction.INBOUND))
    (ask,) = judge.judge(guarded).asks
    assert (ask.rule, ask.families, ask.start, ask.end) == ("ASK-002", ("card",), 2000, 3000)


def test_an_ear_without_the_phrase_bank_judges_no_piece_that_is_to_be_watched() -> None:
    with pytest.raises(SpeechError, match="forbidden questions"):
        _judge("bonjour").judge(speech_of(_SECOND, context=ListenContext(guard=Direction.INBOUND)))


class _Restarted:
    """An ear that is started again after its first whole utterance: the new one knows nothing."""

    def __init__(self, *texts: str) -> None:
        self._texts, self._judge = texts, _judge(*texts)
        self.restarts = 0

    async def judge(self, speech: Speech) -> Verdict:
        verdict = self._judge.judge(speech)
        if speech.piece.final and not self.restarts:
            self.restarts += 1
            self._judge = _judge(*self._texts)
        return verdict

    async def forget(self, call_id: str) -> None:
        return None

    async def close(self) -> None:
        return None


class _Loud:
    def is_voice(self, frame: bytes) -> bool:
        return any(frame)


def _listen(ear: _Restarted) -> FileHearing:
    """Two utterances of 2 s, at 1 s and at 5 s, and silence to the 30th second."""
    pcm = np.zeros(8000 * 30, np.float32)
    pcm[8000:24_000], pcm[40_000:56_000] = 0.1, 0.2
    return asyncio.run(
        listen_to_channel(
            [to_pcm(pcm).astype("<i2").tobytes()],
            Channel.CALLER,
            ear=ear,
            detector=_Loud(),
            clock=SystemClock(),
            settings=ListeningSettings(),
            program=load_settings(default_config_dir({}), {}).program("hotline-quality"),
            objecting=frozenset(),
            after_disclosure=False,
        )
    )


def test_an_ear_that_is_started_again_in_the_middle_of_a_number_masks_what_was_held() -> None:
    ear = _Restarted("c'est le 1 85 07", "75 123 456")
    found = _listen(ear)
    assert ear.restarts == 1
    masked = {at for mask in found.masked for at in range(mask.start_ms, mask.end_ms, 20)}
    assert set(range(1000, 3000, 20)) | set(range(5000, 7000, 20)) <= masked
    released = [mark for at, mark in found.cleared if at < 5000]
    assert max(released) <= 1000, "until the ear that was started again had spoken, nothing of it was let go"


def test_without_a_restart_the_same_words_are_known_for_what_they_are() -> None:
    ear = _Restarted("c'est le 1 85 07", "75 123 456")
    ear.restarts = 1
    assert {mask.kind for mask in _listen(ear).masked} == {"nir"}
