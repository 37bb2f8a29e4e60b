"""One database, SQLite or PostgreSQL, opened so that evidence is durable and writers queue instead of failing."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ivr.errors import ConfigurationError, HostError, IvrError, LostEvidenceError
from ivr.storage import schema

_WRITING = "ivr_writing"
_BUSY_MS = 15_000
_CHECKPOINT_PATIENCE_MS = 200
_AFTER_COMMIT = "ivr_after_commit"
_READ_ONLY = "ivr_read_only"
_READING = (f"busy_timeout={_BUSY_MS}", "temp_store=MEMORY")
_PRAGMAS = (*_READING, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


class Database:
    """Gives transactions. Safe for threads; every process opens its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(**{_WRITING: True})
        self._joint = threading.local()
        self._file = DatabaseFile(engine) if self.is_sqlite else None
        #: A SQLite file that we may only read: `writing` refuses.
        self.read_only: bool = engine.get_execution_options().get(_READ_ONLY, False)

    @classmethod
    def open(cls, url: str, *, create: bool = False, any_schema: bool = False) -> Database:
        """Open and check the schema, unless any will do; with `create`, make or upgrade it first.

        `url` is `sqlite:////path/ivr.db` or `postgresql://…`. Raises ConfigurationError for a wrong URL; HostError when
        the database cannot be reached, or its schema is older or newer than this program. Only `create` makes a file.
        """
        database = cls(_engine(url, create=create))
        try:
            if create:
                database.upgrade()
            if not any_schema:
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
        with _faults_named(self.name):
            self._must_be_there()
            with self.engine.connect() as connection, connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: on SQLite it takes the write lock at once, so that it cannot fail midway."""
        if self.joint is not None:
            yield self.joint
            return
        self.must_be_writable()
        with _faults_named(self.name):
            self._must_be_there()
            with self._writer.connect() as connection:
                after: dict[str, Callable[[], None]] = {}
                connection.info[_AFTER_COMMIT] = after
                with connection.begin():
                    yield connection
        for work in after.values():
            work()

    def must_be_writable(self) -> None:
        """Raise HostError where the database can only be read."""
        if self.read_only:
            raise HostError(
                "the database can only be read here, and what was asked must be written into it",
                where=self.name,
                remedy="run it as the user that may write there, on a file system that is mounted for writing",
            )

    def after_commit(self, connection: Connection, name: str, work: Callable[[], None]) -> None:
        """Have `work` done once the transaction of `connection` has happened; of one `name` only the last."""
        connection.info[_AFTER_COMMIT][name] = work

    def _must_be_there(self) -> None:
        """Raise LostEvidenceError when what we write would go where nobody finds it."""
        if self._file is not None:
            self._file.must_be_ours()

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

        False where we may only read, and when a reader is busy at this moment: try again later. It does not wait for
        long, a line may be waiting.
        """
        if self.read_only:
            return False
        with _faults_named(self.name):
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


def sqlite_file(url: str) -> Path | None:
    """The file that a URL names; None for a server, and for what is no URL of ours."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    found = parsed.database if parsed.get_backend_name() == "sqlite" else None
    return Path(found) if found else None


class DatabaseFile:
    """The SQLite file as this process opened it: its path must go on naming it, and its write-ahead log.

    For several threads: while one compares, no other forgets or learns which log is ours.
    """

    def __init__(self, engine: Engine) -> None:
        self._path = str(engine.url.database)
        self._opened = _identity(self._path)
        self._log: tuple[int, int] | None = None
        self._lock = threading.Lock()
        # A log lives as long as somebody has it open: with the connections, ours may rightly have changed.
        for moment in ("connect", "close"):
            event.listen(engine, moment, lambda *_: self._forget_log())

    def must_be_ours(self) -> None:
        """Raise LostEvidenceError when the path names another file than the one that was opened, or none."""
        with self._lock:
            log = _identity(f"{self._path}-wal")
            self._log = self._log or log
            now = _identity(self._path)
            if now == self._opened and log == self._log:
                return
        if now != self._opened:
            what = "the database file is gone" if now is None else "another file lies where the database was"
        else:
            what = "the database has lost its log" if log is None else "another log lies beside the database"
        raise LostEvidenceError(
            f"{what} since this process opened it: what is written now would be lost",
            where=self._path,
            remedy="put the file back and restart the node; `ivr audit verify` says whether it is the right one",
        )

    def _forget_log(self) -> None:
        with self._lock:
            self._log = None


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HostError(
            f"cannot look at the database: {error.strerror}", where=path, remedy="mend the rights of its folder"
        ) from error
    return found.st_dev, found.st_ino


def _engine(url: str, *, create: bool) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(url, parsed.database, create=create)
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


def _sqlite(url: str, path: str | None, *, create: bool) -> Engine:
    if not path or path == ":memory:":
        raise ConfigurationError(
            "a database in memory keeps no evidence", key="database", value=url, remedy="sqlite:////path/ivr.db"
        )
    if create:
        _make_file(path)
    elif not os.path.exists(path):
        raise HostError(
            "the database file is not there",
            where=path,
            remedy="put it back where it was; only for a new node: 'ivr init'",
        )
    reading = not create and not _may_write(path)
    # mode=rw: a connection that is opened later never makes a new file where ours has gone.
    place = f"file:{quote(str(Path(path).absolute()))}?{_only_reading(path) if reading else 'mode=rw'}"
    engine = create_engine(
        f"sqlite:///{path}",
        pool_size=4,
        creator=lambda: sqlite3.connect(place, uri=True, check_same_thread=False),
        execution_options={_READ_ONLY: reading},
    )
    event.listen(engine, "connect", partial(_prepare, _READING if reading else _PRAGMAS))
    event.listen(engine, "begin", _begin)
    return engine


def _may_write(path: str) -> bool:
    """Whether we may write the file and, for its log, beside it."""
    return all(os.access(one, os.W_OK, effective_ids=True) for one in (path, Path(path).absolute().parent))


def _only_reading(path: str) -> str:
    """How to open a file beside which nothing can be written: a log, if there is one, can only be read with its index.

    Without a log nobody has it open for writing, so that it may be taken for unchanging.
    """
    log, index = Path(f"{path}-wal"), Path(f"{path}-shm")
    if not log.exists() or not log.stat().st_size:
        return "mode=ro&immutable=1"
    if index.exists():
        return "mode=ro"
    raise HostError(
        "the database has a log that cannot be read where nothing may be written",
        where=str(log),
        remedy="copy the three files (.sqlite3, -wal, -shm) to a folder that you may write, and read that copy",
    )


def _make_file(path: str) -> None:
    """Made here because SQLite would make it readable for all; its -wal and -shm files take over this mode."""
    try:
        Path(path).absolute().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Only when there is none: closing a file takes away the locks that this process has on it (POSIX).
        if not os.path.exists(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise HostError(
            f"cannot open the database: {error.strerror}", where=path, remedy="choose a directory that ivr may write"
        ) from error


def _prepare(pragmas: Sequence[str], connection: sqlite3.Connection, _record: Any) -> None:
    # Transactions begin where we say (see _begin), not where the driver guesses.
    connection.isolation_level = None
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _faults_named(where: str) -> Iterator[None]:
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
