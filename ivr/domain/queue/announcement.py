"""What a caller who waits is told of their place, and when. It is no part of the decision who is served."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from ivr.domain.queue.queue import Queue

#: Each number up to here has a sentence of its own; beyond there is one for all.
MOST_TOLD: Final = 10
#: The waits in minutes that have a sentence; what is longer than the last has its own.
MINUTES_TOLD: Final = (1, 2, 5, 10, 15, 20, 30)
_PLACE, _WAIT = "queue-place-", "queue-wait-"
_MORE: Final = "more"
#: What callers hear where nobody can take their call any more.
ENDED: Final = "queue-ended"
FULL: Final = "queue-full"


@dataclass(frozen=True)
class Standing:
    """Where a call stands in its queue: `position` from 1, `wait_s` None where nothing can be said of it.

    `over`: it has waited as long as it may.
    """

    position: int
    wait_s: float | None = None
    over: bool = False


def announcement_due(queue: Queue, waited_s: float, last_s: float | None) -> bool:
    """Whether a caller who has waited so long, and was told so at `last_s` of it, is told again."""
    if not queue.announce_every_s:
        return False
    if last_s is None:
        return waited_s >= queue.first_announcement_s
    return waited_s - last_s >= queue.announce_every_s


def announced(standing: Standing) -> tuple[str, ...]:
    """Return the ids of the prompts that say it, in order; a wait is rounded up to the next that has a sentence."""
    place = str(standing.position) if standing.position <= MOST_TOLD else _MORE
    if standing.wait_s is None:
        return (_PLACE + place,)
    minutes = math.ceil(standing.wait_s / 60)
    told = next((one for one in MINUTES_TOLD if minutes <= one), None)
    return _PLACE + place, _WAIT + (_MORE if told is None else str(told))


def prompts_of_queues() -> tuple[str, ...]:
    """Return the id of every prompt that a queue may say."""
    places = [_PLACE + str(one) for one in range(1, MOST_TOLD + 1)] + [_PLACE + _MORE]
    waits = [_WAIT + str(one) for one in MINUTES_TOLD] + [_WAIT + _MORE]
    return *places, *waits, FULL, ENDED
