"""Whether the sound bears a ground out: words that were hardly heard, or stand in few hypotheses, carry nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ivr.domain.hearing.verdict import Ground
from ivr.speech.intent.grounds import FoundGround
from ivr.speech.intent.words import Word
from ivr.speech.understanding import Hypothesis

#: Hypotheses of so much weight together must bear a ground out.
_WEIGHT = 0.34
#: The least geometric mean of the probabilities of a word's tokens.
_HEARD = 0.1


@dataclass(frozen=True)
class Borne:
    """What one hypothesis offers: its words, its weight among all, and the ground that was found in it."""

    hypothesis: Hypothesis
    spoken: Sequence[Word]
    weight: float
    found: FoundGround | None


def borne_out(offers: Sequence[Borne]) -> Ground | None:
    """Return the ground that the hypotheses bear out together, None when they do not."""
    offered = [(offer, offer.found) for offer in offers if offer.found is not None]
    heard = [(offer, found) for offer, found in offered if _supported(offer, found)]
    measured = [offer for offer, _ in offered if offer.hypothesis.heard]
    if measured and not any(offer.hypothesis.heard for offer, _ in heard):
        # What was hardly heard in the best hypothesis is not heard better in those behind it.
        return None
    weights: dict[Ground, float] = {}
    for offer, found in heard:
        weights[found.ground] = weights.get(found.ground, 0.0) + offer.weight
    if not weights or sum(weights.values()) < _WEIGHT * sum(offer.weight for offer in offers):
        return None
    return max(weights, key=lambda ground: weights[ground])


def _supported(offer: Borne, found: FoundGround) -> bool:
    return all(_probability(offer, *words) >= _HEARD for words in found.words)


def _probability(offer: Borne, first: int, last: int) -> float:
    """Return how well words [first, last) were heard; what nobody measured is taken for heard."""
    start, end = offer.spoken[first].start, offer.spoken[last - 1].end
    tokens = [probability for at, until, probability in offer.hypothesis.heard if at < end and start < until]
    return float(np.exp(np.mean(np.log(np.maximum(tokens, 1e-9))))) if tokens else 1.0
