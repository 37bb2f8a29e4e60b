"""Where reviewers of one call differ stands first."""

from __future__ import annotations

from ivr.domain.quality.answers import Answer
from ivr.domain.quality.spread import spread
from tests.unit.domain.quality.grids import BEST, GRID


def test_who_agrees_is_zero_apart() -> None:
    found = spread(GRID, {"anne": BEST, "paul": BEST})
    assert (found.apart, found.lowest, found.highest) == (0, 1000, 1000)
    assert all(one.agreed for one in found.questions)
    assert "dit" not in {one.question.id for one in found.questions}


def test_the_widest_question_stands_first_with_what_each_answered() -> None:
    found = spread(GRID, {
        "anne": BEST,
        "paul": {**BEST, "ton": Answer("2")},
        "rita": {**BEST, "ton": Answer("4"), "coupe": Answer("yes")},
    })  # fmt: skip
    assert found.tenths == {"anne": 1000, "paul": 850, "rita": 850}
    assert found.apart == 150
    first, second = found.questions[:2]
    assert (first.question.id, dict(first.values), first.agreeing, first.steps) == (
        "ton", {"anne": "5", "paul": "2", "rita": "4"}, 1, 3,
    )  # fmt: skip
    assert (second.question.id, second.agreeing, second.agreed) == ("coupe", 2, False)


def test_who_answered_nothing_has_no_score_and_is_shown_so() -> None:
    found = spread(GRID, {"anne": BEST, "paul": {}})
    assert found.tenths == {"anne": 1000, "paul": None}
    assert found.questions[0].values["paul"] == ""
    assert spread(GRID, {}).apart is None
