"""What the chain tells, event by event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from ivr.storage.tables import audit_events


def events_told(connection: Connection, *kinds: str) -> Iterator[tuple[Row[Any], Mapping[str, Any]]]:
    """Yield events of these kinds with their bodies, in order of node and number."""
    columns = audit_events.c
    query = select(audit_events).where(columns.kind.in_(kinds)).order_by(columns.node_id, columns.seq)
    for row in connection.execute(query):
        yield row, body_of(row.body)


def body_of(text: str) -> Mapping[str, Any]:
    """Read a body; empty when it is none, which the chain's own verification names."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
