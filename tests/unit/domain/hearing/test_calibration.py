"""What another threshold would have asked, and whom it would have missed."""

from __future__ import annotations

from ivr.domain.hearing.calibration import AskedDoubt, Outcome, ThresholdRow, threshold_rows


def _doubt(score: float, outcome: Outcome, program: str = "hotline", label: str = "objection_recording") -> AskedDoubt:
    return AskedDoubt(program, label, score, outcome)


def test_below_a_threshold_nobody_is_asked_and_what_would_be_missed_is_counted() -> None:
    doubts = [
        _doubt(0.30, Outcome.DISPELLED),
        _doubt(0.35, Outcome.UNANSWERED),
        _doubt(0.45, Outcome.CONFIRMED),
        _doubt(0.60, Outcome.DISPELLED),
    ]
    rows = threshold_rows(doubts, (0.5, 0.4, 0.3))
    assert rows == [
        ThresholdRow("hotline", "objection_recording", 0.3, 4, 0, 0, 0),
        ThresholdRow("hotline", "objection_recording", 0.4, 2, 1, 0, 1),
        ThresholdRow("hotline", "objection_recording", 0.5, 1, 1, 1, 1),
    ]


def test_programmes_and_labels_are_told_apart() -> None:
    doubts = [
        _doubt(0.5, Outcome.DISPELLED),
        _doubt(0.5, Outcome.CONFIRMED, program="sales"),
        _doubt(0.5, Outcome.CONFIRMED, program="sales", label="refusal_contact"),
    ]
    rows = threshold_rows(doubts, (0.6,))
    assert [(row.program, row.label, row.spared, row.missed) for row in rows] == [
        ("hotline", "objection_recording", 1, 0),
        ("sales", "objection_recording", 0, 1),
        ("sales", "refusal_contact", 0, 1),
    ]


def test_without_questions_there_is_nothing_to_tell() -> None:
    assert threshold_rows([], (0.4,)) == []
