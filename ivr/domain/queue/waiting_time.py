"""Where a caller stands, and how long it may still take; what is measured, and nothing that is only hoped for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: How much the newest call weighs in the mean.
_WEIGHT: Final = 0.1
#: Before so many calls were measured, no time is told.
FEWEST_CALLS: Final = 3


@dataclass(frozen=True)
class Handling:
    """How long agents have had with calls of one queue: the mean of their seconds, newer ones weighing more."""

    queue: str
    mean_s: float = 0.0
    calls: int = 0

    def after(self, seconds: float) -> Handling:
        weight = max(_WEIGHT, 1 / (self.calls + 1))
        return Handling(self.queue, self.mean_s + weight * (seconds - self.mean_s), self.calls + 1)


def estimated_wait_s(position: int, handling: Handling, agents: int) -> float | None:
    """Return how long the caller at `position` (from 1) may still wait, in seconds.

    None where nothing can be said: too few calls were measured, or none of the agents who could take it works.
    """
    if agents < 1 or handling.calls < FEWEST_CALLS:
        return None
    return position * handling.mean_s / agents
