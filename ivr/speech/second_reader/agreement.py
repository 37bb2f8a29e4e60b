"""How two readers agree. Pure: the first one proposes a band, the second may lower it by one step, never raise it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ivr.domain.hearing.verdict import Band, Ground, Label

# How much the second reader's log odds count beside the first one's where nothing but scores speaks.
_SECOND = 0.7
_CERTAIN = 1e-4


@dataclass(frozen=True)
class Bounds:
    """From where on the second reader agrees. `act`, `act_contact`, `ask`: its probability (0..1) of an opposition.

    Below `act` (an objection) or `act_contact` (a refusal of contact) an act becomes a doubt, below `ask` a doubt
    about recording that has a ground becomes nothing. A doubt without a ground rests on scores alone: it becomes
    nothing where both together (`weight`, log odds) are below `bare` or `bare_contact`. They are calibrated with the
    reader's weights, and stand in its file.
    """

    act: float
    act_contact: float
    ask: float
    bare: float
    bare_contact: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.ask <= min(self.act, self.act_contact) or max(self.act, self.act_contact) > 1.0:
            raise ValueError("bounds are ordered: 0 <= ask <= act, act_contact <= 1")
        if not math.isfinite(self.bare + self.bare_contact):
            raise ValueError("bounds are numbers")


def weight(score: float, opposes: float) -> float:
    """Return the log odds of both readers' probabilities together, natural logarithm."""
    return _log_odds(score) + _SECOND * _log_odds(opposes)


def agreed(label: Label, proposed: Band, ground: Ground | None, score: float, opposes: float, bounds: Bounds) -> Band:
    """Return the band that both readers agree upon; `score` is the first one's, `opposes` the second one's.

    A doubt about contact that has a ground stays: one refusal in a hundred was lost when the second reader had a say.
    """
    contact = label is Label.REFUSAL_CONTACT
    if proposed is Band.ACT:
        return Band.DOUBT if opposes < (bounds.act_contact if contact else bounds.act) else Band.ACT
    if proposed is Band.CLEAR:
        return Band.CLEAR
    if ground is None:
        stands = weight(score, opposes) >= (bounds.bare_contact if contact else bounds.bare)
    else:
        stands = contact or opposes >= bounds.ask
    return Band.DOUBT if stands else Band.CLEAR


def _log_odds(probability: float) -> float:
    held = min(max(probability, _CERTAIN), 1 - _CERTAIN)
    return math.log(held / (1 - held))
