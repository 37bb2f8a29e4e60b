"""IntentModel: what a caller's words mean for the recording and for the call (REC-004, REC-006)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.domain.hearing.verdict import Band, Ground, Label, Thresholds
from ivr.domain.numbers.sensitive import sensitive_spans
from ivr.speech.intent.clauses import core, only_courteous, stretches
from ivr.speech.intent.concepts import Lexicon, Unit, shipped_lexicon
from ivr.speech.intent.features import vectorise
from ivr.speech.intent.grounds import FoundGround, answer, contact_refused, explicit, known
from ivr.speech.intent.hypothetical import asks_about_refusing
from ivr.speech.intent.replies import (
    DENIALS,
    INVITING,
    MEANING,
    PromptRole,
    bare_answer,
    first_answer,
    led_answer,
    prompt_role,
)
from ivr.speech.intent.skeleton import skeleton
from ivr.speech.intent.stance import opposes_recording
from ivr.speech.intent.support import Borne, borne_out
from ivr.speech.intent.turn import Turn
from ivr.speech.intent.weights import LABELS, SHIPPED, Weights, load
from ivr.speech.intent.words import Word, words
from ivr.speech.understanding import Hypothesis, Reading

_DEFAULTS = Thresholds()
_OPPOSING = (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT)
_AT = {label: at for at, label in enumerate(LABELS)}
# How much a worse hypothesis weighs: exp(_PLAUSIBLE * difference of mean log probability).
_PLAUSIBLE = 4.0
# An opposition found in one hypothesis of several counts this much of the way to being found in all.
_ANY_SHARE = 0.5
# A clause of a long turn must be this much surer (in logits) than the turn read whole.
_CLAUSE_DISCOUNT = 0.7
# The most that an unfinished sentence may score before it has named its object, and a question about refusing:
# they may ask, never act.
_UNFINISHED = 0.6
# The least that an opposition found by grammar scores: it is asked about.
_GRAMMAR_SAYS = 0.5
# Power to which the odds of a likely objection are raised (REC-021: tune for recall).
_LEANING = 2.0
_NAMED = frozenset({"REC", "RECU", "CONTACT", "LIST", "INTEREST", "PEACE", "KEEP", "LISTEN", "OFFER", "BYE"})


@dataclass(frozen=True)
class _Judged:
    """Probabilities of one text, in the order of LABELS, and the words [first, last) that speak most for each label.

    Without `may_act` the words may be asked about, whatever the thresholds are. `answers`: they are no more than an
    answer to the last prompt, which invited one.
    """

    probabilities: npt.NDArray[np.float32]
    ranges: Mapping[Label, tuple[int, int]]
    may_act: bool = True
    answers: bool = False


#: From this score on nothing in the words objects, so that a "non" or "oui" at their start answers the question.
_SURELY_HARMLESS = 0.9


def _shifted(probability: float, by: float) -> float:
    odds = np.log(max(probability, 1e-9) / max(1 - probability, 1e-9)) - by
    return float(1 / (1 + np.exp(-odds)))


def _leaning(probability: float) -> float:
    """Push an objection that is likelier than not further out: a missed one is unlawful, a false stop is not."""
    odds: float = (probability / max(1 - probability, 1e-9)) ** _LEANING
    return odds / (1 + odds)


class IntentModel:
    """Implements ivr.speech.understanding.Understanding with a lexicon, a skeleton of meaning and a linear model."""

    def __init__(self, weights: Weights, lexicon: Lexicon) -> None:
        self._weights = weights
        self._lexicon = lexicon
        self._text = lru_cache(maxsize=512)(self._judge_text)
        self._read = lru_cache(maxsize=512)(self._read_text)
        self._turn = lru_cache(maxsize=512)(lambda text: Turn(self._read(text)[1]))

    @classmethod
    def load(cls, path: Path | None = None) -> IntentModel:
        """Load the shipped model, or the one at `path`; raises SpeechError when it cannot be read."""
        return cls(load(SHIPPED if path is None else path), shipped_lexicon())

    def forget(self) -> None:
        """Drop the texts that were read lately."""
        self._text.cache_clear()
        self._read.cache_clear()
        self._turn.cache_clear()

    def judge(
        self,
        hypotheses: Sequence[Hypothesis],
        *,
        last_prompt: str,
        after_disclosure: bool,
        thresholds: Mapping[str, Thresholds],
        partial: bool = False,
    ) -> Reading:
        """See Understanding.judge. `last_prompt` may be a prompt's id or its text."""
        first = hypotheses[0].text
        spans = sensitive_spans(first)
        best = max(hypothesis.logprob for hypothesis in hypotheses)
        shares = np.array([np.exp(_PLAUSIBLE * (h.logprob - best)) for h in hypotheses], dtype=np.float64)
        rows = [self._one(h.text, last_prompt, after_disclosure, partial) for h in hypotheses]
        stacked = np.stack([row.probabilities for row in rows]).astype(np.float64)
        fused = (shares[:, None] * stacked).sum(axis=0) / shares.sum()
        for label in _OPPOSING:
            at = _AT[label]
            loudest = float(np.max(np.minimum(1.0, 2 * shares) * stacked[:, at]))
            fused[at] = max(fused[at], _ANY_SHARE * loudest + (1 - _ANY_SHARE) * fused[at])
        label, score = self._choose(fused, thresholds)
        role = prompt_role(last_prompt, after_disclosure=after_disclosure)
        # Who asks about refusals of contact sells something.
        selling = thresholds.get(Label.REFUSAL_CONTACT.value, _DEFAULTS).lowered is Band.DOUBT
        ground = borne_out(
            [
                Borne(h, self._read(h.text)[0], float(share), self._found_ground(row, h.text, label, role, selling))
                for h, row, share in zip(hypotheses, rows, shares, strict=True)
            ]
        )
        band = self._band(label, score, rows, thresholds.get(label.value, _DEFAULTS), ground)
        if band is Band.DOUBT and ground is None and not any(self._known(h.text, label, role) for h in hypotheses):
            band = Band.CLEAR
        if band is Band.CLEAR and label in _OPPOSING:
            label, score = Label.NONE, 1 - score
        span = None if label is Label.NONE else _span(self._read(first)[0], rows[0].ranges[label])
        harmless = label is Label.NONE and score >= _SURELY_HARMLESS
        denies = harmless and not partial and self._denies(hypotheses, last_prompt, after_disclosure)
        return Reading(label, band, round(min(1.0, score), 4), span, spans, denies, ground)

    def _band(
        self, label: Label, score: float, rows: Sequence[_Judged], thresholds: Thresholds, ground: Ground | None
    ) -> Band:
        if label not in _OPPOSING:
            return Band.CLEAR
        band = thresholds.band(score)
        acting = any(row.may_act and row.probabilities[_AT[label]] >= thresholds.doubt for row in rows)
        return thresholds.lowered if band is Band.ACT and (ground is None or not acting) else band

    def _found_ground(
        self, row: _Judged, text: str, label: Label, role: PromptRole, selling: bool
    ) -> FoundGround | None:
        """Return what bears `label` out in one text; an answer does only where it was invited."""
        if label not in _OPPOSING:
            return None
        if row.answers:
            return FoundGround(Ground.ANSWER, ((0, len(self._read(text)[0])),))
        turn = self._turn(text)
        found = explicit(turn)
        if found is None and label is Label.REFUSAL_CONTACT:
            found = contact_refused(turn, leaving=selling)
        return answer(turn) if found is None and role in INVITING else found

    def _known(self, text: str, label: Label, role: PromptRole) -> bool:
        return role is not PromptRole.UNKNOWN or known(self._turn(text), label)

    def _denies(self, hypotheses: Sequence[Hypothesis], last_prompt: str, after_disclosure: bool) -> bool:
        likeliest = max(hypotheses, key=lambda hypothesis: hypothesis.logprob)
        answer = first_answer(self._read(likeliest.text)[1])
        return answer is not None and (prompt_role(last_prompt, after_disclosure=after_disclosure), answer) in DENIALS

    def _choose(self, fused: npt.NDArray[np.float64], thresholds: Mapping[str, Thresholds]) -> tuple[Label, float]:
        scores = {label: float(fused[_AT[label]]) for label in _OPPOSING}
        reached = [label for label in _OPPOSING if scores[label] >= thresholds.get(label.value, _DEFAULTS).doubt]
        if reached:
            # The louder label may be harmless in this program; an objection, which comes first, never is.
            opposed = reached[0]
            louder = scores[opposed] == max(scores.values()) or len(reached) == len(_OPPOSING)
            # Opposition of both kinds at once is not less of an opposition.
            return opposed, min(1.0, sum(scores.values())) if louder else scores[opposed]
        calm = max((Label.NONE, Label.QUESTION_RECORDING), key=lambda label: fused[_AT[label]])
        return calm, float(fused[_AT[calm]])

    def _one(self, text: str, last_prompt: str, after_disclosure: bool, partial: bool) -> _Judged:
        spoken, units = self._read(text)
        role = prompt_role(last_prompt, after_disclosure=after_disclosure)
        answer = bare_answer(units)
        meant = MEANING[role, answer] if answer is not None else led_answer(units, role)
        if meant is not None and not (meant.label in _OPPOSING and asks_about_refusing(spoken)):
            score = min(meant.score, _UNFINISHED) if partial and meant.label in _OPPOSING else meant.score
            opposes = meant.label in _OPPOSING
            may_act = not (partial and opposes)
            return _Judged(_spread(meant.label, score), _everywhere(len(spoken)), may_act, opposes and role in INVITING)
        judged = self._text(text)
        if partial and not any(node.kind in _NAMED for node in skeleton(units)):
            # An unfinished sentence that has not named what it is about may still turn harmless.
            capped = np.minimum(judged.probabilities, [1.0, _UNFINISHED, _UNFINISHED, 1.0]).astype(np.float32)
            return _Judged(capped, judged.ranges, may_act=False)
        return judged

    def _read_text(self, text: str) -> tuple[list[Word], list[Unit]]:
        spoken = words(text)
        return spoken, self._lexicon.units(spoken)

    def _judge_text(self, text: str) -> _Judged:
        spoken, units = self._read(text)
        if not spoken or only_courteous(spoken):
            nothing = np.zeros(len(LABELS), dtype=np.float32)
            nothing[_AT[Label.NONE]] = 1.0
            return _Judged(nothing, _everywhere(0))
        ranges = stretches(spoken)
        rows = [self.probabilities(spoken[a:b]) for a, b in ranges]
        whole = rows[0].copy()
        where = _everywhere(len(spoken))
        said = core(spoken)
        if said != ranges[0]:
            # Politeness around a sentence takes nothing away from it.
            bare = self.probabilities(spoken[said[0] : said[1]])
            for label in _OPPOSING:
                if bare[_AT[label]] > whole[_AT[label]]:
                    whole[_AT[label]], where[label] = bare[_AT[label]], said
        for (a, b), row in zip(ranges[1:], rows[1:], strict=True):
            for label in (*_OPPOSING, Label.QUESTION_RECORDING):
                at = _AT[label]
                heard = _shifted(float(row[at]), _CLAUSE_DISCOUNT)
                if heard > whole[at]:
                    whole[at], where[label] = heard, (a, b)
        objection = _AT[Label.OBJECTION_RECORDING]
        if whole[objection] > 0.5:
            whole[objection] = _leaning(float(whole[objection]))
        elif whole[objection] < _GRAMMAR_SAYS and opposes_recording(skeleton(units)):
            whole[objection] = _GRAMMAR_SAYS
        hypothetical = asks_about_refusing(spoken)
        if hypothetical:
            whole[objection] = min(whole[objection], _UNFINISHED)
        rest = 1.0 - float(whole[1:].sum())
        whole[_AT[Label.NONE]] = max(0.0, rest)
        return _Judged(whole / max(float(whole.sum()), 1.0), where, may_act=not hypothetical)

    def probabilities(self, spoken: Sequence[Word]) -> npt.NDArray[np.float32]:
        """Return the linear model's own opinion of one stretch of words, in the order of LABELS."""
        return self._weights.probabilities(*vectorise(spoken, self._lexicon))


def _spread(label: Label, score: float) -> npt.NDArray[np.float32]:
    """Return probabilities that give `label` its score and leave the rest to nothing being meant."""
    spread = np.zeros(len(LABELS), dtype=np.float32)
    spread[_AT[Label.NONE]] = 1.0 - score
    spread[_AT[label]] = score
    return spread


def _everywhere(length: int) -> dict[Label, tuple[int, int]]:
    return dict.fromkeys(LABELS, (0, length))


def _span(spoken: Sequence[Word], within: tuple[int, int]) -> tuple[int, int] | None:
    last = min(within[1], len(spoken))
    first = min(within[0], max(0, last - 1))
    if not spoken or last <= first:
        return None
    return spoken[first].start, spoken[last - 1].end
