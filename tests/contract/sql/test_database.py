"""Opening, upgrading and refusing databases."""

from __future__ import annotations

import multiprocessing
import re
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

from ivr.domain.evidence.events.base import Unread
from ivr.domain.recording.state import RecordingEvent, RecordingState
from ivr.errors import ArchiveError, ConfigurationError, HostError
from ivr.recording.data_keys import LocalKeyRing
from ivr.storage import schema
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.columns import UtcTime
from ivr.storage.database import Database
from ivr.storage.do_not_call import SqlDoNotCall
from ivr.storage.tables import metadata
from tests.databases import KINDS, bare_url, fresh_url
from tests.fakes.vault import TickingClock, a_tag


@pytest.mark.parametrize("kind", KINDS)
def test_migrations_make_exactly_the_tables_of_the_code(kind: str, tmp_path: Path) -> None:
    database = Database.open(bare_url(kind, tmp_path), create=True)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same_type, "include_name": _ours})
        assert compare_metadata(context, metadata) == []
    database.close()


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    # Partitions of the key table are tables of their own to PostgreSQL.
    return kind != "table" or not re.fullmatch(r"recording_keys_\d+", name or "")


def _same_type(_context: object, _seen: object, _wanted: object, _found: object, wanted: object) -> bool | None:
    # Times are text on SQLite by our own choice.
    return False if isinstance(wanted, UtcTime) else None


@pytest.mark.parametrize("kind", KINDS)
def test_going_down_and_up_again_works(kind: str, tmp_path: Path) -> None:
    database = Database.open(bare_url(kind, tmp_path), create=True)
    database.downgrade("base")
    with database.reading() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    database.upgrade()
    database.check()
    database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_that_an_older_version_held_is_paused_and_the_other_way_round(kind: str, tmp_path: Path) -> None:
    database = Database.open(bare_url(kind, tmp_path), create=True)
    catalogue = SqlCatalogue(database)
    for name in ("rec-1", "rec-2"):
        catalogue.add(a_tag(name), b"wrapped", "kek-1")
    catalogue.move("rec-1", RecordingEvent.PAUSE)

    def states() -> list[str]:
        with database.reading() as connection:
            return list(connection.execute(text("SELECT state FROM recordings ORDER BY recording_id")).scalars())

    assert states() == ["PAUSED", "CAPTURING"]
    database.downgrade("0007")
    assert states() == ["HELD", "CAPTURING"]
    database.upgrade()
    assert catalogue.get("rec-1").state is RecordingState.PAUSED
    assert catalogue.move("rec-1", RecordingEvent.DISCARD) is RecordingState.DISCARDED
    database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_database_says_to_run_init(kind: str, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="ivr init"):
        Database.open(bare_url(kind, tmp_path))


@pytest.mark.parametrize("kind", KINDS)
def test_a_newer_database_is_refused_and_left_alone(kind: str, tmp_path: Path) -> None:
    url = fresh_url(kind, tmp_path)
    database = Database.open(url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(HostError, match=r"newer.*9999.*install"):
        Database.open(url)


def _create(url: str) -> str:
    Database.open(url, create=True).close()
    return "done"


@pytest.mark.parametrize("kind", KINDS)
def test_processes_that_start_together_upgrade_once(kind: str, tmp_path: Path) -> None:
    url = bare_url(kind, tmp_path)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_create, [url] * 4) == ["done"] * 4


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://localhost/x", "oracle://localhost/x", "sqlite://", "sqlite:///:memory:"]
)
def test_a_wrong_url_is_a_setting_to_mend(url: str) -> None:
    with pytest.raises(ConfigurationError, match="sqlite"):
        Database.open(url)


def test_a_server_that_is_away_is_said_without_its_password() -> None:
    with pytest.raises(HostError) as refused:
        Database.open("postgresql://ivr:geheim@127.0.0.1:1/ivr")
    assert "geheim" not in str(refused.value)
    assert "127.0.0.1" in str(refused.value)
    assert refused.value.exit_code == 3


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ivr.db"
    path.write_bytes(b"this is a letter, not a database " * 100)
    with pytest.raises(HostError, match="not a database"):
        Database.open(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(HostError, match="cannot open the database"):
        Database.open(f"sqlite:///{tmp_path}/file/ivr.db", create=True)


def test_sqlite_files_are_private_durable_and_forget_what_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "data" / "ivr.db"
    database = Database.open(f"sqlite:///{path}", create=True)
    with database.reading() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
    database.close()


def test_a_destroyed_key_stands_in_no_byte_of_the_sqlite_files(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/ivr.db", create=True)
    catalogue = SqlCatalogue(database)
    _, wrapped = LocalKeyRing.create(tmp_path / "kek").new_data_key("rec-1")

    def files() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("ivr.db*"))

    catalogue.add(a_tag(), wrapped, "kek-1")
    assert wrapped[-32:] in files()
    catalogue.destroy_keys(["rec-1"])
    assert wrapped[-32:] not in files()
    database.close()


def test_a_full_database_says_to_make_room_and_keeps_its_chain(tmp_path: Path) -> None:
    database = Database.open(fresh_url("sqlite", tmp_path))
    audit = SqlAuditLog(database, node_id="node-1", clock=TickingClock())
    audit.append(Unread("first", {}))

    @event.listens_for(database.engine, "connect")
    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 60")

    database.engine.dispose()

    def fill() -> None:
        for _ in range(2000):
            audit.append(Unread("kind", {"note": "x" * 300}))

    with pytest.raises(HostError, match="make room"):
        fill()
    assert audit.verify() == []
    assert audit.events()[0].kind == "first"
    database.close()


def test_the_do_not_call_register_refuses_another_secret(tmp_path: Path) -> None:
    database = Database.open(fresh_url("sqlite", tmp_path))
    clock = TickingClock()
    SqlDoNotCall(database, secret=b"a" * 32, secret_id="dnc-a", clock=clock)
    SqlDoNotCall(database, secret=b"a" * 32, secret_id="dnc-a", clock=clock)
    with pytest.raises(HostError, match=r"dnc-a.*dnc-b"):
        SqlDoNotCall(database, secret=b"b" * 32, secret_id="dnc-b", clock=clock)
    database.close()


def test_the_do_not_call_table_says_nothing_of_the_number(tmp_path: Path) -> None:
    database = Database.open(fresh_url("sqlite", tmp_path))
    register = SqlDoNotCall(database, secret=b"a" * 32, secret_id="dnc-a", clock=TickingClock())
    register.add("tel:0612345678", scope="sales", rule_id="OBJ-007", call_id="call-1")
    with database.reading() as connection:
        row = str(connection.execute(text("SELECT * FROM do_not_call")).one())
    assert "612345678" not in row
    database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_time_without_a_zone_is_refused(kind: str, tmp_path: Path) -> None:
    database = Database.open(fresh_url(kind, tmp_path))
    naive = datetime(2026, 11, 21, 9, 0)  # noqa: DTZ001 - the very thing to refuse
    with pytest.raises(ArchiveError, match="time zone"):
        SqlCatalogue(database).add(a_tag(opened_at=naive), b"wrapped", "kek-1")
    database.close()


def test_a_deadline_that_is_no_time_is_never_taken_for_an_old_one(tmp_path: Path) -> None:
    database = Database.open(fresh_url("sqlite", tmp_path))
    catalogue = SqlCatalogue(database)
    catalogue.add(a_tag(), b"wrapped", "kek-1")
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE recordings SET deadline = 'soon'")
    with pytest.raises(ArchiveError, match="no time"):
        catalogue.get("rec-1")
    database.close()


def test_the_revisions_that_are_known_are_those_that_alembic_walks() -> None:
    migrations = Path(schema.__file__).parent / "migrations"
    walked = [script.revision for script in ScriptDirectory(str(migrations)).walk_revisions()]
    assert schema.known() == walked
