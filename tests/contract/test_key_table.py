"""What every KeyTable keeps to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest

from ivr.services.ports.keys import KeyTable
from ivr.services.ports.vault import Catalogue
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.data_keys import SqlKeyTable, WrappedKey
from ivr.storage.database import Database
from tests.databases import KINDS
from tests.fakes.vault import START, a_tag


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Database:
    return open_database(request.param)


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    """Four recordings, of four days, the first three under the old KEK."""
    catalogue = SqlCatalogue(database)
    for number in range(4):
        tag = a_tag(f"rec-{number}", opened_at=START + timedelta(days=number))
        catalogue.add(tag, f"wrapped {number}".encode(), "kek-new" if number == 3 else "kek-old")
    return catalogue


@pytest.fixture
def keys(database: Database, catalogue: Catalogue) -> KeyTable:
    return SqlKeyTable(database)


def test_rows_of_other_keks_come_by_id_in_pages(keys: KeyTable) -> None:
    first = keys.under_others("kek-new", after="", limit=2)
    assert [(row.recording_id, row.kek_id, row.wrapped) for row in first] == [
        ("rec-0", "kek-old", b"wrapped 0"),
        ("rec-1", "kek-old", b"wrapped 1"),
    ]
    assert [row.recording_id for row in keys.under_others("kek-new", after="rec-1", limit=2)] == ["rec-2"]
    assert [row.recording_id for row in keys.under_others("kek-old", after="", limit=9)] == ["rec-3"]


def test_keys_are_counted_by_kek(keys: KeyTable) -> None:
    assert dict(keys.per_kek()) == {"kek-old": 3, "kek-new": 1}


def test_a_wrapped_form_is_replaced_only_where_the_old_one_stands(keys: KeyTable, catalogue: Catalogue) -> None:
    zero, one, two = keys.under_others("kek-new", after="", limit=9)
    catalogue.destroy_keys(["rec-1"])
    changed = WrappedKey(two.recording_id, two.kek_id, b"another")
    assert keys.rewrap([(zero, b"anew 0"), (one, b"anew 1"), (changed, b"anew 2")], "kek-new") == 1
    assert catalogue.wrapped_key("rec-0") == b"anew 0"
    assert not catalogue.get("rec-1").has_key
    assert catalogue.wrapped_key("rec-2") == b"wrapped 2"
    assert dict(keys.per_kek()) == {"kek-old": 1, "kek-new": 2}
    assert keys.rewrap([(zero, b"again")], "kek-new") == 0


def test_who_claims_a_name_waits_for_whoever_has_it(keys: KeyTable) -> None:
    began, order = Event(), list[str]()

    def second() -> None:
        began.set()
        with keys.claim("rotation"):
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with keys.claim("rotation"), keys.claim("something else"):
            job = pool.submit(second)
            assert began.wait(30)
            order.append("first")
        job.result(timeout=30)
    assert order == ["first", "second"]
