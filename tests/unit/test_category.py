"""A unit test is marked as one, starts no server and opens no port to others."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.category import TESTS, category_of
from tests.databases import fresh_url
from tests.servers import bao, bao_tls, seaweed


def test_each_test_carries_the_marker_of_its_folder(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("unit")
    assert category_of(TESTS / "contract" / "sql" / "test_new.py") == "contract"


def test_a_test_outside_the_folders_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match="unit, contract, sip, integration"):
        category_of(TESTS / "fakes" / "test_new.py")


@pytest.mark.parametrize("start", [bao, bao_tls, seaweed, lambda: fresh_url("postgresql", Path())])
def test_a_server_is_refused(start: Callable[[], object]) -> None:
    with pytest.raises(pytest.fail.Exception, match="a unit test starts no server"):
        start()


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET, ""), (socket.AF_INET6, "::")]
)
def test_a_port_that_others_reach_is_refused(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as one, pytest.raises(pytest.fail.Exception, match="opens no port to others"):
        one.bind((host, 0))


def test_a_port_of_this_machine_is_not() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        assert one.getsockname()[1] > 0
