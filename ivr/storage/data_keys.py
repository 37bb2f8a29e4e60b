"""Rows of wrapped keys: destroyed so that no file of the database holds their bytes any more, and wrapped again.

Why a DELETE is not enough, and what write-ahead logs and backups still hold: ADR 11.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, String, delete, func, insert, inspect, literal_column, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from ivr.errors import HostError
from ivr.services.ports.keys import WrappedKey as WrappedRow
from ivr.storage.claim import claimed
from ivr.storage.database import Database
from ivr.storage.key_part import in_parts_of, key_part, where_keys_lie
from ivr.storage.tables import (
    cases,
    key_wipes,
    member_lists,
    person_keys,
    recording_keys,
    recording_notes,
    recordings,
)

#: Ids in one statement: SQLite allows 32,766 parameters.
_BATCH = 5_000
_PART = literal_column("tableoid::regclass::text", String())
#: While we wait to rewrite a part nobody else may use it: behind a reader that does not end we try again later.
_PATIENCE = "300ms"
#: Whatever a KEK wraps: recordings' keys, that of the list of members, those of persons' hashes and of the desk's
#: files; each by its id.
_HOLDERS = (
    (recording_keys, recording_keys.c.recording_id),
    (member_lists, member_lists.c.list_id),
    (person_keys, person_keys.c.key_id),
    (cases, cases.c.case_id),
)


#: How the ids of keys of persons' hashes begin, and those of the desk's files.
PERSON_KEY, CASE_KEY = "persons-", "case-"
_PREFIXED = ((PERSON_KEY, _HOLDERS[2]), (CASE_KEY, _HOLDERS[3]))


@dataclass(frozen=True)
class WrappedKey:
    """One row: a data key as `kek_id` wrapped it; what is no recording's goes by its own id."""

    recording_id: str
    kek_id: str
    wrapped: bytes = field(repr=False)


def add(connection: Connection, recording_id: str, wrapped: bytes, kek_id: str, *, opened_at: datetime) -> None:
    """`opened_at` is the recording's and decides where its key lies: it may never change."""
    row = {"recording_id": recording_id, "kek_id": kek_id, "wrapped": wrapped, "part": key_part(opened_at)}
    connection.execute(insert(recording_keys), [row])


def read(connection: Connection, recording_id: str) -> bytes | None:
    """The wrapped key; None when there is none (any more)."""
    query = select(recording_keys.c.wrapped).where(where_keys_lie(connection, [recording_id]))
    wrapped = connection.execute(query).scalar_one_or_none()
    return None if wrapped is None else bytes(wrapped)


def destroy(database: Database, recording_ids: Sequence[str]) -> None:
    """Delete the keys in one transaction, then wipe their bytes from the database's files, now or at the next time.

    Inside `Database.together` nothing is wiped yet: the deletion has not happened.
    """
    erased = False
    with database.writing() as connection:
        for at in range(0, len(recording_ids), _BATCH):
            erased |= erase(connection, recording_ids[at : at + _BATCH])
    if erased and database.joint is None:
        wipe(database)


def erase(connection: Connection, recording_ids: Sequence[str]) -> bool:
    """Delete the keys in the caller's transaction and note which parts to `wipe` after it; True when there were any.

    Notes at moments of these recordings go with the key that opens them.
    """
    mine = where_keys_lie(connection, recording_ids)
    if connection.dialect.name == "postgresql":
        # Locks in one order with `_rewrite`: the part first, its note second.
        parts = sorted(set(connection.execute(delete(recording_keys).where(mine).returning(_PART)).scalars()))
        notes = postgresql.insert(key_wipes).on_conflict_do_nothing()
    else:
        # In place, besides what secure_delete does.
        zeros = func.zeroblob(func.length(recording_keys.c.wrapped))
        parts = (
            ["recording_keys"]
            if connection.execute(update(recording_keys).where(mine).values(wrapped=zeros)).rowcount
            else []
        )
        connection.execute(delete(recording_keys).where(mine))
        notes = sqlite.insert(key_wipes).on_conflict_do_nothing()  # type: ignore[assignment]
    # After the keys: who writes a note holds its key until then, and finds none from then on.
    connection.execute(delete(recording_notes).where(recording_notes.c.recording_id.in_(recording_ids)))
    if parts:
        connection.execute(notes, [{"part": part} for part in parts])
    return bool(parts)


def wipe(database: Database) -> bool:
    """Rewrite what may still hold destroyed keys; True when nothing is left to do. Never raises: it is tried again."""
    try:
        with database.reading() as connection:
            parts = list(connection.execute(select(key_wipes.c.part)).scalars())
        for part in parts:
            if database.is_sqlite:
                if not database.empty_log():
                    return False
                with database.writing() as connection:
                    connection.execute(delete(key_wipes).where(key_wipes.c.part == part))
            else:
                _rewrite(database, part)
    except HostError:
        return False
    return True


def pending(database: Database) -> int:
    """How many parts of the key table wait to be wiped."""
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(key_wipes)).scalar_one()


class SqlKeyTable:
    """KeyTable: what a rotation of the KEK reads and replaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def under_others(self, kek_id: str, *, after: str, limit: int) -> list[WrappedKey]:
        parts = [
            select(one, table.c.kek_id, table.c.wrapped).where(table.c.kek_id != kek_id, one > after)
            for table, one in _HOLDERS
        ]
        with self._database.reading() as connection:
            found = connection.execute(union_all(*parts).order_by("recording_id").limit(limit))
            return [WrappedKey(one, kek, bytes(wrapped)) for one, kek, wrapped in found]

    def per_kek(self) -> Mapping[str, int]:
        held: Counter[str] = Counter()
        with self._database.reading() as connection:
            for table, _ in _HOLDERS:
                # A database that is not upgraded yet may lack one.
                if inspect(connection).has_table(table.name):
                    query = select(table.c.kek_id, func.count().label("held")).group_by(table.c.kek_id)
                    held.update({row.kek_id: row.held for row in connection.execute(query)})
        return held

    def rewrap(self, changes: Sequence[tuple[WrappedRow, bytes]], kek_id: str) -> int:
        done = 0
        began = select(recordings.c.recording_id, recordings.c.opened_at)
        with self._database.writing() as connection:
            rows = connection.execute(
                began.where(recordings.c.recording_id.in_([old.recording_id for old, _ in changes]))
            )
            opened_at = {row.recording_id: row.opened_at for row in rows}
            for old, wrapped in changes:
                if old.recording_id in opened_at:
                    there = in_parts_of(connection, [opened_at[old.recording_id]])
                    there &= recording_keys.c.recording_id == old.recording_id
                    change = update(recording_keys).where(there, recording_keys.c.wrapped == old.wrapped)
                else:
                    # The ids of the others tell which is which.
                    table, one = next(
                        (holder for prefix, holder in _PREFIXED if old.recording_id.startswith(prefix)), _HOLDERS[1]
                    )
                    change = update(table).where(one == old.recording_id, table.c.wrapped == old.wrapped)
                done += connection.execute(change.values(kek_id=kek_id, wrapped=wrapped)).rowcount
        return done

    def claim(self, name: str) -> AbstractContextManager[None]:
        return claimed(self._database, name)


def _rewrite(database: Database, part: str) -> None:
    """Give a partition new files with the living keys only: those of one day and of the days 64, 128… before it.

    VACUUM would leave the bytes in the page's free space, VACUUM FULL in rows that an old snapshot may see.
    """
    with database.writing() as connection:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        connection.exec_driver_sql(f"LOCK TABLE {part} IN ACCESS EXCLUSIVE MODE")
        if connection.execute(delete(key_wipes).where(key_wipes.c.part == part)).rowcount == 0:
            return
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE living_keys ON COMMIT DROP AS SELECT * FROM {part}")
        connection.exec_driver_sql(f"TRUNCATE {part}")
        connection.exec_driver_sql(f"INSERT INTO {part} SELECT * FROM living_keys")
