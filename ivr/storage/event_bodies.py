"""What the chain tells, event by event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, select

from ivr.domain.evidence.events.base import Event
from ivr.storage.tables import audit_events

_E = TypeVar("_E", bound=Event)


def events_of_kinds(connection: Connection, *kinds: type[_E]) -> Iterator[tuple[Row[Any], _E]]:
    """Yield events of these kinds, row and what it says, in order of node and number."""
    columns, classes = audit_events.c, {one.kind: one for one in kinds}
    query = select(audit_events).where(columns.kind.in_(classes)).order_by(columns.node_id, columns.seq)
    for row in connection.execute(query):
        yield row, classes[row.kind].read(body_of(row.body))


def body_of(text: str) -> Mapping[str, Any]:
    """Read a body; empty when it is none, which the chain's own verification names."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
