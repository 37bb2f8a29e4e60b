"""Call details in a database: calls of a time with their legs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import select, tuple_

from ivr.services.ports.call_details import CallDetail, DetailQuery
from ivr.services.ports.evidence import CallRow, LegRow
from ivr.storage.database import Database
from ivr.storage.tables import calls, legs

_PAGE = 500


class SqlCallDetails:
    """Port CallDetails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, query: DetailQuery) -> list[CallDetail]:
        asked = select(calls).order_by(calls.c.started_at.desc(), calls.c.call_id.desc()).limit(query.limit)
        if query.since is not None:
            asked = asked.where(calls.c.started_at >= query.since)
        if query.until is not None:
            asked = asked.where(calls.c.started_at < query.until)
        if query.program:
            asked = asked.where(calls.c.program == query.program)
        if query.dispositions:
            asked = asked.where(calls.c.disposition.in_(query.dispositions))
        if query.after is not None:
            asked = asked.where(tuple_(calls.c.started_at, calls.c.call_id) < query.after)
        found: defaultdict[str, list[LegRow]] = defaultdict(list)
        with self._database.reading() as connection:
            rows = [CallRow(**row._mapping) for row in connection.execute(asked)]
            mine = select(legs).where(legs.c.call_id.in_([row.call_id for row in rows]))
            for row in connection.execute(mine.order_by(legs.c.began_at, legs.c.leg_id)) if rows else ():
                found[row.call_id].append(LegRow(**row._mapping))
        return [CallDetail(row, tuple(found[row.call_id])) for row in rows]

    def each(self, query: DetailQuery) -> Iterator[CallDetail]:
        query = replace(query, after=None, limit=_PAGE)
        while page := self.page(query):
            yield from page
            last = page[-1].call
            query = replace(query, after=(last.started_at, last.call_id))
