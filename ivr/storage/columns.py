"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from ivr.domain.evidence.chain import stamp
from ivr.errors import ArchiveError


class UtcTime(TypeDecorator[datetime]):
    """An aware time, UTC on both sides: `timestamptz` on PostgreSQL, ISO 8601 text on SQLite (sorts by time)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ArchiveError(f"time {value} has no time zone", remedy="give aware times (UTC)")
        return stamp(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (TypeError, ValueError):
            return self.unreadable(value)

    def unreadable(self, value: Any) -> datetime:
        raise ArchiveError(f"'{value}' in the database is no time", remedy="restore the database from a backup")


class EvidenceTime(UtcTime):
    """Like UtcTime, but a time that was tampered with is for the chain's verifier to report, not a reason to stop."""

    cache_ok = True

    def unreadable(self, value: Any) -> datetime:
        return datetime.min.replace(tzinfo=UTC)


class DoubtfulTime(datetime):
    """What stands in a row where a time should be; as a time it is of no use, and it says `text` of itself."""

    text: Any = ""


class DoubtfulTimeColumn(UtcTime):
    """Like UtcTime, but one unreadable time spoils only its own row: it is read as a DoubtfulTime.

    Given back to a query it stands for the very text that was read, so that a page can end at it.
    """

    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return value.text if isinstance(value, DoubtfulTime) else super().process_bind_param(value, dialect)

    def unreadable(self, value: Any) -> datetime:
        found = DoubtfulTime(1, 1, 2, tzinfo=UTC)
        found.text = value
        return found
