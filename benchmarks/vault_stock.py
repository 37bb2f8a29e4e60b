"""A vault to measure: rows of recordings and keys as real ones are, loaded the fast way each database has.

Indexes and foreign keys are made after the rows and nothing is synced meanwhile; before anything is measured the
database is as durable and as much in order as in production, and the disk has written what it was given.
"""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL
from sqlalchemy import Index

from ivr.domain.recording.state import RecordingState
from ivr.domain.retention.schedule import Duration, after
from ivr.recording.store import LocalStore
from ivr.storage.database import Database
from ivr.storage.key_part import key_part
from ivr.storage.tables import recording_keys, recordings

_TIMEZONE = "Europe/Paris"
_TERM = Duration(months=6)
_BATCH = 20_000
_WRAPPED_BYTES = 86
_FILE_BYTES = 512
_CONSENT = '{"caller": {"state": "NOTIFIED", "prompt": "hotline-disclosure", "offset_ms": 8120}}'
_RECORDING_COLUMNS = (
    "recording_id, call_id, program, purposes, policy_id, policy_version, rule_ids, retention, codec, channels, "
    "rate_hz, opened_at, node_id, state, moved_at, reason, sha256, size_bytes, duration_ms, deadline, closed_at, "
    "consent, gaps, masks"
)
_KEY_COLUMNS = "recording_id, kek_id, wrapped, part"
Cell = str | int | bytes
Row = tuple[tuple[Cell, ...], tuple[Cell, ...]]


@dataclass
class Stock:
    """`count` recordings, `per_day` a day, the oldest due since yesterday; `due` counts those that are due at `now`.

    Those that are due have a small file each. Ids are random, as those of a line are.
    """

    root: Path
    now: datetime
    count: int
    per_day: int
    due: int = 0

    def rows(self) -> Iterator[Row]:
        """Row of the recording and row of its key, oldest first."""
        dice = random.Random(7)
        store = LocalStore(self.root)
        first = after(self.now - timedelta(days=1), Duration(months=-_TERM.months), _TIMEZONE)
        terms: dict[tuple[int, int], timedelta] = {}
        for number in range(self.count):
            opened_at = first + timedelta(days=1) / self.per_day * number
            # The term of six months is the same for all calls of an hour.
            hour = (opened_at.toordinal(), opened_at.hour)
            if hour not in terms:
                terms[hour] = after(opened_at, _TERM, _TIMEZONE) - opened_at
            deadline = opened_at + terms[hour]
            if self.now < deadline < self.now + timedelta(hours=2):
                # Nothing falls due while we measure.
                opened_at, deadline = opened_at + timedelta(hours=2), deadline + timedelta(hours=2)
            recording_id = f"{dice.getrandbits(128):032x}"
            if deadline <= self.now:
                self.due += 1
                path = store.path(recording_id)
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.write_bytes(dice.randbytes(_FILE_BYTES))
            yield (
                _recording(number, recording_id, opened_at, deadline, dice),
                (
                    recording_id,
                    "kek-bench",
                    dice.randbytes(_WRAPPED_BYTES),
                    key_part(opened_at),
                ),
            )


def load(database: Database, rows: Iterator[Row], count: int) -> None:
    """Put the next `count` rows into the database."""
    some = itertools.islice(rows, count)
    if database.is_sqlite:
        _load_sqlite(database, some)
    else:
        _load_postgresql(database, some)
    # What loading has left to the disk is not the purge's to wait for.
    os.sync()


def _load_sqlite(database: Database, rows: Iterator[Row]) -> None:
    database.close()
    path = str(database.engine.url.database)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "secure_delete=OFF", "cache_size=-600000"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("BEGIN EXCLUSIVE")
    ours = "type = 'index' AND sql IS NOT NULL AND tbl_name IN ('recordings', 'recording_keys')"
    made = connection.execute(f"SELECT name, sql FROM sqlite_master WHERE {ours}").fetchall()
    for name, _ in made:
        connection.execute(f"DROP INDEX {name}")
    marks = ", ".join("?" * len(_RECORDING_COLUMNS.split(",")))
    while batch := list(itertools.islice(rows, _BATCH)):
        connection.executemany(
            f"INSERT INTO recordings ({_RECORDING_COLUMNS}) VALUES ({marks})", [recording for recording, _ in batch]
        )
        connection.executemany(
            f"INSERT INTO recording_keys ({_KEY_COLUMNS}) VALUES (?, ?, ?, ?)", [key for _, key in batch]
        )
    for _, statement in made:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.close()


def _load_postgresql(database: Database, rows: Iterator[Row]) -> None:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        foreign = "fk_recording_keys_recording_id"
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        _run(connection, f"ALTER TABLE recording_keys DROP CONSTRAINT {foreign}")
        made = [_first(connection, f"SELECT pg_get_indexdef('{index.name}'::regclass)") for index in _indexes()]
        for index in _indexes():
            _run(connection, f"DROP INDEX {index.name}")
        while batch := list(itertools.islice(rows, _BATCH)):
            with connection.cursor().copy(
                SQL("COPY recordings ({}) FROM STDIN").format(SQL(_RECORDING_COLUMNS))
            ) as copy:
                copy.write("".join("\t".join(map(str, recording)) + "\n" for recording, _ in batch))
            with connection.cursor().copy(SQL("COPY recording_keys ({}) FROM STDIN").format(SQL(_KEY_COLUMNS))) as copy:
                copy.write("".join(_key_line(key) for _, key in batch))
        for statement in made:
            _run(connection, statement.replace(" ON ONLY ", " ON "))
        _run(
            connection,
            f"ALTER TABLE recording_keys ADD CONSTRAINT {foreign} "
            "FOREIGN KEY (recording_id) REFERENCES recordings (recording_id)",
        )
    with psycopg.connect(url, autocommit=True) as connection:
        # As autovacuum leaves it.
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def _indexes() -> list[Index]:
    return [*recordings.indexes, *recording_keys.indexes]


def _run(connection: psycopg.Connection[Any], statement: str) -> psycopg.Cursor[Any]:
    return connection.execute(statement.encode())


def _first(connection: psycopg.Connection[Any], query: str) -> str:
    found = _run(connection, query).fetchone()
    assert found is not None
    return str(found[0])


def _key_line(key: tuple[Cell, ...]) -> str:
    recording_id, kek_id, wrapped, part = key
    assert isinstance(wrapped, bytes)
    return f"{recording_id!s}\t{kek_id!s}\t\\\\x{wrapped.hex()}\t{part!s}\n"


def _recording(
    number: int, recording_id: str, opened_at: datetime, deadline: datetime, dice: random.Random
) -> tuple[Cell, ...]:
    began = _stamp(opened_at)
    return (
        recording_id,
        f"{dice.getrandbits(128):032x}",
        "prospecting" if number % 20 == 0 else "hotline-quality",
        '["quality"]',
        "fr-2026",
        "2026-11-01",
        '["REC-001", "REC-007"]',
        "quality_audio",
        "opus",
        '["caller", "heard_by_caller"]',
        8000,
        began,
        f"node-{number % 4}",
        (RecordingState.DAMAGED if number % 997 == 0 else RecordingState.SEALED).value,
        began,
        "",
        f"{dice.getrandbits(256):064x}",
        _FILE_BYTES,
        180_000,
        _stamp(deadline),
        _stamp(opened_at + timedelta(minutes=3)),
        _CONSENT,
        "[]",
        "[]",
    )


def _stamp(at: datetime) -> str:
    """`ivr.domain.evidence.chain.stamp`, in a fifth of its time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
