"""Pages of call details on both databases: whatever narrows them, they are read in the order of an index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ivr.services.ports.call_details import DetailQuery
from ivr.storage.call_details import page_queries
from ivr.storage.database import Database
from tests.contract.sql.test_recording_search import explain
from tests.databases import KINDS
from tests.fakes.vault import START

INDEXED = {
    "ix_calls_started_at": DetailQuery(),
    "ix_calls_program_page": DetailQuery(program="p"),
    "ix_calls_disposition_page": DetailQuery(dispositions=("BUSY", "FAILED")),
    "ix_calls_program_disposition_page": DetailQuery(program="p", dispositions=("BUSY",)),
}


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Database:
    return open_database(request.param)


@pytest.mark.parametrize("index", INDEXED)
def test_each_page_of_calls_is_read_in_the_order_of_its_index(database: Database, index: str) -> None:
    first = INDEXED[index]
    for asked in (first, replace(first, since=START), replace(first, after=(START, "call-1"))):
        for query in page_queries(asked):
            plan = explain(database, query)
            assert index in plan.split(), plan
            assert "TEMP B-TREE" not in plan
            assert "Sort" not in plan
