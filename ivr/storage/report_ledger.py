"""Reports of calls as retention sees them, in a database: the oldest first, and their end with the evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, and_, delete, literal, or_, select, type_coerce

from ivr.domain.retention.legal_hold import LegalHold
from ivr.services.ports.call_reports import Place, StoredReport
from ivr.services.ports.evidence import Entry
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.columns import DoubtfulTime, DoubtfulTimeColumn
from ivr.storage.database import Database
from ivr.storage.legal_holds import active_holds, keep_holds_still
from ivr.storage.tables import calls, legs, recordings

_C = calls.c
#: Sorts behind every digit.
_BEHIND_DATES = ":"
_FAULT = "its beginning in the database is no time"


class SqlReportLedger:
    """Port ReportLedger."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def begun(self, at: datetime, *, limit: int, after: Place | None = None) -> list[StoredReport]:
        with self._database.reading() as connection:
            page = _load(connection, begun_query(at, limit=limit, after=after))
            if after is None and self._database.is_sqlite:
                # Text that sorts behind every date would never fall due, and nobody would be told.
                beyond = _rows().where(type_coerce(_C.started_at, Text) > _BEHIND_DATES).limit(limit)
                page = _load(connection, beyond) + page
            return page

    def destroy(
        self,
        call_ids: Sequence[str],
        chosen: Callable[[Sequence[StoredReport]], Collection[str]],
        entry: Callable[[int], Entry],
    ) -> int:
        with self._database.writing() as connection:
            keep_holds_still(connection, alone=False)
            # In one order, so that two runs that want the same rows never wait for each other in a circle.
            mine = _rows().where(_C.call_id.in_(call_ids)).order_by(_C.call_id).with_for_update()
            gone = chosen(_load(connection, mine))
            if not gone:
                return 0
            count = connection.execute(delete(legs).where(legs.c.call_id.in_(gone))).rowcount
            connection.execute(delete(calls).where(_C.call_id.in_(gone)))
            self._audit.append_within(connection, [entry(count)])
        return count


def begun_query(at: datetime, *, limit: int, after: Place | None = None) -> Select[tuple[object, ...]]:
    """What `begun` asks."""
    query = _rows().where(_C.started_at <= at).order_by(_C.started_at, _C.call_id).limit(limit)
    if after is None:
        return query
    begun, call_id = literal(after[0], DoubtfulTimeColumn), after[1]
    later = or_(_C.started_at > begun, and_(_C.started_at == begun, _C.call_id > call_id))
    return query.where(_C.started_at >= begun, later)


def _rows() -> Select[tuple[object, ...]]:
    lenient = type_coerce(_C.started_at, DoubtfulTimeColumn).label(_C.started_at.key)
    return select(_C.call_id, lenient, _C.recording_id)


def _load(connection: Connection, query: Select[tuple[object, ...]]) -> list[StoredReport]:
    rows = connection.execute(query).all()
    holds = _holds(connection, rows) if rows else {}
    return [
        StoredReport(
            row.call_id,
            row.started_at,
            holds.get(row.call_id, ()),
            _FAULT if isinstance(row.started_at, DoubtfulTime) else "",
        )
        for row in rows
    ]


def _holds(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, tuple[LegalHold, ...]]:
    """By call, what is active on the recording that its report names, or on one that names the call."""
    calls_of: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.recording_id:
            calls_of[row.recording_id].add(row.call_id)
    named = select(recordings.c.recording_id, recordings.c.call_id)
    for one in connection.execute(named.where(recordings.c.call_id.in_([row.call_id for row in rows]))):
        calls_of[one.recording_id].add(one.call_id)
    found: dict[str, dict[str, LegalHold]] = defaultdict(dict)
    for recording_id, holds in active_holds(connection, sorted(calls_of), narrowed=True).items():
        for call_id in calls_of[recording_id]:
            found[call_id].update({hold.id: replace(hold, items=frozenset({call_id})) for hold in holds})
    return {call_id: tuple(holds[hold_id] for hold_id in sorted(holds)) for call_id, holds in found.items()}
