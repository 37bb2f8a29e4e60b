"""Answers are read from a form that may hold anything, and kept in one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.quality.answers import (
    LONGEST_NOTE,
    LONGEST_TEXT,
    Answer,
    answers_digest,
    answers_of,
    answers_text,
    missing,
    place_ms,
    typed_answers,
)
from tests.unit.domain.quality.grids import BEST, GRID


def test_value_note_and_place_of_each_question_are_read() -> None:
    typed = typed_answers(
        GRID, {"a.salut": "yes", "n.salut": " vite ", "t.salut": "1:02:05", "a.dit": "à revoir", "t.ton": "2:05"}
    )
    assert typed.answers == {
        "salut": Answer("yes", "vite", 3_725_000),
        "ton": Answer("", "", 125_000),
        "dit": Answer("à revoir"),
    }
    assert typed.remarks == ()


def test_what_is_no_answer_counts_as_none_and_is_remarked_upon() -> None:
    typed = typed_answers(
        GRID, {"a.salut": "<script>", "a.ton": "6", "a.coupe": "na", "t.coupe": "-1", "a.elsewhere": "yes"}
    )
    assert typed.answers == {}
    assert [(one.question_id, "none of the answers" in one.text) for one in typed.remarks] == [
        ("salut", True), ("ton", True), ("coupe", True), ("coupe", False),
    ]  # fmt: skip


def test_what_may_not_be_kept_is_taken_out_and_told() -> None:
    typed = typed_answers(GRID, {"n.ton": "carte 4970 1012 3456 7893, « il a dit cela »", "a.dit": "x" * 5000})
    assert "4970" not in typed.answers["ton"].note
    assert len(typed.answers["dit"].value) == LONGEST_TEXT
    assert {one.question_id for one in typed.remarks} == {"ton", "dit"}
    assert len(typed.remarks) == 3


@pytest.mark.parametrize("text", ["", "12", "1:5", "1:60", "1:60:00", "a:00", "1:2:3:4", "99999:00", "²:00"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert place_ms(text) is None


def test_a_place_is_minutes_and_seconds() -> None:
    assert [place_ms(text) for text in ("0:00", "90:01", "1:00:00")] == [0, 5_401_000, 3_600_000]


def test_what_must_be_answered_and_is_not_is_named_and_free_text_need_not() -> None:
    found = missing(GRID, {"salut": Answer("na"), "ton": Answer("", "note")})
    assert [one.id for one in found] == ["ton", "coupe", "juste"]
    assert missing(GRID, BEST) == ()


FIELDS = [f"{part}.{one.id}" for part in "ant" for one in GRID.questions]


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=700)))
def test_any_form_is_read_and_what_is_kept_is_read_again_as_it_was(form: dict[str, str]) -> None:
    typed = typed_answers(GRID, form)
    assert answers_of(answers_text(typed.answers)) == typed.answers
    assert all(len(one.note) <= LONGEST_NOTE + 10 for one in typed.answers.values())
    assert answers_digest(typed.answers) == answers_digest(answers_of(answers_text(typed.answers)))
