"""What the ear needs from an intent model: transcripts of one piece in, one reading out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivr.domain.hearing.verdict import Band, Ground, Label, SensitiveSpan, Thresholds


@dataclass(frozen=True)
class Hypothesis:
    """One way to write down what was said.

    `logprob` is the mean log probability per token (natural logarithm, 0 is certain), measured without any
    domain prompt so that hypotheses can be compared; a perfect transcript has 0. `prompted` tells that the
    words came from the decode that was given the domain prompt, so they lean towards its vocabulary. `heard` says how
    well the audio bears out characters [start, end): probabilities 0..1 without any prompt; empty where not measured.
    """

    text: str = field(repr=False)
    logprob: float
    prompted: bool = False
    heard: tuple[tuple[int, int, float], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Reading:
    """What the words mean.

    `span` holds the character offsets [start, end) in the first hypothesis of the words that object, refuse or
    ask; None when there are none. The bounds of `sensitive` are character offsets in the first hypothesis too.
    `denies` tells that the party answers the last prompt and does not object ("non" to the doubt question).
    `ground` is what bears an opposition out, None when there is no more than a score.
    """

    label: Label
    band: Band
    score: float
    span: tuple[int, int] | None
    sensitive: tuple[SensitiveSpan, ...]
    denies: bool = False
    ground: Ground | None = None


class Understanding(Protocol):
    """Judges all hypotheses of one piece together. Pure: same arguments, same reading; safe on any text."""

    def judge(
        self,
        hypotheses: Sequence[Hypothesis],
        *,
        last_prompt: str,
        after_disclosure: bool,
        thresholds: Mapping[str, Thresholds],
        partial: bool = False,
    ) -> Reading:
        """Return the reading of `hypotheses` (best first, at least one).

        `last_prompt` is the text of the last prompt the party heard, for bare answers; keys of `thresholds` are
        label values, a missing one means the defaults of Thresholds; `partial` tells that the party has not
        finished speaking.
        """
        ...
