"""Counts over many calls in a database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import func, select

from ivr.storage.database import Database
from ivr.storage.tables import KEPT, audit_events, calls, quality_analyses, recordings

_BATCH = 1_000


class SqlCallCounts:
    """Port CallCounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def calls(self, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
        query = (
            select(calls.c.program, calls.c.disposition, func.count())
            .where(calls.c.started_at >= since, calls.c.started_at < until)
            .group_by(calls.c.program, calls.c.disposition)
        )
        with self._database.reading() as connection:
            return {(program, disposition): count for program, disposition, count in connection.execute(query)}

    def events(self, kind: str, since: datetime, until: datetime) -> Iterator[tuple[str, Mapping[str, object]]]:
        query = (
            select(calls.c.program, audit_events.c.body)
            .join(calls, calls.c.call_id == audit_events.c.call_id)
            .where(audit_events.c.kind == kind, audit_events.c.at >= since, audit_events.c.at < until)
            .execution_options(yield_per=_BATCH)
        )
        with self._database.reading() as connection:
            for program, body in connection.execute(query):
                yield program, json.loads(body)

    def gaps(self, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
        query = (
            select(recordings.c.program, recordings.c.gaps)
            .where(recordings.c.gap_count > 0, recordings.c.opened_at >= since, recordings.c.opened_at < until)
            .execution_options(yield_per=_BATCH)
        )
        found: Counter[tuple[str, str]] = Counter()
        with self._database.reading() as connection:
            for program, gaps in connection.execute(query):
                found.update((program, cause) for cause in {str(gap["cause"]) for gap in gaps})
        return found

    def deadlines(self, since: datetime, until: datetime) -> Mapping[str, int]:
        query = (
            select(recordings.c.program, func.count())
            .where(KEPT, recordings.c.deadline >= since, recordings.c.deadline < until)
            .group_by(recordings.c.program)
        )
        with self._database.reading() as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(query)}

    def scores(self, since: datetime, until: datetime) -> Iterator[tuple[str, int]]:
        query = (
            select(quality_analyses.c.program, quality_analyses.c.tenths)
            .where(quality_analyses.c.counts, quality_analyses.c.tenths.is_not(None))
            .where(quality_analyses.c.called_at >= since, quality_analyses.c.called_at < until)
            .execution_options(yield_per=_BATCH)
        )
        with self._database.reading() as connection:
            yield from ((row.program, row.tenths) for row in connection.execute(query))
