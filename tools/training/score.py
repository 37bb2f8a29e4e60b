"""How well a model does on labelled sentences, in the words of the targets: act-or-ask, act, false act, false ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ivr.domain.hearing.verdict import Band, Label
from ivr.speech.understanding import Hypothesis, Reading, Understanding
from tools.corpus.sentences import Sentence

Judge = Callable[[str], Reading]


def judge_of(model: Understanding) -> Judge:
    """Return a function that judges one perfect transcript without context."""

    def judge(text: str) -> Reading:
        return model.judge([Hypothesis(text, 0.0)], last_prompt="", after_disclosure=False, thresholds={})

    return judge


def rates(judge: Judge, sentences: Sequence[Sentence], label: Label) -> dict[str, float]:
    """Return the four rates for one opposing label.

    Recall counts a reading of that label; a false act or ask is an ACT or DOUBT on a sentence that opposes
    nothing. `n` and `n_calm` are the numbers of sentences behind the rates.
    """
    opposing = [judge(s.text) for s in sentences if s.label is label]
    calm = [judge(s.text) for s in sentences if s.label in (Label.NONE, Label.QUESTION_RECORDING)]
    heard = [r for r in opposing if r.label is label]
    false = [r for r in calm if r.label is label]
    return {
        "act_or_ask": _share(sum(r.band is not Band.CLEAR for r in heard), len(opposing)),
        "act": _share(sum(r.band is Band.ACT for r in heard), len(opposing)),
        "false_act": _share(sum(r.band is Band.ACT for r in false), len(calm)),
        "false_ask": _share(sum(r.band is Band.DOUBT for r in false), len(calm)),
        "n": len(opposing),
        "n_calm": len(calm),
    }


def report(model: Understanding, sentences: Sequence[Sentence]) -> dict[str, dict[str, float]]:
    """Return the rates for both opposing labels, and how often questions are recognised."""
    judge = judge_of(model)
    questions = [s for s in sentences if s.label is Label.QUESTION_RECORDING]
    asked = sum(judge(s.text).label is Label.QUESTION_RECORDING for s in questions)
    return {
        "objection_recording": rates(judge, sentences, Label.OBJECTION_RECORDING),
        "refusal_contact": rates(judge, sentences, Label.REFUSAL_CONTACT),
        "question_recording": {"recognised": _share(asked, len(questions)), "n": len(questions)},
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
