"""What a score of the ear is good for."""

from __future__ import annotations

import pytest

from ivr.domain.hearing.verdict import Band, Ground, Label, Thresholds, Verdict


@pytest.mark.parametrize(
    ("score", "band"),
    [(0.0, Band.CLEAR), (0.39, Band.CLEAR), (0.4, Band.DOUBT), (0.79, Band.DOUBT), (0.8, Band.ACT), (1.0, Band.ACT)],
)
def test_a_score_that_reaches_a_threshold_counts(score: float, band: Band) -> None:
    assert Thresholds(act=0.8, doubt=0.4).band(score) is band


def test_an_objection_is_acted_on_from_eight_tenths_and_asked_about_from_four() -> None:
    assert [Thresholds().band(score) for score in (0.399, 0.4, 0.799, 0.8)] == [
        Band.CLEAR, Band.DOUBT, Band.DOUBT, Band.ACT,
    ]  # fmt: skip


def test_an_opposition_acts_on_a_ground_and_never_on_a_score_alone() -> None:
    with pytest.raises(ValueError, match="names no ground"):
        Verdict(Label.OBJECTION_RECORDING, Band.ACT, 0.99)
    Verdict(Label.OBJECTION_RECORDING, Band.DOUBT, 0.99)
    Verdict(Label.OBJECTION_RECORDING, Band.ACT, 0.8, ground=Ground.EXPLICIT)


def test_an_act_that_is_not_certain_becomes_a_doubt_where_doubts_are_asked_about() -> None:
    assert Thresholds(act=0.8, doubt=0.4).lowered is Band.DOUBT
    assert Thresholds(act=0.8, doubt=0.8).lowered is Band.CLEAR
