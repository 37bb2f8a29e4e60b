"""One database, SQLite or PostgreSQL, opened so that evidence is durable and writers queue instead of failing."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ivr.errors import ConfigurationError, HostError, IvrError
from ivr.storage import schema

_WRITING = "ivr_writing"
_BUSY_MS = 15_000
_CHECKPOINT_PATIENCE_MS = 200
_PRAGMAS = (
    f"busy_timeout={_BUSY_MS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "temp_store=MEMORY",
)


class Database:
    """Gives transactions. Safe for threads; every process opens its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(**{_WRITING: True})
        self._joint = threading.local()

    @classmethod
    def open(cls, url: str, *, create: bool = False) -> Database:
        """Open and check the schema; with `create`, make or upgrade it first.

        `url` is `sqlite:////path/ivr.db` or `postgresql://…`. Raises ConfigurationError for a wrong URL; HostError when
        the database cannot be reached, or its schema is older or newer than this program.
        """
        database = cls(_engine(url))
        try:
            if create:
                database.upgrade()
            database.check()
        except BaseException:
            database.close()
            raise
        return database

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def name(self) -> str:
        """The URL without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    def upgrade(self, revision: str = "head") -> None:
        """Bring the schema to `revision`; several processes may try at once."""
        with self.writing() as connection:
            schema.upgrade(connection, revision)

    def downgrade(self, revision: str) -> None:
        with self.writing() as connection:
            schema.downgrade(connection, revision)

    def check(self) -> None:
        """Raise HostError unless the schema is exactly the one this program was written for."""
        with self.reading() as connection:
            found = schema.current(connection)
        known = schema.known()
        if found == known[0]:
            return
        if found is None:
            raise HostError("the database has no tables yet", where=self.name, remedy="run 'ivr init'")
        if found in known:
            raise HostError(
                f"the database is older (revision {found}) than this program ({known[0]})",
                where=self.name,
                remedy="run 'ivr init': it upgrades and keeps what is stored",
            )
        raise HostError(
            f"the database is newer (revision {found}) than this program ({known[0]})",
            where=self.name,
            remedy="install the newer version of ivr",
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        if self.joint is not None:
            yield self.joint
            return
        with _told(self.name), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: on SQLite it takes the write lock at once, so that it cannot fail midway."""
        if self.joint is not None:
            yield self.joint
            return
        with _told(self.name), self._writer.connect() as connection, connection.begin():
            yield connection

    @property
    def joint(self) -> Connection | None:
        """The transaction that this thread has opened with `together`."""
        found: Connection | None = getattr(self._joint, "connection", None)
        return found

    @contextmanager
    def together(self) -> Iterator[None]:
        """Whatever this thread reads and writes inside the block is one transaction: all of it happens, or nothing."""
        if self.joint is not None:
            yield
            return
        with self.writing() as connection:
            self._joint.connection = connection
            try:
                yield
            finally:
                self._joint.connection = None

    def empty_log(self) -> bool:
        """Move SQLite's write-ahead log into the database and cut it to nothing: it still holds pages as they were.

        False when a reader is busy at this moment: try again later. It does not wait for long, a line may be waiting.
        """
        with _told(self.name):
            raw = self.engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute(f"PRAGMA busy_timeout={_CHECKPOINT_PATIENCE_MS}")
                try:
                    busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            finally:
                raw.close()
        return not busy

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(url, parsed.database)
        if parsed.get_backend_name() == "postgresql":
            return create_engine(parsed, pool_pre_ping=True, pool_size=4, connect_args={"connect_timeout": 5})
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise ConfigurationError(
            f"not a database URL: {error}",
            key="database",
            remedy="sqlite:////path/ivr.db or postgresql://user@host/name",
        ) from error
    raise ConfigurationError(
        f"'{parsed.drivername}' is not supported", key="database", remedy="use sqlite or postgresql"
    )


def _sqlite(url: str, path: str | None) -> Engine:
    if not path or path == ":memory:":
        raise ConfigurationError(
            "a database in memory keeps no evidence", key="database", value=url, remedy="sqlite:////path/ivr.db"
        )
    folder = Path(path).absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made here because SQLite would make it readable for all; its -wal and -shm files take over this mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise HostError(
            f"cannot open the database: {error.strerror}", where=path, remedy="choose a directory that ivr may write"
        ) from error
    engine = create_engine(f"sqlite:///{path}", pool_size=4)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # Transactions begin where we say (see _begin), not where the driver guesses.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn what a driver says into what a person can mend; broken constraints pass, they are the caller's to judge."""
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        raise _host_error(error, where) from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and "not a database" in str(error.orig):
            raise HostError("the file is not a database", where=where, remedy="give the right path") from error
        if "malformed" in str(error.orig):
            raise HostError("the database is damaged", where=where, remedy="restore it from a backup") from error
        raise
    except StatementError as error:
        # SQLAlchemy wraps what our own column types refuse.
        if isinstance(error.orig, IvrError):
            raise error.orig from None
        raise


def _host_error(error: Exception, where: str) -> HostError:
    said = str(getattr(error, "orig", error)).strip().splitlines()
    what = said[0] if said else "no answer"
    remedies = {
        "full": "make room on that disk; what was stored before is untouched",
        "No space": "make room on that disk; what was stored before is untouched",
        "locked": "another program holds the database: end it, or try again",
        "readonly": "give the user that runs ivr the right to write it",
        "unable to open": "give the user that runs ivr the right to write it",
        "no such table": "run 'ivr init'",
    }
    remedy = next((text for sign, text in remedies.items() if sign in what), "start the database server, check the URL")
    return HostError(f"the database does not answer: {what}", where=where, remedy=remedy)
