"""All queues of a house at one moment: who waits, who works, and what each act changes.

Whoever keeps it (a database, or memory in a test) loads it, has one act done, and keeps what has changed, in one
transaction. Between two such acts nothing else happens: that is why no call has two agents, and no agent two calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ivr.domain.queue.agent import BUSY, Agent, AgentState
from ivr.domain.queue.announcement import Standing
from ivr.domain.queue.decision import Match, decide_next, why_it_waits
from ivr.domain.queue.place import Place, PlaceState
from ivr.domain.queue.queue import AgentProfile, Need, Queue, need_at
from ivr.domain.queue.waiting_time import Handling, estimated_wait_s
from ivr.domain.text.told import Told

#: States in which an agent is at work: they will take a call now, or after the one they have.
_WORKING: Final = frozenset({AgentState.READY, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP})

#: In seconds: how long an agent is left alone whose line died in mid-call; no BYE tells their telephone of it.
LOST_S: Final = 60.0


@dataclass(frozen=True)
class Plan:
    """The queues and agents as configured."""

    queues: Mapping[str, Queue]
    agents: Mapping[str, AgentProfile]


class Floor:
    """`places`, `agents` and `handling` are what is kept, by id; an agent of the plan who is not kept yet is absent."""

    def __init__(
        self,
        plan: Plan,
        now: datetime,
        places: Iterable[Place] = (),
        agents: Iterable[Agent] = (),
        handling: Iterable[Handling] = (),
    ) -> None:
        self.plan = plan
        self.places = {place.id: place for place in places}
        self.agents = {agent_id: Agent.new(agent_id, now) for agent_id in plan.agents}
        self.agents |= {agent.id: agent for agent in agents}
        self.handling = {one.queue: one for one in handling}

    # ---- what time does

    def pass_time(self, now: datetime) -> None:
        """Ends wrap-ups and the like that are over, and removes what a line that died has left."""
        for place in [place for place in self.places.values() if place.lease_until <= now]:
            del self.places[place.id]
        for agent in self.agents.values():
            if agent.place_id or agent.until is not None:
                self.agents[agent.id] = self._freed(agent, now).lapsed(now)

    def _freed(self, agent: Agent, now: datetime) -> Agent:
        """An agent whose call has gone with its line: their telephone may not know it yet, so they are left alone."""
        place = self.places.get(agent.place_id)
        if agent.state not in BUSY or (place is not None and place.agent_id == agent.id):
            return agent
        return agent.no_answer(now, LOST_S) if agent.state is AgentState.RINGING else agent.end(now, LOST_S)

    # ---- calls

    def join(self, place: Place, now: datetime) -> bool:
        """Let a call wait; False when its queue is full. Who waits already keeps the place."""
        if place.id in self.places:
            return True
        queue = self.plan.queues.get(place.queue)
        there = sum(self.need(one, now).queue == place.queue for one in self._waiting())
        if queue is None or there >= queue.longest:
            return False
        self.places[place.id] = place
        return True

    def keep(self, owner: str, mine: Iterable[Place], now: datetime) -> None:
        """Renew what a line has, put back what was taken for a ghost, and remove what it has no more."""
        known = {place.id: place for place in mine}
        for place in [one for one in self.places.values() if one.owner == owner and one.id not in known]:
            self.leave(place.id, now)
        for place in known.values():
            self._agree(place, now)

    def _agree(self, told: Place, now: datetime) -> None:
        """Make what is kept of a call what its line says of it, as after a time without the database."""
        there = self.places.get(told.id)
        if told.state is PlaceState.WAITING and there is not None and there.state is PlaceState.CLAIMED:
            self.give_back(told.id, now)
        elif told.state is PlaceState.CONNECTED and there is not None and there.state is PlaceState.CLAIMED:
            self.answered(told.id, now)
        elif told.state is PlaceState.CONNECTED and (there is None or there.state is PlaceState.WAITING):
            self._talks_again(told, now)
        elif there is None:
            self.places[told.id] = replace(told, state=PlaceState.WAITING, agent_id="")
        if (place := self.places.get(told.id)) is not None:
            self.places[told.id] = place.leased(now)

    def _talks_again(self, told: Place, now: datetime) -> None:
        """A call that talks has its agent again; where that agent is with somebody else by now, it stands nowhere."""
        self.leave(told.id, now)
        agent = self.agents.get(told.agent_id)
        if agent is not None and agent.state not in BUSY:
            talking = agent.resumed(now).ring(told.id, now).answer(now)
            self.agents[agent.id] = replace(talking, next_pause=agent.pause)
            self.places[told.id] = told

    def claim(self, place_ids: Iterable[str], now: datetime) -> tuple[Match, ...]:
        """Decide over all that wait, and give those of `place_ids` whose turn it is their agents."""
        asked = frozenset(place_ids)
        matches = tuple(match for match in self.decide(now) if match.place_id in asked)
        for match in matches:
            self.places[match.place_id] = self.places[match.place_id].claim(match.agent_id)
            self.agents[match.agent_id] = self.agents[match.agent_id].ring(match.place_id, now)
        return matches

    def decide(self, now: datetime) -> tuple[Match, ...]:
        return decide_next(self.places.values(), self.agents.values(), self.plan.queues, self.plan.agents, now)

    def why_waiting(self, now: datetime) -> dict[str, Told]:
        """Why each call that nobody is called for goes on waiting, by its id."""
        return why_it_waits(self.places.values(), self.decide(now), self.plan.queues, self.plan.agents, now)

    def answered(self, place_id: str, now: datetime) -> bool:
        """The agent has answered; False when the call has no claim any more."""
        if not self._claimed(place_id):
            return False
        place = self.places[place_id]
        self.places[place_id] = place.answer()
        self.agents[place.agent_id] = self.agents[place.agent_id].answer(now)
        return True

    def unanswered(self, place_id: str, now: datetime) -> bool:
        """The agent did not answer: they are left alone for a while, and the call keeps its place."""
        if not self._claimed(place_id):
            return False
        place = self.places[place_id]
        queue = self.plan.queues.get(place.queue, Queue(place.queue))
        self.agents[place.agent_id] = self.agents[place.agent_id].no_answer(now, queue.unreachable_s)
        self.places[place_id] = place.back()
        return True

    def give_back(self, place_id: str, now: datetime) -> bool:
        """The agent could not be called, which is no fault of theirs: both are as they were."""
        if not self._claimed(place_id):
            return False
        place = self.places[place_id]
        self.agents[place.agent_id] = self.agents[place.agent_id].withdraw(now)
        self.places[place_id] = place.back()
        return True

    def end(self, place_id: str, now: datetime, *, talked: bool) -> bool:
        """As `leave`, by a line that knows whether the two have talked, which may not have been told before."""
        if talked:
            self.answered(place_id, now)
        return self.leave(place_id, now)

    def leave(self, place_id: str, now: datetime) -> bool:
        """The call is over, or waits no more; its agent is let go, to wrap up when they have talked."""
        place = self.places.pop(place_id, None)
        if place is None:
            return False
        place.leave()
        agent = self.agents.get(place.agent_id)
        if agent is not None and agent.place_id == place_id:
            if agent.state is AgentState.RINGING:
                self.agents[agent.id] = agent.withdraw(now)
            elif agent.state is AgentState.TALKING:
                self.agents[agent.id] = agent.end(now, place.wrap_up_s)
                self._measure(place, agent, now)
        return True

    def _measure(self, place: Place, agent: Agent, now: datetime) -> None:
        seconds = (now - agent.since).total_seconds() + place.wrap_up_s
        self.handling[place.queue] = self.handling.get(place.queue, Handling(place.queue)).after(seconds)

    def _claimed(self, place_id: str) -> bool:
        place = self.places.get(place_id)
        return place is not None and place.state is PlaceState.CLAIMED

    # ---- agents

    def pause(self, agent_id: str, name: str, now: datetime) -> Agent:
        return self._set(self.agents[agent_id].paused_as(name, now))

    def resume(self, agent_id: str, now: datetime) -> Agent:
        return self._set(self.agents[agent_id].resumed(now))

    def _set(self, agent: Agent) -> Agent:
        self.agents[agent.id] = agent
        return agent

    # ---- what is told

    def need(self, place: Place, now: datetime) -> Need:
        return need_at(place.queue, place.joined_at, self.plan.queues, now)

    def standings(self, now: datetime) -> dict[str, Standing]:
        """Where each call that waits stands among those that wait for the agents of the same queue, by its id."""
        ahead: dict[str, int] = {}
        at_work = self._skills_at_work()
        working: dict[frozenset[str], int] = {}
        found: dict[str, Standing] = {}
        for place in sorted(self._waiting(), key=lambda place: place.rank):
            need = self.need(place, now)
            if need.skills not in working:
                working[need.skills] = sum(need.skills <= skills for skills in at_work)
            position = ahead[need.queue] = ahead.get(need.queue, 0) + 1
            handling = self.handling.get(need.queue, Handling(need.queue))
            wait_s = estimated_wait_s(position, handling, working[need.skills])
            found[place.id] = Standing(position, wait_s, over=need.over)
        return found

    def _skills_at_work(self) -> list[frozenset[str]]:
        """The skills of each agent who is at work."""
        there = (agent for agent in self.agents.values() if agent.state in _WORKING)
        return [self.plan.agents[agent.id].skills for agent in there if agent.id in self.plan.agents]

    def _waiting(self) -> list[Place]:
        return [place for place in self.places.values() if place.state is PlaceState.WAITING]
