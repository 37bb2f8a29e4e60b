"""How two readers agree. Pure: the first one proposes a band, the second may lower it by one step, never raise it."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.domain.hearing.verdict import Band, Label


@dataclass(frozen=True)
class Bounds:
    """Probabilities (0..1) that somebody opposes, by the second reader.

    Below `act` (an objection) or `act_contact` (a refusal of contact) it does not agree to an act, which becomes a
    doubt; below `ask` it does not agree to a doubt about recording, which becomes nothing. They are calibrated with
    the reader's weights, and stand in its file.
    """

    act: float
    act_contact: float
    ask: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.ask <= min(self.act, self.act_contact) or max(self.act, self.act_contact) > 1.0:
            raise ValueError("bounds are ordered: 0 <= ask <= act, act_contact <= 1")


def agreed(label: Label, proposed: Band, opposes: float, bounds: Bounds) -> Band:
    """Return the band that both readers agree upon; `opposes` is the second one's probability.

    A doubt about contact stays: people refuse it in more ways than either reader was taught, and one refusal in a
    hundred was lost when the second reader had a say.
    """
    act = bounds.act_contact if label is Label.REFUSAL_CONTACT else bounds.act
    if proposed is Band.ACT and opposes < act:
        return Band.DOUBT
    if proposed is Band.DOUBT and label is not Label.REFUSAL_CONTACT and opposes < bounds.ask:
        return Band.CLEAR
    return proposed
