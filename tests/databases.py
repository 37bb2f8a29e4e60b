"""Real databases for tests: SQLite files, and one PostgreSQL server per test process, started when first needed."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from sqlalchemy import make_url

from ivr.storage.database import Database
from tests.ending import at_end
from tests.servers import postgres

KINDS = ("sqlite", "postgresql")
_count = itertools.count()


def fresh_url(kind: str, folder: Path) -> str:
    """URL of an empty database with all tables: a copy of one that was migrated once."""
    if kind == "sqlite":
        return f"sqlite:///{_copied(_sqlite_template(), folder)}"
    return _postgres_database(_postgres_template())


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


def _postgres_database(template: str, name: str = "") -> str:
    return postgres().create(name or f"ivr_{os.getpid()}_{next(_count)}", template)
