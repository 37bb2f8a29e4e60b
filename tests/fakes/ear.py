"""An ear in memory: answers what the test says, when it says, in loop time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Band, Ground, Label, SensitiveSpan, Verdict
from ivr.errors import SpeechError
from ivr.services.ports.hearing import Speech

NOTHING = Verdict(Label.NONE, Band.CLEAR, 0.0)
NOT_SPEECH = Verdict(Label.NONE, Band.CLEAR, 0.0, speech=False)


def objection(
    onset_ms: int | None = None,
    *,
    label: Label = Label.OBJECTION_RECORDING,
    band: Band = Band.ACT,
    score: float = 0.97,
    sensitive: tuple[SensitiveSpan, ...] = (),
    ground: Ground | None = None,
) -> Verdict:
    """A verdict that objects from `onset_ms` (call milliseconds) on; None means from the piece's start."""
    usual = Ground.EXPLICIT if label is Label.OBJECTION_RECORDING else Ground.CONTACT_REFUSED
    return Verdict(label, band, score, onset_ms, sensitive, ground=ground or (usual if band is Band.ACT else None))


@dataclass(frozen=True)
class _Window:
    """From `start_ms` to `end_ms` of a channel something was said that deserves `verdict`."""

    channel: Channel
    start_ms: int
    end_ms: int
    verdict: Verdict


@dataclass
class FakeEar:
    """Port Ear that answers as it was told.

    A piece gets, in this order: the error of an absent or overloaded ear; the next verdict it was given (`then`);
    the verdict of the first window (`when_said`) whose end lies inside the piece; the answer of `decide`; or
    `default`. `delay_s` of loop time passes first: beyond the speech's deadline the answer is SpeechError, at the
    deadline, as the real one does.
    """

    default: Verdict = NOTHING
    delay_s: float = 0.0
    absent: bool = False
    overloaded: bool = False
    decide: Callable[[Speech], Verdict | SpeechError | None] | None = None
    asked: list[Speech] = field(default_factory=list)
    told: list[tuple[Speech, Verdict]] = field(default_factory=list)
    """Which verdicts it has given."""
    closed: bool = False
    forgotten: list[str] = field(default_factory=list)
    _given: deque[Verdict | SpeechError] = field(default_factory=deque)
    _windows: list[_Window] = field(default_factory=list)

    def then(self, *answers: Verdict | SpeechError) -> FakeEar:
        """Answer the next pieces, whatever they are, with these in order."""
        self._given.extend(answers)
        return self

    def when_said(self, channel: Channel, start_ms: int, end_ms: int, verdict: Verdict) -> FakeEar:
        """Answer any piece of `channel` that contains [start_ms, end_ms) with `verdict`, its onset at start_ms."""
        self._windows.append(_Window(channel, start_ms, end_ms, verdict))
        return self

    async def judge(self, speech: Speech) -> Verdict:
        if self.closed:
            raise SpeechError("the ear is closed", where="ear")
        self.asked.append(speech)
        if self.absent:
            await asyncio.sleep(0)
            raise SpeechError("the ear is gone", where="ear", remedy="is the ear process running?")
        if self.overloaded:
            await asyncio.sleep(0)
            raise SpeechError("the ear is overloaded", where="ear", remedy="add an ear process")
        answer = self._answer(speech)
        await asyncio.sleep(min(self.delay_s, speech.deadline_s))
        if self.delay_s > speech.deadline_s:
            raise SpeechError("no verdict before the deadline", where="ear")
        if isinstance(answer, SpeechError):
            raise answer
        self.told.append((speech, answer))
        return answer if speech.context.want_text else replace(answer, text="")

    async def forget(self, call_id: str) -> None:
        self.forgotten.append(call_id)

    async def close(self) -> None:
        self.closed = True

    def _answer(self, speech: Speech) -> Verdict | SpeechError:
        if self._given:
            return self._given.popleft()
        piece = speech.piece
        for window in self._windows:
            inside = piece.start_ms <= window.start_ms and window.end_ms <= piece.end_ms
            if window.channel is piece.channel and inside:
                onset = window.start_ms if window.verdict.band is not Band.CLEAR else None
                return replace(window.verdict, onset_ms=onset)
        decided = self.decide(speech) if self.decide is not None else None
        return self.default if decided is None else decided
