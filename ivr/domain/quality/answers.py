"""Answers to a grid: read from a form, kept as JSON, read again. What a grid does not ask is nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.domain.quality.grid import Grid, Question, QuestionKind
from ivr.domain.quality.note import Note, clean_note
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.domain.text.told import Told

#: In characters.
LONGEST_NOTE: Final = 500
LONGEST_TEXT: Final = 1000
#: Names of a question's three fields in a form.
VALUE, NOTE, PLACE = "a.", "n.", "t."
_PLACE = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,3}):([0-9]{2})")


@dataclass(frozen=True)
class Answer:
    """`value` is one of the question's, or free text; empty: not answered. `at_ms`: where in the call (None: all)."""

    value: str = ""
    note: str = ""
    at_ms: int | None = None


Answers = Mapping[str, Answer]


@dataclass(frozen=True)
class Remark:
    """What a reviewer should know of what was typed to one question."""

    question_id: str
    text: Told


@dataclass(frozen=True)
class Typed:
    """The answers of a form as they may be kept, and what of it could not be."""

    answers: Answers
    remarks: tuple[Remark, ...]


def typed_answers(grid: Grid, form: Mapping[str, str], *, redactor: Redactor = REDACTOR) -> Typed:
    """Read the fields of a form: `a.<question>`, `n.<question>` a note, `t.<question>` a place as `2:05` or `1:02:05`.

    Never fails: what is no answer to its question counts as none, and is remarked upon.
    """
    answers: dict[str, Answer] = {}
    remarks: list[Remark] = []
    for question in grid.questions:
        given = form.get(VALUE + question.id, "")
        free = question.kind is QuestionKind.TEXT
        value = clean_note(given, longest=LONGEST_TEXT, redactor=redactor) if free else Note(given.strip())
        note = clean_note(form.get(NOTE + question.id, ""), longest=LONGEST_NOTE, redactor=redactor)
        place = form.get(PLACE + question.id, "").strip()
        at_ms = place_ms(place)
        if not free and value.text and value.text not in question.values:
            remarks.append(Remark(question.id, Told("That is none of the answers to this question.")))
            value = Note("")
        if place and at_ms is None:
            remarks.append(Remark(question.id, Told("A place in the call is written 2:05 or 1:02:05.")))
        remarks += [Remark(question.id, text) for text in dict.fromkeys((*_taken_out(value), *_taken_out(note)))]
        answer = Answer(value.text, note.text, at_ms)
        if answer != Answer():
            answers[question.id] = answer
    return Typed(answers, tuple(remarks))


def _taken_out(note: Note) -> list[Told]:
    out = []
    if note.numbers:
        out.append(Told("A number that may not be kept was taken out."))
    if note.quotes:
        out.append(Told("Words of the call were taken out: an analysis does not quote (REC-018)."))
    if note.longer:
        out.append(Told(f"What is beyond {LONGEST_NOTE} characters (free text: {LONGEST_TEXT}) was not kept."))
    return out


def place_ms(text: str) -> int | None:
    """Return the milliseconds of `2:05` or `1:02:05`; None for what is no place."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return None if seconds > 59 or (found[1] and minutes > 59) else ((hours * 60 + minutes) * 60 + seconds) * 1000


def missing(grid: Grid, answers: Answers) -> tuple[Question, ...]:
    """Questions that must be answered before an analysis is scored, and are not."""
    return tuple(one for one in grid.questions if one.must_be_answered and not answers.get(one.id, Answer()).value)


def answers_text(answers: Answers) -> str:
    """Return the one spelling in which answers are kept: JSON, keys sorted."""
    body = {name: [one.value, one.note, one.at_ms] for name, one in answers.items()}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def answers_digest(answers: Answers) -> str:
    """SHA-256 (hex) of the kept spelling: what the evidence says of them."""
    return hashlib.sha256(answers_text(answers).encode()).hexdigest()


def answers_of(text: str) -> Answers:
    """Read what `answers_text` wrote."""
    return {name: Answer(value, note, at_ms) for name, (value, note, at_ms) in json.loads(text).items()}
