"""Rows as CSV (RFC 4180, UTF-8) that a spreadsheet takes for nothing else than text and numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence


class CsvText:
    """`add` takes the cells of a row; `content` is the file so far, its first line the columns."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._lines: list[str] = []
        self._writer = csv.writer(self)
        self._writer.writerow(columns)

    def write(self, line: str) -> None:
        """Take a line of the CSV writer."""
        self._lines.append(line)

    def add(self, cells: Iterable[object]) -> None:
        self._writer.writerow([_harmless(cell) for cell in cells])

    @property
    def content(self) -> bytes:
        return "".join(self._lines).encode()


def _harmless(cell: object) -> object:
    """A spreadsheet takes text that begins so for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
