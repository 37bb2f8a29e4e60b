"""The words of one recogniser, and what it cannot tell of them from Whisper, which hears the same piece.

Whisper is asked which language it hears, and how likely it is that just these words were said, and when (forced
alignment). So a foreign language is noticed, and what was decided on Whisper's scores still means the same, whatever
wrote the words. It costs one encoder pass and two steps of decoding, and no search.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from ivr.audio.pcm import Samples
from ivr.speech.recogniser import LEAST_SAMPLES, Abilities, Adapter, Transcript, refuse_too_long
from ivr.speech.whisper_recogniser import Alignment, Listened


class Aligner(Adapter, Protocol):
    """What can say of a text, whoever wrote it, how well a piece bears it out, and when it was said."""

    def listen(self, samples: Samples) -> Listened: ...

    def align(self, piece: Listened, text: str) -> Alignment: ...


class AlignedRecogniser:
    """Port Adapter: whatever `recogniser` writes, with languages, support and times of words from `whisper` where it
    has none of its own. It is told to write down the language that Whisper hears."""

    def __init__(self, recogniser: Adapter, whisper: Aligner) -> None:
        self._recogniser, self._whisper = recogniser, whisper

    @property
    def abilities(self) -> Abilities:
        at_once = min(self._recogniser.abilities.at_once, self._whisper.abilities.at_once)
        return Abilities(languages=True, support=True, times=True, at_once=at_once)

    def transcribe(self, samples: Samples, *, partial: bool = False, language: str | None = None) -> Transcript:
        refuse_too_long(samples)
        if samples.size < LEAST_SAMPLES:
            return self._recogniser.transcribe(samples, partial=partial, language=language)
        piece = self._whisper.listen(samples)
        if language is not None:
            piece = replace(piece, language=language)
        written = self._recogniser.transcribe(samples, partial=partial, language=piece.language)
        return self._aligned(piece, written)

    def _aligned(self, piece: Listened, written: Transcript) -> Transcript:
        can = self._recogniser.abilities
        first = self._whisper.align(piece, written.hypotheses[0].text)
        hypotheses = written.hypotheses
        if not can.support:
            found = [first, *(self._whisper.align(piece, other.text) for other in hypotheses[1:])]
            hypotheses = tuple(
                replace(one, logprob=min(0.0, by.logprob), heard=by.heard)
                for one, by in zip(hypotheses, found, strict=True)
            )
        return replace(
            written,
            hypotheses=hypotheses,
            tokens=written.tokens if can.times else first.tokens,
            languages=written.languages if can.languages else piece.languages,
            supported=True,
        )
