"""Every port's suite runs on its fake and on its real adapters; `sql/` runs on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.storage.database import Database
from tests.databases import fresh_url


@pytest.fixture
def open_database(tmp_path: Path) -> Iterator[object]:
    """Give a function from kind to an open, empty database, closed after the test."""
    opened: list[Database] = []

    def open_one(kind: str) -> Database:
        opened.append(Database.open(fresh_url(kind, tmp_path)))
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()
