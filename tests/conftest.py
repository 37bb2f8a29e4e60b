"""Each test carries the marker of its folder; examples of property tests are few and the same where code is mutated."""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests import category

settings.register_profile("mutants", derandomize=True, max_examples=20, deadline=None, database=None)
sys.addaudithook(category.audit)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(category.category_of(item.path))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    category.running = category.category_of(item.path)
    try:
        return (yield)
    finally:
        category.running = ""
