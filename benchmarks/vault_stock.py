"""A vault to measure: rows of recordings and keys as real ones are, loaded the fast way each database has.

Indexes and foreign keys are made after the rows and nothing is synced meanwhile; before anything is measured the
database is as durable and as much in order as in production, and the disk has written what it was given.
"""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Index

from ivr.domain.recording.state import RecordingState
from ivr.domain.retention.schedule import Duration, after
from ivr.recording.store import LocalStore
from ivr.services.ports.evidence import PersonTag
from ivr.storage.database import Database
from ivr.storage.key_part import key_part
from ivr.storage.tables import recording_keys, recording_persons, recordings

_TIMEZONE = "Europe/Paris"
_TERM = Duration(months=6)
_BATCH = 20_000
_WRAPPED_BYTES = 86
_FILE_BYTES = 512
_CONSENT = '{"caller": {"state": "NOTIFIED", "prompt": "hotline-disclosure", "offset_ms": 8120}}'
_GAPS = '[{"start_ms": 0, "end_ms": 900, "cause": "unheard"}]'
_MASKS = '[{"channel": "caller", "start_ms": 10, "end_ms": 20, "kind": "card"}]'
_RECORDING_COLUMNS = (
    "recording_id, call_id, program, purposes, policy_id, policy_version, rule_ids, retention, codec, channels, "
    "rate_hz, opened_at, node_id, state, moved_at, reason, sha256, size_bytes, duration_ms, deadline, closed_at, "
    "consent, gaps, masks, gap_count, mask_count, doubt_count, agent, disposition"
)
_KEY_COLUMNS = "recording_id, kek_id, wrapped, part"
_PERSON_COLUMNS = "tag, opened_at, recording_id, key_id"
#: Whom calls are with: one of so many agents and members, and every thousandth call with one member.
AGENT = "agent-{}"
_AGENTS, _MEMBERS, _BUSY_EVERY = 200, 300_000, 1_000
BUSY = "999999"
Cell = str | int | bytes
Row = tuple[tuple[Cell, ...], tuple[Cell, ...], tuple[Cell, ...]]
_TABLES = (("recordings", _RECORDING_COLUMNS), ("recording_keys", _KEY_COLUMNS), ("recording_persons", _PERSON_COLUMNS))


@dataclass
class Stock:
    """`count` recordings, `per_day` a day, the oldest due since yesterday; `due` counts those that are due at `now`.

    Those that are due have a small file each. Ids are random, as those of a line are.
    """

    root: Path
    now: datetime
    count: int
    per_day: int
    person: Callable[[str], PersonTag | None]
    due: int = 0

    def rows(self) -> Iterator[Row]:
        """Row of the recording, of its key, and of whose call it is, oldest first."""
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
            person = self.person(BUSY if number % _BUSY_EVERY == 0 else str(dice.randrange(_MEMBERS)))
            assert person is not None
            key_id, tag = person
            yield (
                _recording(number, recording_id, opened_at, deadline, dice),
                (
                    recording_id,
                    "kek-bench",
                    dice.randbytes(_WRAPPED_BYTES),
                    key_part(opened_at),
                ),
                (tag, _stamp(opened_at), recording_id, key_id),
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
    ours = "type = 'index' AND sql IS NOT NULL AND tbl_name IN ('recordings', 'recording_keys', 'recording_persons')"
    made = connection.execute(f"SELECT name, sql FROM sqlite_master WHERE {ours}").fetchall()
    for name, _ in made:
        connection.execute(f"DROP INDEX {name}")
    while batch := list(itertools.islice(rows, _BATCH)):
        for place, (table, columns) in enumerate(_TABLES):
            marks = ", ".join("?" * len(columns.split(",")))
            statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"
            connection.executemany(statement, [row[place] for row in batch])
    for _, statement in made:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.close()


def _load_postgresql(database: Database, rows: Iterator[Row]) -> None:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        foreign = {
            "recording_keys": "fk_recording_keys_recording_id",
            "recording_persons": "fk_recording_persons_recording_id",
        }
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for table, name in foreign.items():
            _run(connection, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        made = [_first(connection, f"SELECT pg_get_indexdef('{index.name}'::regclass)") for index in _indexes()]
        for index in _indexes():
            _run(connection, f"DROP INDEX {index.name}")
        while batch := list(itertools.islice(rows, _BATCH)):
            for place, (table, columns) in enumerate(_TABLES):
                with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                    copy.write("".join(_line(row[place]) for row in batch))
        for statement in made:
            _run(connection, statement.replace(" ON ONLY ", " ON "))
        for table, name in foreign.items():
            references = "FOREIGN KEY (recording_id) REFERENCES recordings (recording_id)"
            _run(connection, f"ALTER TABLE {table} ADD CONSTRAINT {name} {references}")
    with psycopg.connect(url, autocommit=True) as connection:
        # As autovacuum leaves it.
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def _indexes() -> list[Index]:
    return [*recordings.indexes, *recording_keys.indexes, *recording_persons.indexes]


def _run(connection: psycopg.Connection[Any], statement: str) -> psycopg.Cursor[Any]:
    return connection.execute(statement.encode())


def _first(connection: psycopg.Connection[Any], query: str) -> str:
    found = _run(connection, query).fetchone()
    assert found is not None
    return str(found[0])


def _line(row: tuple[Cell, ...]) -> str:
    """A row as COPY reads it."""
    cells = (f"\\\\x{cell.hex()}" if isinstance(cell, bytes) else str(cell) for cell in row)
    return "\t".join(cells) + "\n"


def _recording(
    number: int, recording_id: str, opened_at: datetime, deadline: datetime, dice: random.Random
) -> tuple[Cell, ...]:
    began = _stamp(opened_at)
    gaps, masks = int(number % 101 == 0), int(number % 31 == 0)
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
        3_900_000 if number % 50_000 == 0 else 180_000,
        _stamp(deadline),
        _stamp(opened_at + timedelta(minutes=3)),
        _CONSENT,
        _GAPS if gaps else "[]",
        _MASKS if masks else "[]",
        gaps,
        masks,
        int(number % 50 == 0),
        AGENT.format(number % _AGENTS),
        "LINE_FAILED" if number % 1009 == 0 else "ANSWERED",
    )


def _stamp(at: datetime) -> str:
    """`ivr.domain.evidence.chain.stamp`, in a fifth of its time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
