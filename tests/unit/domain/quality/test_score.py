"""The score: weights, what does not apply, automatic fail, and the reasons."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.quality.answers import Answer
from ivr.domain.quality.score import score
from tests.unit.domain.quality.grids import BEST, GRID


def test_the_best_answers_are_worth_everything() -> None:
    found = score(GRID, BEST)
    assert (found.tenths, found.passed, found.failed_by) == (1000, True, ())
    assert found.reasons == ("At or above the mark of 70 %.",)


def test_each_kind_counts_its_weight_times_its_worth() -> None:
    # Of 100: a scale of 2 in 1..5 is a quarter of 20, a choice of 33 points is 19.8 of 60.
    assert score(GRID, {**BEST, "ton": Answer("2")}).tenths == 850
    assert score(GRID, {**BEST, "juste": Answer("peu")}).tenths == 598
    assert score(GRID, {**BEST, "salut": Answer("no")}).tenths == 900


def test_what_does_not_apply_leaves_the_sum() -> None:
    # 10 + 20 + 60 of 90 count: a wrong tone costs 20 of 90, not of 100.
    found = score(GRID, {**BEST, "salut": Answer("na"), "ton": Answer("1")})
    assert found.tenths == 778
    assert found.reasons[-1] == "Questions that do not apply and leave the sum: 1."
    assert found.sections[0].tenths == 0


def test_an_automatic_fail_fails_whatever_the_rest_and_says_by_what() -> None:
    found = score(GRID, {**BEST, "coupe": Answer("yes")})
    assert (found.tenths, found.passed, found.failed_by) == (900, False, ("coupe",))
    assert found.reasons[0] == "Failed whatever the rest by: Coupe la parole"


def test_below_the_mark_is_told_and_the_mark_itself_passes() -> None:
    low = score(GRID, {**BEST, "juste": Answer("peu")})
    assert (low.passed, low.reasons) == (False, ("Below the mark of 70 %.",))
    assert score(replace(GRID, pass_mark=90), {**BEST, "salut": Answer("no")}).passed


def test_nothing_that_counts_is_no_score_and_no_pass() -> None:
    found = score(GRID, {})
    assert (found.tenths, found.passed) == (None, False)
    assert found.reasons == ("No question counts: there is no score.",)


def test_an_answer_that_the_question_does_not_have_counts_as_none() -> None:
    assert score(GRID, {**BEST, "ton": Answer("99"), "dit": Answer("mots")}).tenths == 1000


ANY = st.fixed_dictionaries({
    question.id: st.sampled_from(("", *question.values)) for question in GRID.questions
})  # fmt: skip


@given(ANY)
def test_a_score_is_bounded_and_not_applicable_is_as_if_not_asked(values: dict[str, str]) -> None:
    answers = {name: Answer(value) for name, value in values.items()}
    found = score(GRID, answers)
    assert found.tenths is None or 0 <= found.tenths <= 1000
    without = score(GRID, {name: one for name, one in answers.items() if one.value != "na"})
    assert (found.tenths, found.passed, found.failed_by) == (without.tenths, without.passed, without.failed_by)
