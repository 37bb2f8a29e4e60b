"""Schema revisions, applied by Alembic over a connection that is already open.

Alembic is loaded where a schema changes: each process compares revisions when it starts, and few ever change one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
#: Any fixed number: whoever upgrades PostgreSQL holds this advisory lock.
_LOCK = 4_918_273


def upgrade(connection: Connection, revision: str = "head") -> None:
    from alembic import command

    _lock(connection)
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    from alembic import command

    _lock(connection)
    command.downgrade(_config(connection), revision)


def current(connection: Connection) -> str | None:
    """The revision the database says it has; None when it has no tables of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def known() -> list[str]:
    """Every revision this program knows, newest first. Each stands in the name of its file."""
    files = (_MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return sorted((file.name.partition("_")[0] for file in files), reverse=True)


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
