"""A place in a queue: one call that waits, is being given to an agent, or talks with one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from ivr.domain.queue.queue import PRIORITY_WORTH
from ivr.domain.state_machine import Machine

#: For so long a line holds what it has said of a call; what it does not say again by then is a ghost.
LEASE: Final = timedelta(seconds=30)


class PlaceState(Enum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    CONNECTED = "connected"
    OVER = "over"


class PlaceEvent(Enum):
    """CLAIM: an agent is called for it. RETURN: that agent did not answer, or cannot be called; the place is kept."""

    CLAIM = "claim"
    RETURN = "return"
    ANSWER = "answer"
    LEAVE = "leave"


_S, _E = PlaceState, PlaceEvent

PLACE = Machine(
    name="place",
    initial=frozenset({_S.WAITING}),
    final=frozenset({_S.OVER}),
    table={
        (_S.WAITING, _E.CLAIM): _S.CLAIMED,
        (_S.WAITING, _E.LEAVE): _S.OVER,
        (_S.CLAIMED, _E.RETURN): _S.WAITING,
        (_S.CLAIMED, _E.ANSWER): _S.CONNECTED,
        (_S.CLAIMED, _E.LEAVE): _S.OVER,
        (_S.CONNECTED, _E.LEAVE): _S.OVER,
    },
)


@dataclass(frozen=True)
class Place:
    """`id` is that of the call; `owner` the line that has it, which renews it before `lease_until`.

    `wrap_up_s` is what its programme gives the agent afterwards. `joined_at` never changes: a place is kept.
    """

    id: str
    queue: str
    joined_at: datetime
    owner: str
    lease_until: datetime
    priority: int = 0
    wrap_up_s: float = 0.0
    state: PlaceState = PlaceState.WAITING
    agent_id: str = ""

    @property
    def rank(self) -> tuple[datetime, datetime, str]:
        """The lower, the sooner: by the time of coming, and what a priority is worth of it."""
        return self.joined_at - self.priority * PRIORITY_WORTH, self.joined_at, self.id

    def claim(self, agent_id: str) -> Place:
        return self._after(_E.CLAIM, agent_id=agent_id)

    def back(self) -> Place:
        return self._after(_E.RETURN, agent_id="")

    def answer(self) -> Place:
        return self._after(_E.ANSWER)

    def leave(self) -> Place:
        return self._after(_E.LEAVE)

    def leased(self, now: datetime) -> Place:
        return replace(self, lease_until=now + LEASE)

    def _after(self, event: PlaceEvent, **changes: object) -> Place:
        return replace(self, state=PLACE.after(self.state, event, where=f"place {self.id}"), **changes)  # type: ignore[arg-type]
