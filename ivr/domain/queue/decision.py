"""Which agent takes which call next, and why; why not, for whoever goes on waiting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ivr.domain.queue.agent import Agent, AgentState
from ivr.domain.queue.place import Place, PlaceState
from ivr.domain.queue.queue import AgentProfile, Queue, need_at
from ivr.domain.text.told import Told


@dataclass(frozen=True)
class Match:
    """This agent is to be called for this call."""

    place_id: str
    agent_id: str
    reasons: tuple[Told, ...]


@dataclass(frozen=True)
class Next:
    """`waits` says of each other call that waits why nobody is called for it now."""

    matches: tuple[Match, ...]
    waits: Mapping[str, Told] = field(default_factory=dict)


def decide_next(
    places: Iterable[Place],
    agents: Iterable[Agent],
    queues: Mapping[str, Queue],
    profiles: Mapping[str, AgentProfile],
    now: datetime,
) -> Next:
    """Give each call that waits, by rank, the agent who has been idle longest of those who have its skills.

    An agent who is not ready, or is configured no more, is passed by; a call that nobody ready can serve is too. What
    is announced to callers has no say in it.
    """
    idle = sorted(
        (agent for agent in agents if agent.state is AgentState.READY and agent.id in profiles),
        key=lambda agent: (agent.idle_since, agent.id),
    )
    waiting = sorted((place for place in places if place.state is PlaceState.WAITING), key=lambda place: place.rank)
    matches: list[Match] = []
    waits: dict[str, Told] = {}
    nobody: dict[frozenset[str], Told] = {}
    for place in waiting:
        need = need_at(place.queue, place.joined_at, queues, now)
        if need.over:
            waits[place.id] = Told("It has waited as long as its queue allows.")
            continue
        able = [at for at, agent in enumerate(idle) if need.skills <= profiles[agent.id].skills]
        if not able:
            if need.skills not in nobody:
                nobody[need.skills] = _why_nobody(need.skills, profiles)
            waits[place.id] = nobody[need.skills]
            continue
        agent = idle.pop(able[0])
        first = Told(f"It is the first of those that agents of the queue {need.queue} can take now.")
        longest = Told(f"The agent has been idle longest of {len(able)} who are ready and have its skills.")
        matches.append(Match(place.id, agent.id, (first, longest)))
    return Next(tuple(matches), waits)


def _why_nobody(skills: frozenset[str], profiles: Mapping[str, AgentProfile]) -> Told:
    if not any(skills <= profile.skills for profile in profiles.values()):
        return Told("No agent has its skills.")
    return Told("No agent who has its skills is ready.")
