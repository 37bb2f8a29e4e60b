"""The queues of a house in its database: each act loads the floor, does it, and keeps what it changed.

One writer at a time, over all processes and nodes: SQLite's write lock, or an advisory lock of PostgreSQL that ends
with the transaction. A row of `queue_places` names at most one agent, and no two rows the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Table, delete, insert, select, text

from ivr.domain.queue.agent import Agent, AgentState
from ivr.domain.queue.floor import Floor, Plan
from ivr.domain.queue.place import Place, PlaceState
from ivr.domain.queue.turn import Turn, has_a_turn, look, take_turn
from ivr.domain.queue.waiting_time import Handling
from ivr.storage.database import Database
from ivr.storage.tables import queue_agents, queue_handling, queue_places

T = TypeVar("T")
#: Any fixed number: whoever changes a queue holds this advisory lock.
_LOCK = 5_217_344
#: Names in one statement.
_AT_ONCE = 500


class SqlQueueBook:
    """Port QueueBook."""

    def __init__(self, database: Database, plan: Plan) -> None:
        self._database = database
        self._plan = plan

    def join(self, place: Place, now: datetime) -> bool:
        return self._act(now, lambda floor: floor.join(place.leased(now), now))

    def turn(self, owner: str, places: Sequence[Place], now: datetime, *, renew: bool) -> Turn:
        if not renew:
            floor = self.floor(now)
            if not has_a_turn(floor, places, now):
                return look(floor, places, now)
        return self._act(now, lambda floor: take_turn(floor, owner, places, now, renew=renew))

    def unanswered(self, place_id: str, now: datetime) -> bool:
        return self._act(now, lambda floor: floor.unanswered(place_id, now))

    def leave(self, place_id: str, now: datetime, *, talked: bool) -> bool:
        return self._act(now, lambda floor: floor.end(place_id, now, talked=talked))

    def pause(self, agent_id: str, name: str, now: datetime) -> Agent:
        return self._act(now, lambda floor: floor.pause(agent_id, name, now))

    def resume(self, agent_id: str, now: datetime) -> Agent:
        return self._act(now, lambda floor: floor.resume(agent_id, now))

    def floor(self, now: datetime) -> Floor:
        with self._database.reading() as connection:
            floor = self._load(connection, now)
        floor.pass_time(now)
        return floor

    def _act(self, now: datetime, act: Callable[[Floor], T]) -> T:
        with self._database.writing() as connection:
            if not self._database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            floor = self._load(connection, now)
            before = dict(floor.places), dict(floor.agents), dict(floor.handling)
            floor.pass_time(now)
            done = act(floor)
            _keep(connection, queue_places, before[0], floor.places, _place_row)
            _keep(connection, queue_agents, before[1], floor.agents, _agent_row)
            _keep(connection, queue_handling, before[2], floor.handling, _handling_row)
        return done

    def _load(self, connection: Connection, now: datetime) -> Floor:
        places = [
            Place(
                row.place_id,
                row.queue,
                row.joined_at,
                row.owner,
                row.lease_until,
                row.priority,
                row.wrap_up_s,
                PlaceState(row.state),
                row.agent_id or "",
            )
            for row in connection.execute(select(queue_places))
        ]
        agents = [
            Agent(
                row.agent_id,
                row.since,
                row.idle_since,
                AgentState(row.state),
                row.pause,
                row.next_pause,
                row.until,
                row.place_id,
            )
            for row in connection.execute(select(queue_agents))
        ]
        handling = [Handling(row.queue, row.mean_s, row.calls) for row in connection.execute(select(queue_handling))]
        return Floor(self._plan, now, places, agents, handling)


def _keep(
    connection: Connection,
    table: Table,
    before: dict[str, T],
    after: dict[str, T],
    row_of: Callable[[T], dict[str, object]],
) -> None:
    """Write what has changed: first what goes, so that an agent who is given on is nobody's meanwhile."""
    (key,) = table.primary_key.columns
    changed = {name: row_of(one) for name, one in after.items() if before.get(name) is not one}
    stale = [*(before.keys() - after.keys()), *changed]
    for at in range(0, len(stale), _AT_ONCE):
        connection.execute(delete(table).where(key.in_(stale[at : at + _AT_ONCE])))
    if changed:
        connection.execute(insert(table), list(changed.values()))


def _place_row(place: Place) -> dict[str, object]:
    return {
        "place_id": place.id,
        "queue": place.queue,
        "joined_at": place.joined_at,
        "owner": place.owner,
        "lease_until": place.lease_until,
        "priority": place.priority,
        "wrap_up_s": place.wrap_up_s,
        "state": place.state.value,
        "agent_id": place.agent_id or None,
    }


def _agent_row(agent: Agent) -> dict[str, object]:
    return {
        "agent_id": agent.id,
        "state": agent.state.value,
        "since": agent.since,
        "idle_since": agent.idle_since,
        "pause": agent.pause,
        "next_pause": agent.next_pause,
        "until": agent.until,
        "place_id": agent.place_id,
    }


def _handling_row(one: Handling) -> dict[str, object]:
    return {"queue": one.queue, "mean_s": one.mean_s, "calls": one.calls}
