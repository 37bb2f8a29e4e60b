"""Real databases for tests: SQLite files, and one PostgreSQL server per test process, started when first needed."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Mapping, Set
from functools import lru_cache
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from ivr.storage.database import Database
from tests.ending import at_end
from tests.servers import postgres

KINDS = ("sqlite", "postgresql")
_count = itertools.count()


def fresh_url(kind: str, folder: Path) -> str:
    """URL of a database with all tables as they are at first: a copy of one that was migrated once, or, since a copy
    takes PostgreSQL a third of a second, one of a test that has ended, emptied."""
    if kind == "sqlite":
        return f"sqlite:///{_copied(_sqlite_template(), folder)}"
    # Asked for each time: a unit test is given no server, nor what another test has left on one.
    postgres()
    return _used_again() or _lent_now(_postgres_database(_postgres_template()))


def copied_url(url: str, folder: Path) -> str:
    """URL of a copy of a database that nobody has open."""
    found = make_url(url).database
    assert found is not None
    if url.startswith("sqlite"):
        return f"sqlite:///{_copied(Path(found), folder)}"
    return _postgres_database(found)


def bare_url(kind: str, folder: Path) -> str:
    """URL of a database without any table."""
    if kind == "sqlite":
        return f"sqlite:///{folder / f'bare-{next(_count)}.db'}"
    return _postgres_database("template0")


def _copied(file: Path, folder: Path) -> Path:
    path = folder / f"ivr-{next(_count)}.db"
    shutil.copyfile(file, path)
    path.chmod(0o600)
    return path


@lru_cache(maxsize=1)
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ivr-sqlite-"))
    at_end.callback(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.db"
    Database.open(f"sqlite:///{path}", create=True).close()
    return path


@lru_cache(maxsize=1)
def _postgres_template() -> str:
    Database.open(_postgres_database("template0", "ivr_template"), create=True).close()
    return "ivr_template"


#: Databases with all tables, and the test that each was given to.
_lent: list[tuple[str, str]] = []


def _this_test() -> str:
    """As pytest names it; empty outside of it."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]


def _lent_now(url: str) -> str:
    if test := _this_test():
        _lent.append((test, url))
    return url


def _used_again() -> str:
    """URL of a database that a test before this one has left, as at first; empty when there is none that can be had."""
    for test, url in [one for one in _lent if one[0] != _this_test()]:
        _lent.remove((test, url))
        if _emptied(url):
            return _lent_now(url)
    return ""


@lru_cache(maxsize=1)
def _at_first() -> tuple[Set[str], str, Mapping[str, bytes]]:
    """The template's tables, their shape, and what stands in those that are not empty."""
    with psycopg.connect(postgres().database(_postgres_template())) as connection:
        rows = {}
        for table in _tables(connection):
            with connection.cursor().copy(SQL("COPY {} TO STDOUT").format(Identifier(table))) as copy:
                if content := b"".join(copy):
                    rows[table] = content
        return frozenset(_tables(connection)), _shape(connection), rows


def _emptied(url: str) -> bool:
    """Put everything back as it was at first; False when somebody still uses it, or its tables are others now."""
    tables, shape, rows = _at_first()
    with psycopg.connect(url) as connection:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        if connection.execute(others).fetchone() != (0,):
            return False
        # Keys lie in a table for each day, made when it is needed.
        for table in sorted({*_tables(connection)} - tables):
            connection.execute(SQL("DROP TABLE {}").format(Identifier(table)))
        if _shape(connection) != shape:
            return False
        # A planner sees the pages that rows have left: only a table that is made anew is as it was.
        touched = [Identifier(table) for table in _tables(connection, "pg_relation_size(oid) > 0")]
        connection.execute(SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(SQL(", ").join(touched)))
        # In any order: what refers to what is not asked meanwhile.
        connection.execute("SET LOCAL session_replication_role = replica")
        for table, content in rows.items():
            with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(Identifier(table))) as copy:
                copy.write(content)
    return True


def _tables(connection: psycopg.Connection, condition: LiteralString = "true") -> list[str]:
    """Those that hold rows themselves: of a partitioned one, its parts."""
    query = SQL("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND {}")
    return [name for (name,) in connection.execute(query.format(SQL(condition)))]


def _shape(connection: psycopg.Connection) -> str:
    """A digest of all tables, indexes and columns."""
    row = connection.execute(
        """
        SELECT md5(string_agg(concat_ws(' ', relname, relkind, attname, atttypid, attnotnull, attisdropped), ','
                   ORDER BY relname, attnum))
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace
        """
    ).fetchone()
    assert row is not None
    return str(row[0])


def _postgres_database(template: str, name: str = "") -> str:
    return postgres().create(name or f"ivr_{os.getpid()}_{next(_count)}", template)
