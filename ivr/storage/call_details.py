"""Call details in a database: calls of a time with their legs, each page read in the order of an index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_

from ivr.services.ports.call_details import CallDetail, DetailQuery
from ivr.services.ports.evidence import CallRow, LegRow
from ivr.storage.database import Database
from ivr.storage.tables import calls, legs

_PAGE = 500
_C = calls.c


class SqlCallDetails:
    """Port CallDetails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, query: DetailQuery) -> list[CallDetail]:
        found: defaultdict[str, list[LegRow]] = defaultdict(list)
        with self._database.reading() as connection:
            rows = [CallRow(**row._mapping) for one in page_queries(query) for row in connection.execute(one)]
            rows = sorted(rows, key=lambda row: (row.started_at, row.call_id), reverse=True)[: query.limit]
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


def page_queries(query: DetailQuery) -> list[Select[Any]]:
    """The queries of a page: one per ending, since one over several would sort all that they have."""
    conditions: list[ColumnElement[bool]] = [_C.program == query.program] if query.program else []
    if query.since is not None:
        conditions.append(_C.started_at >= query.since)
    if query.until is not None:
        conditions.append(_C.started_at < query.until)
    if query.after is not None:
        conditions.append(tuple_(_C.started_at, _C.call_id) < query.after)
    asked = select(calls).where(*conditions).order_by(_C.started_at.desc(), _C.call_id.desc()).limit(query.limit)
    if not query.dispositions:
        return [asked]
    return [asked.where(_C.disposition == one) for one in dict.fromkeys(query.dispositions)]
