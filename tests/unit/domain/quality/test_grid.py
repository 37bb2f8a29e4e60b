"""What a question may be answered, and which calls a grid is for."""

from __future__ import annotations

from dataclasses import replace

from ivr.domain.quality.grid import twice
from tests.unit.domain.quality.grids import GRID

QUESTIONS = {question.id: question for question in GRID.questions}


def test_each_kind_has_its_answers_and_not_applicable_only_where_it_is_allowed() -> None:
    assert {name: one.values for name, one in QUESTIONS.items()} == {
        "salut": ("yes", "no", "na"),
        "ton": ("1", "2", "3", "4", "5"),
        "coupe": ("yes", "no"),
        "juste": ("oui", "peu", "non"),
        "dit": (),
    }
    assert replace(QUESTIONS["dit"], not_applicable=True).values == ()
    assert [one.id for one in QUESTIONS.values() if not one.must_be_answered] == ["dit"]


def test_a_grid_fits_the_programs_it_names_and_any_when_it_names_none() -> None:
    assert (GRID.fits("hotline-quality"), GRID.fits("prospecting")) == (True, False)
    assert replace(GRID, programs=()).fits("prospecting")
    assert GRID.name == "hotline 1"


def test_an_id_that_stands_twice_is_named() -> None:
    assert (twice(["a", "b", "a", "b"]), twice(["a", "b"]), twice([])) == ("a", "", "")
