"""Where a wrapped key lies: by the day its recording began, so that what is destroyed together lies together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, Connection, bindparam, select, true

from ivr.storage.tables import recording_keys, recordings

#: As many as migration 0004 made partitions on PostgreSQL; on SQLite the number only stands in its column.
PARTS = 64
_EPOCH = date(1970, 1, 1)


def key_part(opened_at: datetime) -> int:
    """Day (UTC) since 1970 modulo 64. A day's calls share a part with those of 64, 128… days before.

    None of the usual terms is a multiple of 64 days (six months, one year, two…): a purge does not rewrite the part
    that today's calls write to.
    """
    return (opened_at.astimezone(UTC).date() - _EPOCH).days % PARTS


def in_parts_of(connection: Connection, began: Iterable[datetime]) -> ColumnElement[bool]:
    """The condition that a key lies where those of recordings that began at these times do.

    The numbers stand in the statement itself: PostgreSQL then opens and locks these parts and no others.
    """
    if connection.dialect.name != "postgresql":
        return true()
    parts = sorted({key_part(opened_at) for opened_at in began})
    return recording_keys.c.part.in_(bindparam("parts", parts, expanding=True, literal_execute=True))


def where_keys_lie(connection: Connection, recording_ids: Sequence[str]) -> ColumnElement[bool]:
    """`in_parts_of` these recordings, and their ids."""
    mine = recording_keys.c.recording_id.in_(recording_ids)
    if connection.dialect.name != "postgresql":
        return mine
    query = select(recordings.c.opened_at).where(recordings.c.recording_id.in_(recording_ids))
    return in_parts_of(connection, connection.execute(query).scalars()) & mine


def with_key(connection: Connection, rows: Sequence[tuple[str, datetime]]) -> set[str]:
    """Which of these recordings, given as pairs of id and beginning, have a key."""
    if not rows:
        return set()
    mine = recording_keys.c.recording_id.in_([recording_id for recording_id, _ in rows])
    there = in_parts_of(connection, (opened_at for _, opened_at in rows))
    return set(connection.execute(select(recording_keys.c.recording_id).where(there, mine)).scalars())
