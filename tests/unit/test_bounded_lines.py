"""What never ends is refused at its first line, and in little memory."""

from __future__ import annotations

import io
import os
import tracemalloc
from pathlib import Path

import pytest

from ivr.bootstrap.members import _lines
from ivr.bounded_lines import bounded_lines
from ivr.errors import ConfigurationError
from ivr.services.members.importer import read_members


def test_lines_come_as_they_are() -> None:
    lines = bounded_lines(io.BytesIO(b"one\ntwo\r\n\nlast"), where="stdin", longest=10, most=4)
    assert list(lines) == [b"one\n", b"two\r\n", b"\n", b"last"]


def test_a_device_without_line_breaks_is_refused_before_it_fills_the_memory() -> None:
    tracemalloc.start()
    try:
        with open("/dev/zero", "rb") as endless, pytest.raises(ConfigurationError, match="line 1"):
            list(bounded_lines(endless, where="stdin", longest=100_000, most=10))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_more_lines_than_any_list_has_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="more than 3 lines"):
        list(bounded_lines(io.BytesIO(b"x\n" * 10), where="list.csv", longest=10, most=3))


def test_an_endless_line_of_a_list_of_members_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    with path.open("wb") as file:
        file.write(b"member_number\n")
        file.truncate(100_000_000)
    os.chmod(path, 0o600)
    with _lines(str(path)) as lines, pytest.raises(ConfigurationError, match="line 2"):
        list(read_members(lines, file=str(path), person_of=str))


def test_quotes_that_are_never_closed_are_no_list_of_members() -> None:
    lines = ["member_number;last_name\n", '1234;"Martin\n', *["x" * 9_000 + "\n"] * 20]
    with pytest.raises(ConfigurationError, match="no row of a CSV"):
        list(read_members(iter(lines), file="list.csv", person_of=str))
