"""Each test carries the marker of its folder; property tests draw the same examples each time, fewer for mutants."""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests import category
from tests.ending import at_end

# A time is no test: a busy machine takes half a second for an example that takes a millisecond.
settings.register_profile(
    "ivr", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ivr")
settings.register_profile("mutants", derandomize=True, max_examples=20, deadline=None, database=None)
sys.addaudithook(category.audit)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(category.category_of(item.path))


def pytest_unconfigure() -> None:
    at_end.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    category.running = category.category_of(item.path)
    try:
        with category.zmq_watched():
            return (yield)
    finally:
        category.running = ""
