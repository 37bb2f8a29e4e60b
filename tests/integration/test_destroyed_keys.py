"""Destroyed means destroyed: the bytes of a purged key are searched for in the raw files of both databases."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from ivr.domain.recording.state import RecordingEvent
from ivr.recording.data_keys import LocalKeyRing
from ivr.services.ports.vault import RecordingTag
from ivr.storage import data_keys
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from ivr.storage.key_part import PARTS, key_part
from tests.databases import KINDS, bare_url, fresh_url
from tests.fakes.vault import a_tag

COUNT = 300


class Stock:
    """A database with keys in it, and the raw bytes of its files."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.database = Database.open(fresh_url(kind, folder))
        self.catalogue = SqlCatalogue(self.database)
        self.ring = LocalKeyRing.create(folder / "kek")
        self.wrapped: dict[str, bytes] = {}

    def fill(self, count: int) -> None:
        for number in range(count):
            recording_id = f"rec-{number}"
            _, self.wrapped[recording_id] = self.ring.new_data_key(recording_id)
            self.catalogue.add(a_tag(recording_id), self.wrapped[recording_id], self.ring.kek_id)

    def secret(self, recording_id: str) -> bytes:
        """The part that only the KEK opens."""
        return self.wrapped[recording_id][-48:]

    def finish(self) -> None:
        """Do what the next sweep does: a busy server's own housekeeping may have been in the way of a first wipe.

        Nothing of the kind is there on SQLite, whose first wipe must have done it.
        """
        assert self.kind != "sqlite" or data_keys.pending(self.database) == 0
        assert any(data_keys.wipe(self.database) for _ in range(10)), (
            f"{data_keys.pending(self.database)} parts are not wiped"
        )

    def data_files(self) -> bytes:
        if self.kind == "sqlite":
            path = Path(str(self.database.engine.url.database))
            return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
        with self.database.reading() as connection:
            query = "SELECT oid FROM pg_database WHERE datname = current_database()"
            mine = connection.execute(text(query)).scalar_one()
        # Not the databases of earlier tests: each search would read all of them.
        return self._server(f"base/{mine}", "base/pgsql_tmp", "global", "pg_tblspc")

    def log_files(self) -> bytes:
        return self._server("pg_wal")

    def _server(self, *folders: str) -> bytes:
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))
            root = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        files = [file for name in folders for file in (root / name).rglob("*") if file.is_file()]
        return b"".join(_read(file) for file in files)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        # The server removed it after we had listed it.
        return b""


@pytest.fixture(params=KINDS)
def stock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stock]:
    made = Stock(request.param, tmp_path)
    yield made
    made.database.close()


def test_a_purged_key_stands_in_no_data_file_and_the_others_still_do(stock: Stock) -> None:
    stock.fill(COUNT)
    before = stock.data_files()
    assert all(stock.secret(one) in before for one in stock.wrapped)
    gone = [f"rec-{number}" for number in range(0, COUNT, 3)]
    stock.catalogue.destroy_keys(["rec-1"])
    stock.catalogue.destroy_keys(gone)
    stock.finish()
    after = stock.data_files()
    for one in stock.wrapped:
        assert (stock.secret(one) in after) is (one not in gone and one != "rec-1"), one
    assert data_keys.pending(stock.database) == 0
    assert stock.catalogue.wrapped_key("rec-2") == stock.wrapped["rec-2"]


def test_the_servers_statistics_hold_no_key(stock: Stock) -> None:
    """PostgreSQL samples columns, by itself on a busy day, and keeps what it sampled in a table of its own."""
    stock.fill(COUNT)
    with stock.database.writing() as connection:
        connection.execute(text("ANALYZE"))
    stock.catalogue.destroy_keys(list(stock.wrapped))
    stock.finish()
    after = stock.data_files()
    assert [one for one in stock.wrapped if stock.secret(one) in after] == []


def test_a_reader_in_the_way_puts_the_wipe_off_and_the_next_one_does_it(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_keys, "_PATIENCE", "100ms")
    stock.fill(5)
    with stock.database.reading() as connection:
        connection.execute(text("SELECT wrapped FROM recording_keys")).all()
        if stock.kind == "sqlite":
            # SQLite waits for readers as long as for writers; in this test it need not.
            _hurry(stock.database)
        stock.catalogue.destroy_keys(["rec-3"])
        assert not stock.catalogue.get("rec-3").has_key
        assert data_keys.pending(stock.database) == 1
        assert not stock.catalogue.wipe_destroyed_keys()
    assert stock.catalogue.wipe_destroyed_keys()
    assert data_keys.pending(stock.database) == 0
    assert stock.secret("rec-3") not in stock.data_files()


def _hurry(database: Database) -> None:
    @event.listens_for(database.engine, "checkout")
    def _patience(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout=100")


def test_keys_written_while_others_are_destroyed_are_all_there(stock: Stock) -> None:
    stock.fill(60)
    faults: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(60):
                name = f"new-{number}"
                stock.wrapped[name] = stock.ring.new_data_key(name)[1]
                stock.catalogue.add(a_tag(name), stock.wrapped[name], stock.ring.kek_id)
        except BaseException as fault:
            faults.append(fault)

    writer = threading.Thread(target=write)
    writer.start()
    for number in range(60):
        stock.catalogue.destroy_keys([f"rec-{number}"])
    writer.join()
    assert faults == []
    for number in range(60):
        assert stock.catalogue.wrapped_key(f"new-{number}") == stock.wrapped[f"new-{number}"]
        assert not stock.catalogue.get(f"rec-{number}").has_key


def test_two_that_destroy_the_same_key_do_not_hinder_each_other(stock: Stock) -> None:
    stock.fill(40)
    faults: list[BaseException] = []

    def destroy() -> None:
        try:
            for number in range(40):
                stock.catalogue.destroy_keys([f"rec-{number}"])
        except BaseException as fault:
            faults.append(fault)

    both = [threading.Thread(target=destroy) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert faults == []
    assert stock.catalogue.find(has_key=True) == []
    assert stock.catalogue.wipe_destroyed_keys()


def test_postgresql_forgets_its_write_ahead_log_when_segments_are_not_recycled(tmp_path: Path) -> None:
    """With wal_recycle off, the log keeps nothing behind the second checkpoint (ADR 11)."""
    stock = Stock("postgresql", tmp_path)
    with stock.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
        try:
            for change in ("wal_recycle = off", "min_wal_size = '32MB'"):
                server.execute(text(f"ALTER SYSTEM SET {change}"))
            server.execute(text("SELECT pg_reload_conf()"))
            stock.fill(3)
            assert stock.secret("rec-1") in stock.log_files()
            stock.catalogue.destroy_keys(["rec-1"])
            for _ in range(2):
                server.execute(text("SELECT pg_switch_wal()"))
                server.execute(text("CHECKPOINT"))
            assert stock.secret("rec-1") not in stock.log_files()
        finally:
            server.execute(text("ALTER SYSTEM RESET wal_recycle"))
            server.execute(text("ALTER SYSTEM RESET min_wal_size"))
            server.execute(text("SELECT pg_reload_conf()"))
    stock.database.close()


def test_wiping_on_postgresql_rewrites_the_keys_of_that_day_and_no_others(tmp_path: Path) -> None:
    """What a purge costs follows what is due, not what is stored."""
    stock = Stock("postgresql", tmp_path)
    for number in range(30):
        stock.catalogue.add(_of_day(number), b"wrapped", "kek-1")

    def files() -> dict[int, int]:
        query = "SELECT right(relname, 2)::int, pg_relation_filenode(oid) FROM pg_class WHERE relname ~ :named"
        with stock.database.reading() as connection:
            found = connection.execute(text(query), {"named": r"^recording_keys_\d\d$"})
            return dict(found.all())

    before = files()
    assert len(before) == PARTS
    stock.catalogue.destroy_keys(["rec-4", "rec-20"])
    stock.finish()
    after = files()
    changed = {part for part in before if before[part] != after[part]}
    assert changed == {key_part(_of_day(number).opened_at) for number in (4, 20)}
    stock.database.close()


def test_postgresql_wipes_a_key_while_another_recording_of_its_day_is_being_moved(tmp_path: Path) -> None:
    """Rewriting a part looks at the rows of all its recordings: it must not wait for what happens to their states."""
    stock = Stock("postgresql", tmp_path)
    stock.fill(4)
    with stock.catalogue.together():
        stock.catalogue.move("rec-2", RecordingEvent.PAUSE)
        destroyer = threading.Thread(target=stock.catalogue.destroy_keys, args=[["rec-3"]])
        destroyer.start()
        destroyer.join()
        assert stock.secret("rec-3") not in stock.data_files()
    assert data_keys.pending(stock.database) == 0
    stock.database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_migrations_go_down_and_up_with_keys_in_place(kind: str, tmp_path: Path) -> None:
    database = Database.open(bare_url(kind, tmp_path), create=True)
    catalogue = SqlCatalogue(database)
    for number in range(50):
        catalogue.add(_of_day(number), f"wrapped {number}".encode(), "kek-1")
    catalogue.destroy_keys(["rec-7"])
    database.downgrade("0001")
    with database.reading() as connection:
        held = connection.execute(text("SELECT recording_id, wrapped FROM recording_keys")).all()
    assert len(held) == 49
    database.upgrade()
    database.check()
    for number in range(50):
        if number != 7:
            assert catalogue.wrapped_key(f"rec-{number}") == f"wrapped {number}".encode()
    assert [row.tag.recording_id for row in catalogue.find(has_key=False)] == ["rec-7"]
    assert catalogue.get("rec-3").tag == _of_day(3)
    with database.reading() as connection:
        found = connection.execute(text("SELECT recording_id, part FROM recording_keys"))
        parts = {row.recording_id: row.part for row in found}
    assert parts == {f"rec-{number}": key_part(_of_day(number).opened_at) for number in range(50) if number != 7}
    assert len(set(parts.values())) == 25
    database.close()


def _of_day(number: int) -> RecordingTag:
    """Even ones begin at the beginning of a day (UTC), odd ones a microsecond before the end of that same day."""
    day = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number)
    return a_tag(f"rec-{number}", opened_at=day - timedelta(microseconds=number % 2))
