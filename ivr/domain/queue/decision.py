"""Which agent takes which call next, and why; why not, for whoever goes on waiting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ivr.domain.queue.agent import Agent, AgentState
from ivr.domain.queue.place import Place, PlaceState
from ivr.domain.queue.queue import AgentProfile, Queue, need_at
from ivr.domain.text.told import Told

_OVER: Final = Told("It has waited as long as its queue allows.")


@dataclass(frozen=True)
class Match:
    """This agent is to be called for this call."""

    place_id: str
    agent_id: str
    reasons: tuple[Told, ...]


def decide_next(
    places: Iterable[Place],
    agents: Iterable[Agent],
    queues: Mapping[str, Queue],
    profiles: Mapping[str, AgentProfile],
    now: datetime,
) -> tuple[Match, ...]:
    """Give each call that waits, by rank, the agent who has been idle longest of those who have its skills.

    An agent who is not ready, or is configured no more, is passed by; a call that nobody ready can serve is too
    (`why_it_waits`). What is announced to callers has no say in it.
    """
    idle = sorted(
        (agent for agent in agents if agent.state is AgentState.READY and agent.id in profiles),
        key=lambda agent: (agent.idle_since, agent.id),
    )
    if not idle:
        return ()
    matches: list[Match] = []
    for place in sorted(_waiting(places), key=lambda place: place.rank):
        need = need_at(place.queue, place.joined_at, queues, now)
        able = [at for at, agent in enumerate(idle) if need.skills <= profiles[agent.id].skills]
        if need.over or not able:
            continue
        agent = idle.pop(able[0])
        first = Told(f"It is the first of those that agents of the queue {need.queue} can take now.")
        longest = Told(f"The agent has been idle longest of {len(able)} who are ready and have its skills.")
        matches.append(Match(place.id, agent.id, (first, longest)))
        if not idle:
            break
    return tuple(matches)


def why_it_waits(
    places: Iterable[Place],
    matches: Iterable[Match],
    queues: Mapping[str, Queue],
    profiles: Mapping[str, AgentProfile],
    now: datetime,
) -> dict[str, Told]:
    """Say of each call that waits and has no match why nobody is called for it, by its id."""
    matched = {match.place_id for match in matches}
    found: dict[str, Told] = {}
    for place in _waiting(places):
        if place.id in matched:
            continue
        need = need_at(place.queue, place.joined_at, queues, now)
        found[place.id] = _OVER if need.over else _why_nobody(need.skills, profiles)
    return found


def _waiting(places: Iterable[Place]) -> list[Place]:
    return [place for place in places if place.state is PlaceState.WAITING]


def _why_nobody(skills: frozenset[str], profiles: Mapping[str, AgentProfile]) -> Told:
    if not any(skills <= profile.skills for profile in profiles.values()):
        return Told("No agent has its skills.")
    return Told("No agent who has its skills is ready.")
