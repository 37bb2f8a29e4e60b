"""Parses config/queues.toml: queues, what they do with whoever waits too long, and the agents who serve them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from ivr.domain.program.program import Program, Prompt
from ivr.domain.queue.announcement import prompts_of_queues
from ivr.domain.queue.floor import Plan
from ivr.domain.queue.queue import AgentProfile, Overflow, OverflowAction, Queue
from ivr.errors import ConfigurationError, nearest
from ivr.settings.source import Section, parse, read_toml

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
_Uri = Annotated[str, StringConstraints(pattern=r"^sips?:\S+$")]
_LONGEST_S = 24 * 3600


class _OverflowTable(Section):
    after_s: float = Field(gt=0, le=_LONGEST_S)
    action: OverflowAction
    skills: tuple[_Name, ...] = ()
    queue: str = ""

    @model_validator(mode="after")
    def _of_its_action(self) -> _OverflowTable:
        if (self.action is OverflowAction.MOVE) != bool(self.queue):
            raise ValueError("action 'move' names a queue, and no other action does")
        if self.skills and self.action is not OverflowAction.WIDEN:
            raise ValueError("skills belong to action 'widen'")
        return self


class _QueueTable(Section):
    skills: tuple[_Name, ...] = ()
    priority: int = Field(default=Queue.priority, ge=0, le=10)
    longest: int = Field(default=Queue.longest, ge=1, le=1000)
    unreachable_s: float = Field(default=Queue.unreachable_s, ge=1, le=_LONGEST_S)
    first_announcement_s: float = Field(default=Queue.first_announcement_s, ge=0, le=600)
    announce_every_s: float = Field(default=Queue.announce_every_s, ge=0, le=600)
    overflow: tuple[_OverflowTable, ...] = Field(default=(), max_length=10)


class _AgentTable(Section):
    skills: tuple[_Name, ...] = ()
    uris: tuple[_Uri, ...] = Field(min_length=1, max_length=4)


class _QueueFile(Section):
    queues: dict[_Name, _QueueTable] = Field(default_factory=dict)
    agents: dict[_Name, _AgentTable] = Field(default_factory=dict)


def load_queues(path: Path) -> Plan:
    """Read queues and agents; without the file there are none.

    Raises ConfigurationError for a step that moves a call to a queue that is none, or round in a circle, and for a
    queue that no agent can serve.
    """
    if not path.exists():
        return Plan({}, {})
    file = str(path)
    parsed = parse(_QueueFile, read_toml(path), file=file)
    agents = {name: AgentProfile(name, frozenset(table.skills), table.uris) for name, table in parsed.agents.items()}
    queues = {name: _queue(name, table) for name, table in parsed.queues.items()}
    for queue in queues.values():
        _check(queue, queues, agents, file)
    return Plan(queues, agents)


def check_program_queues(
    programs: Mapping[str, Program], plan: Plan, prompts: Mapping[str, Prompt], folder: Path
) -> None:
    """Raises ConfigurationError for a program whose queue is none, or that calls one agent as well."""
    for program in programs.values():
        if not program.queue:
            continue
        file = str(folder / f"{program.name}.toml")
        if program.queue not in plan.queues:
            raise ConfigurationError(
                f"there is no queue '{program.queue}'",
                file=file,
                key="queue",
                value=program.queue,
                remedy=nearest(program.queue, plan.queues),
            )
        if program.agent_uri:
            raise ConfigurationError(
                "a program has a queue or one agent, not both",
                file=file,
                key="agent_uri",
                value=program.agent_uri,
                remedy="remove agent_uri, or queue",
            )
        missing = next((prompt_id for prompt_id in prompts_of_queues() if prompt_id not in prompts), None)
        if missing is not None:
            raise ConfigurationError(
                f"there is no prompt '{missing}', which queues say",
                file=file,
                key="queue",
                value=program.queue,
                remedy="put config/prompts/queue.toml back",
            )


def _queue(name: str, table: _QueueTable) -> Queue:
    steps = tuple(
        Overflow(step.after_s, step.action, frozenset(step.skills), step.queue)
        for step in sorted(table.overflow, key=lambda step: step.after_s)
    )
    return Queue(
        name,
        frozenset(table.skills),
        table.priority,
        table.longest,
        table.unreachable_s,
        table.first_announcement_s,
        table.announce_every_s,
        steps,
    )


def _check(queue: Queue, queues: Mapping[str, Queue], agents: Mapping[str, AgentProfile], file: str) -> None:
    if not any(queue.skills <= agent.skills for agent in agents.values()):
        raise ConfigurationError(
            "no agent has all skills of this queue: nobody would ever answer",
            file=file,
            key=f"queues.{queue.name}.skills",
            value=sorted(queue.skills),
            remedy="give them to an agent under [agents]",
        )
    visited, here = {queue.name}, queue
    while (to := next((step.queue for step in here.overflow if step.queue), "")) != "":
        key = f"queues.{here.name}.overflow"
        if to not in queues:
            raise ConfigurationError(
                f"there is no queue '{to}'", file=file, key=key, value=to, remedy=nearest(to, queues)
            )
        if to in visited:
            raise ConfigurationError(
                "calls would be moved round in a circle",
                file=file,
                key=key,
                value=to,
                remedy="end the last one instead",
            )
        visited.add(to)
        here = queues[to]
