"""When evidence was written, for who must judge a clock."""

from __future__ import annotations

from collections.abc import Generator

from sqlalchemy import and_, select

from ivr.domain.evidence.clock_check import EventTime
from ivr.storage.database import Database
from ivr.storage.tables import audit_events, audit_heads

_E = audit_events.c
_PAGE = 10_000


class SqlEvidenceTimes:
    """Port EvidenceTimes for one node."""

    def __init__(self, database: Database, node_id: str) -> None:
        self._database = database
        self._node_id = node_id

    def own(self, seq: int) -> Generator[EventTime, None, None]:
        query = select(_E.node_id, _E.seq, _E.at).where(_E.node_id == self._node_id, _E.seq >= seq).order_by(_E.seq)
        with (
            self._database.reading() as connection,
            connection.execution_options(yield_per=_PAGE).execute(query) as rows,
        ):
            for row in rows:
                yield EventTime(row.node_id, row.seq, row.at)

    def last_of_others(self) -> list[EventTime]:
        last = and_(_E.node_id == audit_heads.c.node_id, _E.seq == audit_heads.c.seq)
        query = select(_E.node_id, _E.seq, _E.at).join(audit_heads, last).where(_E.node_id != self._node_id)
        with self._database.reading() as connection:
            return [EventTime(row.node_id, row.seq, row.at) for row in connection.execute(query.order_by(_E.node_id))]
