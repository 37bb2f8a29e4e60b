"""What every ear promises, whichever it is: port Ear."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from ivr.audio.pcm import Samples
from ivr.domain.hearing.verdict import Band, Label, Verdict
from ivr.errors import SpeechError
from ivr.services.ports.hearing import Ear, ListenContext, Speech
from ivr.speech.client import ZmqEar
from ivr.speech.judge import Judge
from ivr.speech.local import LocalEar
from ivr.speech.recogniser import Transcript
from ivr.speech.silero import VoicedRange
from ivr.speech.understanding import Hypothesis
from tests.fakes.ear import NOT_SPEECH, FakeEar, objection
from tests.fakes.ear_server import serving
from tests.fakes.telephone import speech_of
from tests.fakes.understanding import KeywordUnderstanding

_OBJECTION = "je m'oppose à l'enregistrement"


@dataclass
class _Bench:
    """An ear and the handles the suite needs: make it stall, go on, and fail."""

    ear: Ear
    stall: Callable[[], None]
    resume: Callable[[], None]


class _Heard:
    """Hears an objection in loud pieces, nothing in quiet ones; fails on pieces of odd id when told to."""

    def __init__(self) -> None:
        self.going = threading.Event()
        self.going.set()
        self._judge = Judge(self._gate, self, KeywordUnderstanding())

    def __call__(self, speech: Speech) -> Verdict:
        if not self.going.wait(30):
            raise RuntimeError("the test never resumed this ear")
        if speech.call_id == "broken":
            raise RuntimeError("secret words")
        return self._judge.judge(speech)

    def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
        return Transcript((Hypothesis(_OBJECTION, -0.2),))

    @staticmethod
    def _gate(samples: Samples) -> tuple[VoicedRange, ...]:
        return (VoicedRange(0, 1000),) if np.any(samples) else ()


@asynccontextmanager
async def _fake() -> AsyncIterator[_Bench]:
    def decide(speech: Speech) -> Verdict | SpeechError:
        if speech.call_id == "broken":
            return SpeechError("judging failed (RuntimeError)", where="ear")
        if not any(speech.pcm):
            return NOT_SPEECH
        verdict = objection(speech.piece.start_ms, score=0.95)
        return replace(verdict, sensitive=(), text=_OBJECTION)

    ear = FakeEar(decide=decide)

    def stall() -> None:
        ear.delay_s = 1000.0

    def resume() -> None:
        ear.delay_s = 0.0

    yield _Bench(ear, stall, resume)
    await ear.close()


@asynccontextmanager
async def _local() -> AsyncIterator[_Bench]:
    heard = _Heard()
    ear = LocalEar(heard)
    yield _Bench(ear, heard.going.clear, heard.going.set)
    await ear.close()


@asynccontextmanager
async def _zmq() -> AsyncIterator[_Bench]:
    heard = _Heard()
    with serving(heard) as (_, endpoint):
        ear = ZmqEar([endpoint], patience_s=10.0)
        yield _Bench(ear, heard.going.clear, heard.going.set)
        await ear.close()


_Run = Callable[[Callable[[_Bench], Coroutine[None, None, None]]], None]
_EARS = {"FakeEar": _fake, "LocalEar": _local, "ZmqEar": _zmq}


@pytest.fixture(params=sorted(_EARS))
def run(request: pytest.FixtureRequest) -> _Run:
    make: Callable[[], AbstractAsyncContextManager[_Bench]] = _EARS[request.param]

    async def with_bench(scenario: Callable[[_Bench], Coroutine[None, None, None]]) -> None:
        async with make() as bench:
            await scenario(bench)

    return lambda scenario: asyncio.run(with_bench(scenario))


def _loud(**more: Any) -> Speech:
    return speech_of(np.full(8000, 0.1, np.float32), **more)


def _quiet(**more: Any) -> Speech:
    return speech_of(np.zeros(8000, np.float32), **more)


def test_an_objection_is_told_with_its_onset_inside_the_piece(run: _Run) -> None:
    async def scenario(bench: _Bench) -> None:
        verdict = await bench.ear.judge(_loud(start_ms=42_000))
        assert (verdict.label, verdict.band) == (Label.OBJECTION_RECORDING, Band.ACT)
        assert verdict.onset_ms is not None
        assert 42_000 <= verdict.onset_ms <= 43_000

    run(scenario)


def test_what_is_no_speech_is_clear_and_says_so(run: _Run) -> None:
    async def scenario(bench: _Bench) -> None:
        verdict = await bench.ear.judge(_quiet())
        assert (verdict.label, verdict.band, verdict.speech) == (Label.NONE, Band.CLEAR, False)
        assert verdict.onset_ms is None

    run(scenario)


def test_words_are_given_only_to_who_asks_for_them(run: _Run) -> None:
    async def scenario(bench: _Bench) -> None:
        assert (await bench.ear.judge(_loud())).text == ""
        assert (await bench.ear.judge(_loud(context=ListenContext(want_text=True)))).text == _OBJECTION

    run(scenario)


def test_pieces_asked_at_once_each_get_their_own_verdict(run: _Run) -> None:
    async def scenario(bench: _Bench) -> None:
        asked = [_loud(start_ms=n * 1000, piece_id=n, call_id=f"call-{n}") for n in range(12)]
        verdicts = await asyncio.gather(*(bench.ear.judge(speech) for speech in asked))
        assert [verdict.onset_ms for verdict in verdicts] == [n * 1000 for n in range(12)]

    run(scenario)


def test_a_verdict_that_would_be_late_is_an_error_and_the_next_one_comes(run: _Run) -> None:
    async def scenario(bench: _Bench) -> None:
        await bench.ear.judge(_quiet())
        bench.stall()
        with pytest.raises(SpeechError, match="deadline"):
            await bench.ear.judge(_loud(deadline_s=0.1))
        bench.resume()
        assert (await bench.ear.judge(_loud())).band is Band.ACT

    run(scenario)


def test_a_failure_is_an_error_without_words_and_the_next_piece_is_judged(run: _Run) -> None:
    async def scenario(bench: _Bench) -> None:
        with pytest.raises(SpeechError) as caught:
            await bench.ear.judge(_loud(call_id="broken"))
        assert "secret" not in str(caught.value)
        assert (await bench.ear.judge(_quiet())).band is Band.CLEAR

    run(scenario)


def test_an_ear_that_was_closed_judges_nothing(run: _Run) -> None:
    async def scenario(bench: _Bench) -> None:
        await bench.ear.judge(_quiet())
        await bench.ear.close()
        with pytest.raises(SpeechError):
            await bench.ear.judge(_quiet())
        await bench.ear.close()

    run(scenario)
