"""What answers are worth: one pure decision, with its reasons. No feature of a voice goes into it (AIA-001)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ivr.domain.quality.answers import Answer, Answers
from ivr.domain.quality.grid import NOT_APPLICABLE, Grid, Question, QuestionKind
from ivr.domain.text.told import Told


@dataclass(frozen=True)
class SectionScore:
    """What one section is worth, in tenths of a percent (None: nothing of it counts)."""

    section_id: str
    tenths: int | None


@dataclass(frozen=True)
class Score:
    """`tenths` of a percent of what counts, 0 to 1000 (None: nothing counts).

    `failed_by` are the questions that fail it whatever the rest; `passed` is False then, and below the pass mark.
    `reasons` are sentences for people.
    """

    tenths: int | None
    passed: bool
    failed_by: tuple[str, ...]
    sections: tuple[SectionScore, ...]
    reasons: tuple[Told, ...]


def score(grid: Grid, answers: Answers) -> Score:
    """Return what the answers are worth. A question that does not apply, or is not answered, leaves the sum.

    Each question counts its weight times what its answer is worth; tenths are rounded half up.
    """
    asked = tuple(grid.questions)
    tenths = _tenths(asked, answers)
    failing = [one for one in asked if one.automatic_fail and _worth(one, answers) == (0, 1)]
    left_out = sum(answers.get(one.id, Answer()).value == NOT_APPLICABLE for one in asked)
    passed = tenths is not None and tenths >= grid.pass_mark * 10 and not failing
    reasons = [Told(f"Failed whatever the rest by: {one.text}") for one in failing]
    if tenths is None:
        reasons.append(Told("No question counts: there is no score."))
    elif tenths < grid.pass_mark * 10:
        reasons.append(Told(f"Below the mark of {grid.pass_mark} %."))
    else:
        reasons.append(Told(f"At or above the mark of {grid.pass_mark} %."))
    if left_out:
        reasons.append(Told(f"Questions that do not apply and leave the sum: {left_out}."))
    sections = tuple(SectionScore(one.id, _tenths(one.questions, answers)) for one in grid.sections)
    return Score(tenths, passed, tuple(one.id for one in failing), sections, tuple(reasons))


def _tenths(questions: Iterable[Question], answers: Answers) -> int | None:
    counted = [(one.weight, worth) for one in questions if one.weight and (worth := _worth(one, answers)) is not None]
    if not counted:
        return None
    common = math.lcm(*(whole for _, (_, whole) in counted))
    earned = sum(weight * part * (common // whole) for weight, (part, whole) in counted)
    out_of = sum(weight for weight, _ in counted) * common
    return (2000 * earned + out_of) // (2 * out_of)


def _worth(question: Question, answers: Answers) -> tuple[int, int] | None:
    """What an answer is worth of its weight, as a fraction, nothing being (0, 1); None: it does not count."""
    value = answers.get(question.id, Answer()).value
    if value not in question.values or value == NOT_APPLICABLE:
        return None
    if question.kind is QuestionKind.YES_NO:
        return (1, 1) if value == question.good else (0, 1)
    if question.kind is QuestionKind.SCALE:
        return (int(value) - 1, question.levels - 1) if value != "1" else (0, 1)
    points = next(choice.points for choice in question.choices if choice.id == value)
    return (points, 100) if points else (0, 1)
