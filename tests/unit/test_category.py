"""A unit test is marked as one, starts no server and is none."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

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
    ("family", "address"),
    [
        (socket.AF_INET, ("127.0.0.1", 0)),
        (socket.AF_INET, ("0.0.0.0", 0)),
        (socket.AF_INET6, ("::", 0)),
        (socket.AF_UNIX, "\0ivr-unit"),
    ],
)
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_socket_is_bound_by_no_unit_test(
    family: socket.AddressFamily, address: object, kind: socket.SocketKind
) -> None:
    with socket.socket(family, kind) as one, pytest.raises(pytest.fail.Exception, match="binds no socket"):
        one.bind(address)  # type: ignore[arg-type]


def test_nor_one_of_zeromq_but_within_the_process() -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as one:
        with pytest.raises(pytest.fail.Exception, match="binds no socket"):
            one.bind("tcp://127.0.0.1:*")
        one.bind("inproc://here")


_CHILD = "import subprocess, sys; subprocess.Popen([sys.executable, '-m', 'ivr.speech.server'])"


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "ivr.speech.server"],
        [sys.executable, "-m", "http.server"],
        [sys.executable, "-c", _CHILD],
        [sys.executable, "-c", "from ivr.entry import run; run()", "serve"],
        ["bao", "server"],
        ["/usr/bin/sipp", "-sn", "uas"],
    ],
)
def test_a_process_that_may_serve_is_refused(command: list[str]) -> None:
    with pytest.raises(pytest.fail.Exception, match="runs no process that may serve"):
        subprocess.Popen(command)


def test_a_short_program_is_not() -> None:
    assert subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, check=True).stdout == b"1\n"
