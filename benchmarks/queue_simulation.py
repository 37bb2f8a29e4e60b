"""A day of a hotline on virtual time: callers, agents, lines and their book, with everything that goes wrong in it.

The tables are the product's own. Callers hang up, agents do not answer, take pauses and come back, a line dies with its
calls, the book is away for a minute. Whatever breaks a promise of the queues raises AssertionError where it happens.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ivr.domain.queue.agent import AgentState
from ivr.domain.queue.floor import Floor, Plan
from ivr.domain.queue.place import LEASE, Place, PlaceState
from ivr.domain.queue.queue import AgentProfile, Overflow, OverflowAction, Queue
from ivr.domain.queue.turn import take_turn

_BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_POLL_S = 1.0
_RENEW_S = 10.0
#: After so long a wait every queue of the plan has ended it.
LONGEST_WAIT_S = 1500.0


def plan_of(agents: int) -> Plan:
    """Three queues, one of which calls are moved to, and agents of whom each tenth knows everything."""
    health, provident = frozenset({"health"}), frozenset({"provident"})
    end = Overflow(900, OverflowAction.END)
    queues = {
        "health": Queue("health", health, 0, 200, 45, overflow=(Overflow(600, OverflowAction.MOVE, queue="all"),)),
        "provident": Queue("provident", provident, 1, 100, 45, overflow=(Overflow(120, OverflowAction.WIDEN), end)),
        "all": Queue("all", frozenset(), 0, 200, 45, overflow=(end,)),
    }
    skills = [health, health, provident, health | provident]
    profiles = [AgentProfile(f"agent-{n}", skills[n % 4] if n % 10 else health | provident, ()) for n in range(agents)]
    return Plan(queues, {profile.id: profile for profile in profiles})


@dataclass
class _Line:
    owner: str
    places: dict[str, Place] = field(default_factory=dict)
    turn_at: float = -1.0
    renewed_at: float = -1e9


@dataclass
class Day:
    """What became of the calls, by outcome; waits of those who were served; what a turn cost, in seconds."""

    outcomes: Counter[str] = field(default_factory=Counter)
    waits_s: list[float] = field(default_factory=list)
    turns_s: list[float] = field(default_factory=list)
    most_waiting: int = 0


class Simulation:
    """One day, the same for the same `seed`."""

    def __init__(self, *, calls: int, agents: int, seed: int, lines: int = 3, gap_s: float = 0.9) -> None:
        self._random = random.Random(seed)
        self._floor = Floor(plan_of(agents), _BEGAN)
        self._lines = [_Line(f"line-{n}") for n in range(lines)]
        self._numbers = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._now_s = 0.0
        self._outcome: dict[str, str] = {}
        self._joined_s: dict[str, float] = {}
        self._agent_of: dict[str, str] = {}
        self._away_until = -1.0
        self.calls = calls
        self.day = Day()
        at = 0.0
        for n in range(calls):
            at += self._random.expovariate(1 / gap_s)
            self._at(at, lambda call_id=f"call-{n}": self._arrives(call_id))  # type: ignore[misc]
        for n, agent_id in enumerate(self._floor.plan.agents):
            self._at(n / 10, lambda agent_id=agent_id: self._works(agent_id))  # type: ignore[misc]
        for share in (0.3, 0.6, 0.8):
            self._at(at * share, self._line_dies)
        for share in (0.4, 0.7):
            self._at(at * share, self._book_goes)

    def run(self) -> Day:
        while self._events:
            self._now_s, _, act = heapq.heappop(self._events)
            act()
        assert set(self._outcome) == {f"call-{n}" for n in range(self.calls)}, "a call was lost"
        self._floor.pass_time(self._now + LEASE)
        assert not self._floor.places, "a ghost stays in a queue"
        busy = [agent.id for agent in self._floor.agents.values() if agent.place_id]
        assert not busy, "an agent is held by nobody"
        self.day.outcomes.update(self._outcome.values())
        return self.day

    # ---- time

    @property
    def _now(self) -> datetime:
        return _BEGAN + timedelta(seconds=self._now_s)

    @property
    def _away(self) -> bool:
        return self._now_s < self._away_until

    def _at(self, at_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at_s, next(self._numbers), act))

    def _in(self, after_s: float, act: Callable[[], None]) -> None:
        self._at(self._now_s + after_s, act)

    # ---- callers

    def _arrives(self, call_id: str) -> None:
        line = self._random.choice(self._lines)
        queue = self._random.choices(["health", "provident", "all"], [6, 3, 1])[0]
        settings = self._floor.plan.queues[queue]
        wrap_up_s = self._random.choice([0.0, 10.0, 20.0])
        place = Place(call_id, queue, self._now, line.owner, self._now, settings.priority, wrap_up_s)
        self._joined_s[call_id] = self._now_s
        self._floor.pass_time(self._now)
        if self._away or not self._floor.join(place.leased(self._now), self._now):
            self._ends(call_id, "refused")
            return
        line.places[call_id] = place
        self._in(self._random.expovariate(1 / 400), lambda: self._loses_patience(line, call_id))
        self._soon(line)

    def _loses_patience(self, line: _Line, call_id: str) -> None:
        place = line.places.get(call_id)
        if place is not None and place.state is not PlaceState.CONNECTED:
            self._leaves(line, call_id, "hung up")

    def _leaves(self, line: _Line, call_id: str, outcome: str) -> None:
        talked = line.places.pop(call_id).state is PlaceState.CONNECTED
        self._agent_of.pop(call_id, None)
        self._ends(call_id, outcome)
        if not self._away:
            self._floor.pass_time(self._now)
            self._floor.end(call_id, self._now, talked=talked)
        self._all_soon()

    def _ends(self, call_id: str, outcome: str) -> None:
        assert call_id not in self._outcome, "a call ended twice"
        self._outcome[call_id] = outcome

    # ---- lines

    def _soon(self, line: _Line, after_s: float | None = None) -> None:
        at = self._now_s + (self._random.uniform(0, _POLL_S) if after_s is None else after_s)
        if self._now_s <= line.turn_at <= at:
            return
        line.turn_at = at
        self._at(at, lambda: self._turn(line, at))

    def _all_soon(self) -> None:
        for line in self._lines:
            if line.places:
                self._soon(line)

    def _turn(self, line: _Line, at: float) -> None:
        if line.turn_at != at or line not in self._lines:
            return
        if line.places:
            self._soon(line, _RENEW_S if at >= line.turn_at else None)
        if self._away:
            return
        waiting = [place for place in self._floor.places.values() if place.state is PlaceState.WAITING]
        self.day.most_waiting = max(self.day.most_waiting, len(waiting))
        began = time.perf_counter()
        self._floor.pass_time(self._now)
        places = list(line.places.values())
        renew = self._now_s - line.renewed_at >= _RENEW_S
        seen = take_turn(self._floor, line.owner, places, self._now, renew=renew)
        line.renewed_at = self._now_s if renew else line.renewed_at
        self.day.turns_s.append(time.perf_counter() - began)
        for call_id, agent_id in seen.claims.items():
            assert self._agent_of.get(call_id) is None, "a call was given to two agents"
            assert agent_id not in self._agent_of.values(), "an agent was given two calls"
            self._agent_of[call_id] = agent_id
            line.places[call_id] = line.places[call_id].claim(agent_id)
            self._rings(line, call_id)
        for call_id, standing in seen.standings.items():
            if standing.over:
                self._leaves(line, call_id, "over")
        self._nobody_is_passed_over(line)

    def _nobody_is_passed_over(self, line: _Line) -> None:
        """No call of this line still waits for an agent who could take it now."""
        mine = {match.place_id for match in self._floor.decide(self._now)} & line.places.keys()
        assert not mine, "a call waits although its agent is ready"
        oldest = max(
            (self._now_s - self._joined_s[call] for call in line.places if call not in self._agent_of), default=0
        )
        assert oldest <= LONGEST_WAIT_S + 90, "a caller starves"

    def _line_dies(self) -> None:
        line = self._random.choice(self._lines)
        self._lines[self._lines.index(line)] = _Line(f"line-{next(self._numbers)}")
        for call_id in list(line.places):
            self._ends(call_id, "line died")
            self._agent_of.pop(call_id, None)
        line.places.clear()

    def _book_goes(self) -> None:
        self._away_until = self._now_s + 15
        self._in(15, self._all_soon)

    # ---- agents

    def _works(self, agent_id: str) -> None:
        self._floor.pass_time(self._now)
        self._floor.resume(agent_id, self._now)
        self._in(self._random.uniform(1000, 4000), lambda: self._pauses(agent_id))
        self._all_soon()

    def _pauses(self, agent_id: str) -> None:
        if len(self._outcome) < self.calls:
            self._floor.pass_time(self._now)
            self._floor.pause(agent_id, "lunch", self._now)
            self._in(self._random.uniform(60, 600), lambda: self._works(agent_id))

    def _rings(self, line: _Line, call_id: str) -> None:
        if self._random.random() < 0.08:
            self._in(20, lambda: self._does_not_answer(line, call_id))
        else:
            self._in(self._random.uniform(1, 8), lambda: self._answers(line, call_id))

    def _does_not_answer(self, line: _Line, call_id: str) -> None:
        if call_id not in line.places:
            return
        line.places[call_id] = line.places[call_id].back()
        del self._agent_of[call_id]
        if not self._away:
            self._floor.pass_time(self._now)
            agent_id = self._floor.places[call_id].agent_id
            assert self._floor.unanswered(call_id, self._now)
            assert self._floor.agents[agent_id].state in (AgentState.UNREACHABLE, AgentState.PAUSED)
            assert self._floor.places[call_id].joined_at == line.places[call_id].joined_at, "the place was not kept"
        self._all_soon()

    def _answers(self, line: _Line, call_id: str) -> None:
        if call_id not in line.places:
            return
        line.places[call_id] = line.places[call_id].answer()
        line.renewed_at = -_RENEW_S
        self.day.waits_s.append(self._now_s - self._joined_s[call_id])
        self._soon(line)
        self._in(self._random.uniform(20, 130), lambda: self._hangs_up(line, call_id))

    def _hangs_up(self, line: _Line, call_id: str) -> None:
        if call_id in line.places:
            self._leaves(line, call_id, "served")
