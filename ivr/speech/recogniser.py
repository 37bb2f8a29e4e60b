"""Port Recogniser: what the ear needs of whatever writes speech down, and what it makes of one that can do less.

Audio is mono float32 in [-1, 1] at 16 kHz, a piece of at most 29 seconds. A transcript says itself what it lacks, and
the judge then errs towards not storing:

- without the times of words, an objection begins with its piece, and what may not be kept masks the whole piece;
- without language scores, only words that are borne out well count as understood;
- without a measure of how well they are borne out, the languages alone decide; without both, nothing is understood.

`ivr.speech.forced_alignment` fills in what a recogniser lacks, so that on calls none of this is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ivr.audio.pcm import Samples
from ivr.errors import SpeechError
from ivr.speech.understanding import Hypothesis

RECOGNISER_HZ = 16_000
#: Shorter audio (100 ms) holds no word, and too few windows of a spectrum for some models.
LEAST_SAMPLES = RECOGNISER_HZ // 10
LONGEST_S = 29.0

FRENCH, ENGLISH = "fr", "en"

#: Log probability of words that nobody measured: they bear out nothing.
UNMEASURED = -10.0


@dataclass(frozen=True)
class TimedToken:
    """Characters [start, end) of the first hypothesis were said in [start_ms, end_ms) of the piece."""

    start: int
    end: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Transcript:
    """Hypotheses, best first, at least one (its text may be empty), and when the first one's words were said.

    `languages` is how likely the recogniser holds each language (ISO 639-1), of all that it knows; empty when it cannot
    tell. The words are written down in `language`. `supported` is whether log probabilities were measured: where it is
    False they are UNMEASURED. `tokens` is empty when it cannot tell when words were said.
    """

    hypotheses: tuple[Hypothesis, ...]
    tokens: tuple[TimedToken, ...] = field(default=(), repr=False)
    languages: Mapping[str, float] = field(default_factory=dict)
    language: str = FRENCH
    supported: bool = True

    def times_of(self, start: int, end: int) -> tuple[int, int] | None:
        """Return when characters [start, end) of the first hypothesis were said, in milliseconds of the piece."""
        within = [token for token in self.tokens if token.start < end and start < token.end]
        return (within[0].start_ms, max(token.end_ms for token in within)) if within else None

    @property
    def logprob(self) -> float | None:
        """Of the hypothesis that is borne out best: mean log probability per token; None when it was not measured."""
        return max(hypothesis.logprob for hypothesis in self.hypotheses) if self.supported else None


@dataclass(frozen=True)
class Abilities:
    """What a recogniser tells besides words: `languages` (scores), `support` (how well the audio bears words out),
    `times` (of words). `at_once` is how many pieces it hears at once; more wait."""

    languages: bool
    support: bool
    times: bool
    at_once: int = 1


class Recogniser(Protocol):
    """Writes down speech: 16 kHz floats in, hypotheses out. Safe for several threads."""

    def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
        """Return what is said; `partial`: the speaker goes on, so that the same words will come again.

        Raises SpeechError when it cannot, or when the piece is too long.
        """
        ...


class Adapter(Recogniser, Protocol):
    """A recogniser as it is loaded: it says what it can tell, and may be told the language to write down."""

    @property
    def abilities(self) -> Abilities: ...

    def transcribe(self, samples: Samples, *, partial: bool = False, language: str | None = None) -> Transcript:
        """Return what is said, written down in `language` where the model can be told one; None: as it finds itself."""
        ...


def refuse_too_long(samples: Samples) -> None:
    """Raise SpeechError for a piece of more than 29 seconds."""
    length_s = samples.size / RECOGNISER_HZ
    if length_s > LONGEST_S:
        raise SpeechError(f"a piece of {length_s:.0f} s is too long", where="ear", remedy="send shorter pieces")
