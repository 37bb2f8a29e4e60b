"""An agent of the queues: the state they are in, and since when. Skills and addresses stand in the configuration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from ivr.domain.state_machine import Machine

#: The pause of whoever has not begun to work yet.
ABSENT: Final = "absent"


class AgentState(Enum):
    """UNREACHABLE: called, and did not answer; for a while nobody calls them again."""

    READY = "ready"
    PAUSED = "paused"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap-up"
    UNREACHABLE = "unreachable"


class AgentEvent(Enum):
    """WITHDRAW: the caller is gone before an answer. LAPSE: the time of wrap-up or of UNREACHABLE is over."""

    RING = "ring"
    ANSWER = "answer"
    NO_ANSWER = "no answer"
    WITHDRAW = "withdraw"
    END = "end"
    LAPSE = "lapse"
    PAUSE = "pause"
    RESUME = "resume"


_S, _E = AgentState, AgentEvent

AGENT = Machine(
    name="agent",
    initial=frozenset({_S.PAUSED}),
    final=frozenset(),
    table={
        (_S.READY, _E.RING): _S.RINGING,
        (_S.READY, _E.PAUSE): _S.PAUSED,
        (_S.PAUSED, _E.PAUSE): _S.PAUSED,
        (_S.PAUSED, _E.RESUME): _S.READY,
        (_S.RINGING, _E.ANSWER): _S.TALKING,
        (_S.RINGING, _E.NO_ANSWER): _S.UNREACHABLE,
        (_S.RINGING, _E.WITHDRAW): _S.READY,
        (_S.TALKING, _E.END): _S.WRAP_UP,
        (_S.WRAP_UP, _E.LAPSE): _S.READY,
        (_S.WRAP_UP, _E.RESUME): _S.READY,
        (_S.WRAP_UP, _E.PAUSE): _S.PAUSED,
        (_S.UNREACHABLE, _E.LAPSE): _S.READY,
        (_S.UNREACHABLE, _E.RESUME): _S.READY,
        (_S.UNREACHABLE, _E.PAUSE): _S.PAUSED,
    },
)

#: A call has them: a pause waits for its end.
BUSY: Final = frozenset({_S.RINGING, _S.TALKING})


@dataclass(frozen=True)
class Agent:
    """Each act returns the agent as they are afterwards, and raises TransitionError when the table has no such move.

    `idle_since` says since when they could have taken a call; `until` when WRAP_UP or UNREACHABLE ends by itself;
    `next_pause` which pause they asked for during a call; `place_id` which call has them.
    """

    id: str
    since: datetime
    idle_since: datetime
    state: AgentState = AgentState.PAUSED
    pause: str = ABSENT
    next_pause: str = ""
    until: datetime | None = None
    place_id: str = ""

    @classmethod
    def new(cls, agent_id: str, now: datetime) -> Agent:
        """Somebody who has not begun to work."""
        return cls(agent_id, now, now)

    def ring(self, place_id: str, now: datetime) -> Agent:
        return self._after(_E.RING, now, place_id=place_id)

    def answer(self, now: datetime) -> Agent:
        return self._after(_E.ANSWER, now)

    def no_answer(self, now: datetime, unreachable_s: float) -> Agent:
        return self._after(_E.NO_ANSWER, now, place_id="", until=now + timedelta(seconds=unreachable_s))

    def withdraw(self, now: datetime) -> Agent:
        """As they were: they keep their turn among those who wait for a call."""
        return self._after(_E.WITHDRAW, now, place_id="")._as_wished(now)

    def end(self, now: datetime, wrap_up_s: float) -> Agent:
        """The call is over; with no time to wrap up they are ready at once, or in the pause they asked for."""
        ended = self._after(_E.END, now, place_id="", until=now + timedelta(seconds=wrap_up_s))
        return ended.lapsed(now)

    def lapsed(self, now: datetime) -> Agent:
        """As they are at `now`: back in the state of before once the time of the present one is over."""
        if self.until is None or self.until > now:
            return self
        return self._after(_E.LAPSE, self.until, idle_since=self.until)._as_wished(self.until)

    def paused_as(self, name: str, now: datetime) -> Agent:
        """In the pause `name`; during a call, once that is over."""
        if self.state in BUSY:
            return replace(self, next_pause=name)
        return self._after(_E.PAUSE, now, pause=name, next_pause="")

    def resumed(self, now: datetime) -> Agent:
        """Ready: the end of a pause, of wrap-up, or of UNREACHABLE. During a call a pause that waits is forgotten."""
        if self.state in BUSY or self.state is _S.READY:
            return replace(self, next_pause="")
        return self._after(_E.RESUME, now, idle_since=now, next_pause="")

    def _as_wished(self, now: datetime) -> Agent:
        return self.paused_as(self.next_pause, now) if self.next_pause else self

    def _after(self, event: AgentEvent, now: datetime, **changes: object) -> Agent:
        state = AGENT.after(self.state, event, where=f"agent {self.id}")
        return replace(self, **{"state": state, "since": now, "pause": "", "until": None, **changes})  # type: ignore[arg-type]
