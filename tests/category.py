"""What a test is by the folder it lies in, and what a unit test may not do: start a server, or be one."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

import pytest
import zmq

TESTS = Path(__file__).parent
CATEGORIES = ("unit", "contract", "sip", "integration")
Made = TypeVar("Made")
#: What a unit test may run: a short program to its end, or to its death where that is what is tested. None serves.
PROGRAMS = {Path(sys.executable).name, "sh", "espeak-ng"}
#: By these words of its command, or of the program text in it, a process is one that serves.
_SERVES = re.compile(
    r"(?:\W|^)(?:-m|serve|ivr\.speech\.server|ivr\.bootstrap\.\w+_process|ivr_demo\.softphone)(?:\W|$)"
)
#: Of the test that runs now in this process.
running = ""


def category_of(path: Path) -> str:
    """The marker of the tests of a file. Raises UsageError when it lies in none of the folders."""
    folder = path.relative_to(TESTS).parts[0]
    if folder not in CATEGORIES:
        raise pytest.UsageError(f"{path} lies in no folder of tests: {', '.join(CATEGORIES)}")
    return folder


def one_per_process(start: Callable[[], Made]) -> Callable[[], Made]:
    """A server that is started when a test first asks for it; a unit test that asks fails, started or not."""
    started = lru_cache(maxsize=1)(start)

    @wraps(start)
    def given() -> Made:
        if running == "unit":
            pytest.fail(f"a unit test starts no server ({start.__module__}.{start.__name__}): see tests/contract")
        return started()

    return given


def audit(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook, PEP 578: a unit test binds no socket and runs no process that serves."""
    if running != "unit":
        return
    if event == "socket.bind":
        pytest.fail(f"a unit test binds no socket: {arguments[1]}")
    if event == "subprocess.Popen":
        command = arguments[1]
        words = [command] if isinstance(command, str | bytes) else list(command)  # type: ignore[call-overload]
        names = [os.fsdecode(word) for word in words]
        if Path(names[0]).name not in PROGRAMS or any(map(_SERVES.search, names)):
            pytest.fail(f"a unit test runs no process that may serve: {' '.join(names)[:200]}")


@contextmanager
def zmq_watched() -> Iterator[None]:
    """ZeroMQ binds in C, past every audit hook. Within one process (`inproc`) nobody is served."""
    bind = zmq.Socket.bind

    def watched(socket: zmq.Socket[bytes], endpoint: str) -> object:
        if running == "unit" and not endpoint.startswith("inproc:"):
            pytest.fail(f"a unit test binds no socket: {endpoint}")
        return bind(socket, endpoint)

    with patch.object(zmq.Socket, "bind", watched):
        yield
