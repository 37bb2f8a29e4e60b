"""A PostgreSQL database that a test has left is another test's, as it was at first; never while somebody uses it."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests import databases
from tests.databases import fresh_url

TOUCHED = """
    INSERT INTO meta (name, value) VALUES ('left', 'by a test');
    CREATE TABLE of_today (id integer);
    INSERT INTO of_today VALUES (1);
"""


@pytest.fixture(autouse=True)
def _none_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "_lent", [])


def of_test(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PYTEST_CURRENT_TEST", f"tests/{name} (setup)")
    return fresh_url("postgresql", folder)


def content(url: str) -> dict[str, list[tuple[object, ...]]]:
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=str) for name in names}


def test_what_a_test_left_is_gone_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = of_test("first", tmp_path, monkeypatch)
    before = content(first)
    with psycopg.connect(first) as connection:
        connection.execute(TOUCHED)
    assert content(first) != before
    assert of_test("first", tmp_path, monkeypatch) != first
    assert of_test("second", tmp_path, monkeypatch) == first
    assert content(first) == before


def test_what_somebody_still_uses_or_has_changed_is_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = of_test("first", tmp_path, monkeypatch)
    with psycopg.connect(used):
        other = of_test("second", tmp_path, monkeypatch)
        assert other != used
    with psycopg.connect(other) as connection:
        connection.execute("ALTER TABLE meta ADD COLUMN more integer")
    assert of_test("third", tmp_path, monkeypatch) not in (used, other)
