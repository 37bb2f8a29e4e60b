"""Was it understood? By the language that the ear holds a piece for, how well its words are borne out, and what was
heard on the channel before. Pure.

A piece of two seconds and more tells its language; a shorter one tells little, so that what came before it weighs, and
a word or two count as foreign only when nearly everything speaks for it. What is not understood is not harmless: in
doubt a piece is foreign rather than understood.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ivr.domain.hearing.verdict import Comprehension

_LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class LanguageCues:
    """What the ear knows of one piece: how long somebody speaks in it, how likely the language is one of those that
    are understood (0..1; None: the recogniser cannot tell), and the mean log probability of its best words (0: certain)
    in such a language (None: there are none, or it was not measured)."""

    voiced_ms: int
    known: float | None
    logprob: float | None


@dataclass(frozen=True)
class ComprehensionSettings:
    """In log odds of being understood, unless it says otherwise.

    The odds of the language, and `per_logprob` for each unit by which the words are borne out better than `usual`,
    say how clear a piece is. It is foreign when that, with what is `carried` from before (at most so much either way),
    falls below `bound`: the first for a piece of `short_ms` of voice or less, the second from `long_ms` on, between
    them in proportion. Words borne out worse than `unintelligible` (a log probability) in a long piece are nobody's.
    """

    per_logprob: float = 4.0
    usual: float = -0.6
    short_ms: int = 900
    long_ms: int = 2000
    bound_short: float = -6.0
    bound_long: float = 1.0
    carried: float = 2.0
    fading: float = 0.5
    unintelligible: float = -1.6


class ChannelComprehension:
    """What one channel's speech was understood as, piece after piece. One per channel of a call; not thread-safe."""

    def __init__(self, settings: ComprehensionSettings | None = None) -> None:
        self._settings = settings or ComprehensionSettings()
        self._carried = 0.0

    def judge(self, cues: LanguageCues, *, whole: bool) -> Comprehension:
        """Say whether a piece was understood; only a `whole` one counts for those after it."""
        settings, share = self._settings, self._share(cues)
        odds = self._odds(cues)
        total = odds + self._carried
        if whole:
            kept = settings.fading * self._carried + share * odds
            self._carried = max(-settings.carried, min(settings.carried, kept))
        if total < settings.bound_short + share * (settings.bound_long - settings.bound_short):
            return Comprehension.FOREIGN
        if share >= 1 and cues.logprob is not None and cues.logprob < settings.unintelligible:
            return Comprehension.UNINTELLIGIBLE
        return Comprehension.UNDERSTOOD

    def _share(self, cues: LanguageCues) -> float:
        """How much a piece of this length tells, 0..1."""
        settings = self._settings
        return max(0.0, min(1.0, (cues.voiced_ms - settings.short_ms) / (settings.long_ms - settings.short_ms)))

    def _odds(self, cues: LanguageCues) -> float:
        settings = self._settings
        known = cues.known
        if known is None:
            # Then the words alone decide, and where nobody measured them either, nothing speaks for it.
            known = 0.0 if cues.logprob is None else 0.5
        known = min(max(known, _LEAST), 1 - _LEAST)
        odds = math.log(known / (1 - known))
        if cues.logprob is None:
            return odds
        return odds + settings.per_logprob * (cues.logprob - settings.usual)
