"""A small house with queues: two that ask for a skill, one for everybody, and three agents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ivr.domain.queue.floor import Floor, Plan
from ivr.domain.queue.place import LEASE, Place
from ivr.domain.queue.queue import AgentProfile, Overflow, OverflowAction, Queue

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEALTH, PROVIDENT = frozenset({"health"}), frozenset({"provident"})
MARIE, PAUL, LEA = "marie", "paul", "lea"


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


PLAN = Plan(
    {
        "health": Queue(
            "health",
            HEALTH,
            longest=3,
            overflow=(
                Overflow(120, OverflowAction.WIDEN, frozenset()),
                Overflow(300, OverflowAction.MOVE, queue="all"),
            ),
        ),
        "provident": Queue("provident", PROVIDENT, priority=1),
        "short": Queue("short", overflow=(Overflow(20, OverflowAction.END),)),
        "all": Queue("all", overflow=(Overflow(600, OverflowAction.END),)),
    },
    {
        MARIE: AgentProfile(MARIE, HEALTH, ("sip:marie@agents.invalid", "sip:marie-mobile@agents.invalid")),
        PAUL: AgentProfile(PAUL, HEALTH | PROVIDENT, ("sip:paul@agents.invalid",)),
        LEA: AgentProfile(LEA, PROVIDENT, ("sip:lea@agents.invalid",)),
    },
)


def place(name: str, queue: str = "health", joined_s: float = 0.0, owner: str = "line-0", priority: int = 0) -> Place:
    joined = at(joined_s)
    return Place(name, queue, joined, owner, joined + LEASE, priority)


def floor(*ready: str) -> Floor:
    """With these agents at work, idle since a second after each other."""
    made = Floor(PLAN, NOW)
    for number, agent_id in enumerate(ready):
        made.resume(agent_id, at(number - len(ready)))
    return made
