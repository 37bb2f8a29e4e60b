"""What should be destroyed by now and is still there, counted in a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, exists, func, select
from sqlalchemy.sql.elements import TextClause

from ivr.domain.retention.legal_hold import HoldState
from ivr.services.ports.operation import Late
from ivr.storage.call_counts import SqlCallCounts
from ivr.storage.database import Database
from ivr.storage.tables import (
    KEPT,
    cases,
    legal_hold_items,
    legal_holds,
    quality_analyses,
    quality_calibrations,
    quality_samples,
    recordings,
)

_HELD = exists().where(
    legal_hold_items.c.recording_id == recordings.c.recording_id,
    legal_holds.c.hold_id == legal_hold_items.c.hold_id,
    legal_holds.c.state == HoldState.ACTIVE.value,
)


class SqlOverdue:
    """Port Overdue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recordings(self, before: datetime) -> Late:
        return self._late(recordings.c.deadline, before, KEPT, ~_HELD)

    def documents(self, before: datetime) -> Late:
        tables = (quality_analyses, quality_samples, quality_calibrations)
        return _together([self._late(table.c.deadline, before) for table in tables])

    def cases(self, before: datetime) -> Late:
        return self._late(cases.c.keep_until, before)

    def gaps(self, since: datetime, until: datetime) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for (_, cause), count in SqlCallCounts(self._database).gaps(since, until).items():
            found[cause] += count
        return found

    def _late(self, at: Column[Any], before: datetime, *where: ColumnElement[bool] | TextClause) -> Late:
        query = select(func.count(), func.min(at)).where(at < before, *where)
        with self._database.reading() as connection:
            count, since = connection.execute(query).one()
        return Late(count, since)


def _together(found: list[Late]) -> Late:
    return Late(
        sum(one.count for one in found), min((one.since for one in found if one.since is not None), default=None)
    )
