"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from ivr.domain.evidence import stamp
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
