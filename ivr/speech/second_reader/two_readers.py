"""TwoReaders: the intent model proposes, and what it would act upon or ask about a second reader of another kind reads.

What the first one finds harmless is never read twice, so harmless talk costs nothing more. A bare answer to a prompt
that invited one hangs on the prompt, which the second reader does not see: there the first one decides alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ivr.domain.hearing.verdict import Band, Ground, Label, Thresholds
from ivr.errors import IvrError
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.replies import INVITING, prompt_role
from ivr.speech.second_reader.agreement import agreed
from ivr.speech.second_reader.reader import SecondReader
from ivr.speech.understanding import Hypothesis, Reading

_DEFAULTS = Thresholds()
# The likeliest hypotheses that the second reader is given.
_READ = 2
# A turn of so few words just after a prompt may be an answer to it.
_ANSWER_WORDS = 6
# How far below the threshold the score of an act falls that became a doubt.
_BELOW = 0.01


class TwoReaders:
    """Implements ivr.speech.understanding.Understanding. Without a second reader it is the first one alone."""

    def __init__(self, first: IntentModel, second: SecondReader | None) -> None:
        self._first, self._second = first, second

    @classmethod
    def load(cls) -> TwoReaders:
        """Load both. A second reader that cannot be loaded is done without: recall is never less for it."""
        try:
            second: SecondReader | None = SecondReader.load()
        except IvrError:
            second = None
        return cls(IntentModel.load(), second)

    @property
    def agrees(self) -> bool:
        """Whether there is a second reader."""
        return self._second is not None

    def forget(self) -> None:
        """Drop the texts that were read lately."""
        self._first.forget()
        if self._second is not None:
            self._second.forget()

    def judge(
        self,
        hypotheses: Sequence[Hypothesis],
        *,
        last_prompt: str,
        after_disclosure: bool,
        thresholds: Mapping[str, Thresholds],
        partial: bool = False,
    ) -> Reading:
        """See Understanding.judge."""
        reading = self._first.judge(
            hypotheses,
            last_prompt=last_prompt,
            after_disclosure=after_disclosure,
            thresholds=thresholds,
            partial=partial,
        )
        if self._second is None or reading.band is Band.CLEAR:
            return reading
        role = prompt_role(last_prompt, after_disclosure=after_disclosure)
        if reading.ground is Ground.ANSWER or (role in INVITING and _is_short(hypotheses[0].text)):
            return reading
        likeliest = sorted(hypotheses, key=lambda hypothesis: -hypothesis.logprob)[:_READ]
        texts = dict.fromkeys([hypotheses[0].text, *(hypothesis.text for hypothesis in likeliest)])
        return _lowered(reading, self._second, list(texts), thresholds)


def _is_short(text: str) -> bool:
    return len(text.split()) <= _ANSWER_WORDS


def _lowered(
    reading: Reading, second: SecondReader, texts: Sequence[str], thresholds: Mapping[str, Thresholds]
) -> Reading:
    opposes = second.opposes(texts)
    band = agreed(reading.label, reading.band, reading.ground, reading.score, opposes, second.bounds)
    if band is reading.band:
        return reading
    limits = thresholds.get(reading.label.value, _DEFAULTS)
    if Band.CLEAR in (band, limits.lowered):
        cleared = round(1.0 - opposes, 4)
        return replace(reading, label=Label.NONE, band=Band.CLEAR, score=cleared, span=None, ground=None)
    return replace(reading, band=band, score=min(reading.score, round(limits.act - _BELOW, 4)))
