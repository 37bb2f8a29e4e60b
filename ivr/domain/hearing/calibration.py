"""How questions about doubts ended in a house's own calls, and what another threshold would have asked.

Of no call more is needed than its evidence: which label was doubted with which score, and what came of the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """DISPELLED: the caller does not object. CONFIRMED: they do. UNANSWERED: nobody said; it counts as an objection."""

    DISPELLED = "dispelled"
    CONFIRMED = "confirmed"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class AskedDoubt:
    """One question. `score` (0..1) is the ear's, `label` the value of an ivr.domain.hearing.verdict.Label."""

    program: str
    label: str
    score: float
    outcome: Outcome


@dataclass(frozen=True)
class ThresholdRow:
    """What a `doubt` threshold would have made of the questions that were asked.

    `asked` lie at or above it; of those below, `spared` were dispelled, `missed` confirmed, `open` never answered. A
    missed one is unlawful: the threshold may rise only as long as it is 0, and `open` ones may be such.
    """

    program: str
    label: str
    threshold: float
    asked: int
    spared: int
    missed: int
    open: int


def threshold_rows(doubts: Iterable[AskedDoubt], thresholds: Sequence[float]) -> list[ThresholdRow]:
    """Return a row for each program, label and threshold (0..1), in this order."""
    groups: dict[tuple[str, str], list[AskedDoubt]] = {}
    for doubt in doubts:
        groups.setdefault((doubt.program, doubt.label), []).append(doubt)
    return [
        _row(program, label, threshold, groups[program, label])
        for program, label in sorted(groups)
        for threshold in sorted(thresholds)
    ]


def _row(program: str, label: str, threshold: float, doubts: Sequence[AskedDoubt]) -> ThresholdRow:
    below = [doubt.outcome for doubt in doubts if doubt.score < threshold]
    return ThresholdRow(
        program,
        label,
        threshold,
        len(doubts) - len(below),
        below.count(Outcome.DISPELLED),
        below.count(Outcome.CONFIRMED),
        below.count(Outcome.UNANSWERED),
    )
