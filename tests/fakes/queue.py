"""A QueueBook in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ivr.domain.queue.agent import Agent
from ivr.domain.queue.floor import Floor, Plan
from ivr.domain.queue.place import Place
from ivr.domain.queue.turn import Turn, has_a_turn, look, take_turn
from ivr.errors import HostError


class FakeQueueBook:
    """Implements `QueueBook`. While `away` it cannot be reached."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self._kept = Floor(plan, now)
        self.away = False

    def join(self, place: Place, now: datetime) -> bool:
        return self.floor(now).join(place.leased(now), now)

    def turn(self, owner: str, places: Sequence[Place], now: datetime, *, renew: bool) -> Turn:
        floor = self.floor(now)
        if not renew and not has_a_turn(floor, places, now):
            return look(floor, places, now)
        return take_turn(floor, owner, places, now, renew=renew)

    def unanswered(self, place_id: str, now: datetime) -> bool:
        return self.floor(now).unanswered(place_id, now)

    def leave(self, place_id: str, now: datetime, *, talked: bool) -> bool:
        return self.floor(now).end(place_id, now, talked=talked)

    def pause(self, agent_id: str, name: str, now: datetime) -> Agent:
        return self.floor(now).pause(agent_id, name, now)

    def resume(self, agent_id: str, now: datetime) -> Agent:
        return self.floor(now).resume(agent_id, now)

    def floor(self, now: datetime) -> Floor:
        if self.away:
            raise HostError("the database is away", remedy="wait")
        self._kept.pass_time(now)
        return self._kept
