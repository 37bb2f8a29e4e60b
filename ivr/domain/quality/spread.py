"""How far several reviewers of one call lie apart: what a calibration session talks about. It counts for no agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.domain.quality.answers import Answer, Answers
from ivr.domain.quality.grid import Grid, Question, QuestionKind
from ivr.domain.quality.score import score


@dataclass(frozen=True)
class QuestionSpread:
    """What each reviewer answered to one question. `agreeing` of them gave the commonest answer.

    `steps` is how many levels of a scale lie between the lowest and the highest (0 for other kinds).
    """

    question: Question
    values: Mapping[str, str]
    agreeing: int
    steps: int

    @property
    def agreed(self) -> bool:
        return self.agreeing == len(self.values)


@dataclass(frozen=True)
class Spread:
    """`tenths` is each reviewer's score; `lowest`, `highest` of those who have one. Questions stand widest first."""

    tenths: Mapping[str, int | None]
    lowest: int | None
    highest: int | None
    questions: tuple[QuestionSpread, ...]

    @property
    def apart(self) -> int | None:
        """Tenths of a percent between the lowest and the highest score."""
        return None if self.lowest is None or self.highest is None else self.highest - self.lowest


def spread(grid: Grid, by_reviewer: Mapping[str, Answers]) -> Spread:
    """Return how the reviewers' answers differ; free text is compared by people."""
    tenths = {name: score(grid, answers).tenths for name, answers in sorted(by_reviewer.items())}
    known = [one for one in tenths.values() if one is not None]
    questions = [_question(one, by_reviewer) for one in grid.questions if one.kind is not QuestionKind.TEXT]
    widest = sorted(questions, key=lambda one: (one.agreeing, -one.steps))
    return Spread(tenths, min(known, default=None), max(known, default=None), tuple(widest))


def _question(question: Question, by_reviewer: Mapping[str, Answers]) -> QuestionSpread:
    values = {name: answers.get(question.id, Answer()).value for name, answers in sorted(by_reviewer.items())}
    commonest = Counter(values.values()).most_common(1)
    levels = [int(one) for one in values.values() if one.isdigit()] if question.kind is QuestionKind.SCALE else []
    steps = max(levels) - min(levels) if levels else 0
    return QuestionSpread(question, values, commonest[0][1] if commonest else 0, steps)
