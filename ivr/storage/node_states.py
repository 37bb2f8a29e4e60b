"""The last state of each node, in the database that the nodes of a house share."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ivr.domain.operation.node_state import FORGOTTEN, NodeState, body_of, read
from ivr.storage.database import Database
from ivr.storage.tables import node_states

_S = node_states.c


class SqlNodeStates:
    """Port NodeStates. A node that writes its own removes those that are forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, state: NodeState) -> None:
        make = sqlite.insert if self._database.is_sqlite else postgresql.insert
        row = {"node_id": state.node_id, "at": state.at, "body": body_of(state)}
        new = make(node_states).values(row)
        again = new.on_conflict_do_update(index_elements=["node_id"], set_={"at": row["at"], "body": row["body"]})
        with self._database.writing() as connection:
            connection.execute(delete(node_states).where(_S.at <= state.at - FORGOTTEN))
            connection.execute(again)

    def all(self) -> Sequence[NodeState]:
        with self._database.reading() as connection:
            rows = connection.execute(select(_S.node_id, _S.at, _S.body).order_by(_S.node_id)).all()
        found = []
        for node_id, at, body in rows:
            try:
                found.append(read(NodeState, body))
            except (ValueError, TypeError, KeyError):
                # A node of another version writes it otherwise.
                found.append(NodeState(node_id, at, at))
        return found
