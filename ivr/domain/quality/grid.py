"""An analysis grid: the questions a reviewer answers about one call, in sections, each version for itself.

A grid is never changed: whoever changes one raises its version, and a score names the version that it was given by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

#: Bounds of a grid: what a form, a page and a person can bear.
MOST_QUESTIONS: Final = 60
MOST_CHOICES: Final = 20
MOST_LEVELS: Final = 10
HEAVIEST: Final = 100
#: The answer that takes a question out of the sum.
NOT_APPLICABLE: Final = "na"
YES: Final = "yes"
NO: Final = "no"


class QuestionKind(Enum):
    YES_NO = "yes_no"
    SCALE = "scale"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True)
class Choice:
    """One answer of a closed list. `points` are hundredths of the question's weight, 0 to 100."""

    id: str
    text: str
    points: int


@dataclass(frozen=True)
class Question:
    """One question. `weight` 0: it counts for nothing; free text always does.

    A yes or no is worth everything when it is `good`; a scale goes from 1 (nothing) to `levels` (everything). With
    `automatic_fail` an answer that is worth nothing fails the analysis, whatever the rest.
    """

    id: str
    text: str
    kind: QuestionKind
    weight: int = 0
    help: str = ""
    good: str = YES
    levels: int = 5
    choices: tuple[Choice, ...] = ()
    not_applicable: bool = False
    automatic_fail: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """Every answer there is, in the order in which it is shown; none for free text."""
        known: tuple[str, ...] = {
            QuestionKind.YES_NO: (YES, NO),
            QuestionKind.SCALE: tuple(str(level) for level in range(1, self.levels + 1)),
            QuestionKind.CHOICE: tuple(choice.id for choice in self.choices),
            QuestionKind.TEXT: (),
        }[self.kind]
        return (*known, NOT_APPLICABLE) if known and self.not_applicable else known

    @property
    def must_be_answered(self) -> bool:
        return self.kind is not QuestionKind.TEXT


@dataclass(frozen=True)
class GridSection:
    id: str
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Grid:
    """One version of a grid. `programs` are those whose calls it is for (none: any).

    `pass_mark` is in percent: below it a call is one to talk about.
    """

    id: str
    version: str
    title: str
    sections: tuple[GridSection, ...]
    pass_mark: int
    programs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Id and version, as a score names them."""
        return f"{self.id} {self.version}"

    @property
    def questions(self) -> Iterator[Question]:
        return (question for section in self.sections for question in section.questions)

    def fits(self, program: str) -> bool:
        return not self.programs or program in self.programs


def twice(ids: Sequence[str]) -> str:
    """Return the first id that stands twice; empty when none does."""
    return next((one for at, one in enumerate(ids) if one in ids[:at]), "")
