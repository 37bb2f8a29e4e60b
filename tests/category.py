"""What a test is by the folder it lies in, and what a unit test may not do: start a server, or be one for others."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

import pytest

TESTS = Path(__file__).parent
CATEGORIES = ("unit", "contract", "sip", "integration")
Made = TypeVar("Made")
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
    """An audit hook, PEP 578: a unit test binds sockets of this machine only."""
    if event == "socket.bind" and running == "unit":
        address = arguments[1]
        if isinstance(address, tuple) and not _loopback(str(address[0])):
            pytest.fail(f"a unit test opens no port to others: {address}")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
