"""`ivr queue …`: who waits, who works, and why; agents' pauses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from ivr.bootstrap.queues import open_queues
from ivr.cli.actor import ActorSession, actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting
from ivr.domain.access import Action
from ivr.domain.queue.agent import Agent, AgentState
from ivr.domain.queue.floor import Floor
from ivr.domain.queue.place import Place
from ivr.errors import ConfigurationError, nearest
from ivr.french import french
from ivr.services.ports.queue import QueueBook

_AGENT = {
    AgentState.READY: "disponible",
    AgentState.PAUSED: "en pause",
    AgentState.RINGING: "sonnerie",
    AgentState.TALKING: "en communication",
    AgentState.WRAP_UP: "post-appel",
    AgentState.UNREACHABLE: "injoignable",
}


@click.group()
def queue() -> None:
    """Les files d'attente : qui attend, qui travaille, et les pauses des agents."""


@queue.command("show")
@asked_by
@as_json
@reporting
def show(actor: str, role: str, json_: bool) -> None:
    """Montre les appels en attente, dans l'ordre, avec le motif de leur attente, et l'état des agents."""
    now = datetime.now(UTC)
    with actor_session(actor, role) as session:
        session.may(Action.OPERATE)
        floor = _book(session).floor(now)
        zone = ZoneInfo(session.settings.profile.timezone)
    waits = floor.why_waiting(now)
    places = sorted(floor.places.values(), key=lambda place: place.rank)
    if json_:
        print_json({
            "places": [{**_told(place, floor, now), "why": waits.get(place.id, "")} for place in places],
            "agents": [_agent(agent) for agent in floor.agents.values()],
        })  # fmt: skip
        return
    if not floor.plan.queues:
        console.print("Aucune file : config/queues.toml.")
    for place in places:
        why = french(waits.get(place.id, ""))
        since = f"{place.joined_at.astimezone(zone):%H:%M:%S}"
        held = f"agent {place.agent_id}" if place.agent_id else why
        console.print(f"{place.queue}  {place.id}  depuis {since}  {held}", soft_wrap=True)
    for agent in sorted(floor.agents.values(), key=lambda agent: agent.id):
        console.print(f"{agent.id}  {_said(agent)}  depuis {agent.since.astimezone(zone):%H:%M:%S}", soft_wrap=True)


@queue.command("ready")
@click.argument("agent")
@asked_by
@as_json
@reporting
def ready(agent: str, actor: str, role: str, json_: bool) -> None:
    """AGENT prend des appels : fin de pause, de post-appel, ou d'injoignable."""
    _act(agent, actor, role, json_, lambda book: book.resume(agent, datetime.now(UTC)))


@queue.command("pause")
@click.argument("agent")
@click.option("--name", default="pause", show_default=True, help="Nom de la pause : déjeuner, formation…")
@asked_by
@as_json
@reporting
def pause(agent: str, name: str, actor: str, role: str, json_: bool) -> None:
    """AGENT ne prend plus d'appels ; pendant un appel, la pause attend sa fin."""
    _act(agent, actor, role, json_, lambda book: book.pause(agent, name[:63], datetime.now(UTC)))


def _act(agent_id: str, actor: str, role: str, json_: bool, act: Callable[[QueueBook], Agent]) -> None:
    with actor_session(actor, role) as session:
        session.may(Action.OPERATE)
        agents = session.settings.queues.agents
        if agent_id not in agents:
            raise ConfigurationError(
                f"there is no agent '{agent_id}'",
                file=str(session.settings.config_dir / "queues.toml"),
                key="agents",
                value=agent_id,
                remedy=nearest(agent_id, agents),
            )
        agent = act(_book(session))
    if json_:
        print_json({"ok": True, **_agent(agent)})
    else:
        console.print(f"{agent.id} : {_said(agent)}.")


def _book(session: ActorSession) -> QueueBook:
    return open_queues(session.settings, session.archive)


def _said(agent: Agent) -> str:
    named = f" ({agent.pause})" if agent.pause else ""
    return _AGENT[agent.state] + named + (f", puis en pause ({agent.next_pause})" if agent.next_pause else "")


def _agent(agent: Agent) -> dict[str, Any]:
    return {
        "agent": agent.id,
        "state": agent.state,
        "pause": agent.pause,
        "next_pause": agent.next_pause,
        "since": agent.since,
        "until": agent.until,
        "call": agent.place_id,
    }


def _told(place: Place, floor: Floor, now: datetime) -> dict[str, Any]:
    standing = floor.standings(now).get(place.id)
    return {
        "call": place.id,
        "queue": place.queue,
        "since": place.joined_at,
        "state": place.state,
        "agent": place.agent_id,
        "position": standing.position if standing else None,
        "estimated_wait_s": standing.wait_s if standing else None,
    }
