"""A queue: which agents serve it, how many may wait, and what happens to whoever waits too long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

#: One level of priority is worth so much waiting: whoever came that much later stands beside whoever has it not.
#: Waiting makes up for any priority, so that nobody waits for ever.
PRIORITY_WORTH: Final = timedelta(minutes=2)


class OverflowAction(Enum):
    """WIDEN: other skills do. MOVE: the call waits in another queue from then on. END: the caller is told, politely."""

    WIDEN = "widen"
    MOVE = "move"
    END = "end"


@dataclass(frozen=True)
class Overflow:
    """What happens once a call has waited `after_s` seconds in a queue; the last step that is due counts."""

    after_s: float
    action: OverflowAction
    skills: frozenset[str] = frozenset()
    queue: str = ""


@dataclass(frozen=True)
class Queue:
    """Whoever has all `skills` serves it. `longest` is how many may wait. Times are in seconds.

    `first_announcement_s` and `announce_every_s` (0: nothing is announced) say when callers hear where they stand;
    `unreachable_s` for how long an agent who did not answer is left alone. `overflow` stands in the order of time.
    """

    name: str
    skills: frozenset[str] = frozenset()
    priority: int = 0
    longest: int = 50
    unreachable_s: float = 60.0
    first_announcement_s: float = 15.0
    announce_every_s: float = 60.0
    overflow: tuple[Overflow, ...] = ()


@dataclass(frozen=True)
class AgentProfile:
    """An agent as configured: what they know, and under which SIP URIs they are called, one after the other."""

    id: str
    skills: frozenset[str]
    uris: tuple[str, ...]


@dataclass(frozen=True)
class Need:
    """What a call that waits needs now: a queue's agents, with these skills; `over`: it has waited too long."""

    queue: str
    skills: frozenset[str]
    over: bool = False


def need_at(queue: str, joined_at: datetime, queues: Mapping[str, Queue], now: datetime) -> Need:
    """Return what a call needs that came to `queue` at `joined_at`, overflow steps taken in order.

    A queue that is configured nowhere any more ends the wait: nobody would ever answer.
    """
    waited_s, visited = (now - joined_at).total_seconds(), set[str]()
    while queue in queues and queue not in visited:
        visited.add(queue)
        skills, moved = queues[queue].skills, False
        for step in queues[queue].overflow:
            if step.after_s > waited_s:
                break
            if step.action is OverflowAction.END:
                return Need(queue, skills, over=True)
            if step.action is OverflowAction.MOVE:
                queue, waited_s, moved = step.queue, waited_s - step.after_s, True
                break
            skills = step.skills
        if not moved:
            return Need(queue, skills)
    return Need(queue, frozenset(), over=True)
