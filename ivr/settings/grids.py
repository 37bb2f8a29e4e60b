"""Reads an analysis grid from TOML. The same text is kept and given out again: a grid is what its author wrote."""

from __future__ import annotations

import tomllib
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from ivr.domain.quality.grid import (
    HEAVIEST,
    MOST_CHOICES,
    MOST_LEVELS,
    MOST_QUESTIONS,
    NOT_APPLICABLE,
    Choice,
    Grid,
    GridSection,
    Question,
    QuestionKind,
    twice,
)
from ivr.errors import ConfigurationError
from ivr.settings.source import Section, parse

#: In bytes.
LARGEST_GRID: Final = 100_000
_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
_Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]


class _ChoiceTable(Section):
    id: _Id
    text: _Line
    points: int = Field(ge=0, le=100)

    @model_validator(mode="after")
    def _no_reserved_id(self) -> _ChoiceTable:
        if self.id == NOT_APPLICABLE:
            raise ValueError("'na' means that the question does not apply; write not_applicable = true instead")
        return self


class _QuestionTable(Section):
    id: _Id
    text: _Line
    kind: QuestionKind
    weight: int = Field(default=0, ge=0, le=HEAVIEST)
    help: Annotated[str, StringConstraints(max_length=600, strip_whitespace=True)] = ""
    good: Literal["yes", "no"] = "yes"
    levels: int = Field(default=5, ge=2, le=MOST_LEVELS)
    choices: tuple[_ChoiceTable, ...] = Field(default=(), max_length=MOST_CHOICES)
    not_applicable: bool = False
    automatic_fail: bool = False

    @model_validator(mode="after")
    def _of_its_kind(self) -> _QuestionTable:
        if (self.kind is QuestionKind.CHOICE) != bool(self.choices):
            raise ValueError("choices belong to kind 'choice', and each such question has some")
        if self.kind is QuestionKind.TEXT and (self.weight or self.not_applicable or self.automatic_fail):
            raise ValueError("free text counts for nothing: no weight, not_applicable or automatic_fail")
        if self.automatic_fail and not self.weight:
            raise ValueError("a question that fails everything counts: give it a weight")
        return self


class _SectionTable(Section):
    id: _Id
    title: _Line
    questions: tuple[_QuestionTable, ...] = Field(min_length=1, max_length=MOST_QUESTIONS)


class _GridFile(Section):
    id: _Id
    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
    title: _Line
    pass_mark: int = Field(ge=0, le=100)
    programs: tuple[str, ...] = Field(default=(), max_length=50)
    sections: tuple[_SectionTable, ...] = Field(min_length=1, max_length=MOST_QUESTIONS)


def read_grid(text: str, *, file: str) -> Grid:
    """Return the grid of a TOML text; `file` names it in errors.

    Raises ConfigurationError naming key and fix for what is no grid, for an id that stands twice, for one question too
    many, and when nothing has a weight.
    """
    if len(text.encode()) > LARGEST_GRID:
        raise ConfigurationError("the grid is too large", file=file, remedy=f"at most {LARGEST_GRID // 1000} kB")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"not valid TOML: {error}", file=file, remedy="correct the line named") from None
    except RecursionError:
        raise ConfigurationError("its tables lie too deep in one another", file=file, remedy="write a grid") from None
    parsed = parse(_GridFile, content, file=file)
    sections = tuple(map(_section, parsed.sections))
    grid = Grid(parsed.id, parsed.version, parsed.title, sections, parsed.pass_mark, parsed.programs)
    _check(grid, file)
    return grid


def _section(table: _SectionTable) -> GridSection:
    return GridSection(table.id, table.title, tuple(map(_question, table.questions)))


def _question(table: _QuestionTable) -> Question:
    values = table.model_dump()
    values["choices"] = tuple(Choice(**choice) for choice in values["choices"])
    return Question(**values)


def _check(grid: Grid, file: str) -> None:
    questions = tuple(grid.questions)
    if len(questions) > MOST_QUESTIONS:
        raise ConfigurationError(
            f"{len(questions)} questions are too many",
            file=file,
            key="sections",
            remedy=f"at most {MOST_QUESTIONS}: a reviewer has to answer each",
        )
    doubled = [
        ("sections", twice([one.id for one in grid.sections])),
        ("questions", twice([one.id for one in questions])),
        *(("choices", twice([choice.id for choice in one.choices])) for one in questions),
    ]
    for key, name in doubled:
        if name:
            raise ConfigurationError(
                f"the id '{name}' stands twice", file=file, key=key, value=name, remedy="rename one of them"
            )
    if not any(one.weight for one in questions):
        raise ConfigurationError(
            "nothing has a weight, so there would never be a score",
            file=file,
            key="sections",
            remedy="give at least one question a weight",
        )
