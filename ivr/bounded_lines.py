"""Reads lines whose length is bounded: what never ends (a device, a stream without breaks) is refused, not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ivr.errors import ConfigurationError


def bounded_lines(file: BinaryIO, *, where: str, longest: int, most: int) -> Iterator[bytes]:
    """Yield the lines of a stream with their line breaks.

    Raises ConfigurationError naming the first line of more than `longest` bytes, or when there are more than `most`.
    """
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise ConfigurationError(
                f"a line of more than {longest} bytes", file=where, line=number, remedy="break it up"
            )
        if number > most:
            raise ConfigurationError(f"more than {most} lines", file=where, remedy="split the file")
        yield line
