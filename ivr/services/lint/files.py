"""Finds the files that are checked, and reads them: text, and TOML of which each table's line is known."""

from __future__ import annotations

import itertools
import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr.domain.text.told import Told
from ivr.errors import ConfigurationError

SUFFIXES = (".toml", ".md", ".txt")
#: More than this is no text that anybody says: some three thousand pages, a paragraph of five.
_FILE_MAX_BYTES = 5_000_000
_LINE_MAX = 10_000
_HEADER = re.compile(r"^\s*\[{1,2}([^\[\]]+)\]{1,2}")
_DOT = re.compile(r"\.(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")
_KEY = re.compile(r"^[^\S\n]*(?:\"([^\"\n]*)\"|([^\s\"=#\[]+))[^\S\n]*=", re.MULTILINE)
#: Characters between a key and the words it holds: a list of sentences is no longer.
_NEAR = 20_000


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be read as what its name says; `line` is 1 when unknown."""

    file: str
    line: int
    reason: Told


class Lines:
    """The lines of a TOML file, and where in it a table's words stand."""

    def __init__(self, text: str) -> None:
        self.all = tuple(text.splitlines())
        self._text = "\n".join(self.all)
        self._begins = [0, *itertools.accumulate(len(line) + 1 for line in self.all)]
        self._headers: dict[tuple[str, ...], int] = {}
        for number, line in enumerate(self.all):
            header = _HEADER.match(line)
            if header:
                path = tuple(part.strip().strip("\"'") for part in _DOT.split(header[1]))
                self._headers.setdefault(path, number)
        #: Where each key stands, from the top.
        self._keys: dict[str, list[int]] = {}
        for found in _KEY.finditer(self._text):
            self._keys.setdefault(found[1] or found[2], []).append(found.start())

    def line_of(self, path: tuple[str, ...], text: str, *keys: str) -> int:
        """Return the line (from 1) on which the text of the table at `path` begins, under the first of `keys`."""
        begin = self._begins[self._headers.get(path, 0)]
        by_key = min((at for key in keys if (at := self._after(key, begin)) >= 0), default=-1)
        at = by_key if by_key >= 0 else begin
        opening = " ".join(text.split())[:20]
        if opening and (by_key < 0 or keys != ("text",)):
            by_words = self._text.find(opening, at, at + _NEAR)
            at = by_words if by_words >= 0 else at
        return bisect_right(self._begins, at)

    def line_in(self, path: tuple[str, ...], key: str, words: str) -> int:
        """Return the line (from 1) of the table at `path` on which `words` stand in quotes; else of its `key`, or its
        first."""
        begin = self._headers.get(path, 0)
        end = min((line for line in self._headers.values() if line > begin), default=len(self.all))
        for sought in (f'"{words}"', f"{key} =", f"{key}="):
            for number in range(begin, end):
                if words and sought in self.all[number]:
                    return number + 1
        return begin + 1

    def _after(self, key: str, begin: int) -> int:
        places = self._keys.get(key, [])
        at = bisect_left(places, begin)
        return places[at] if at < len(places) else -1


@dataclass(frozen=True)
class Table:
    """A TOML file: what it holds, its lines, and its tables, each with its path."""

    values: Mapping[str, Any]
    lines: Lines
    tables: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]]


def found_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if path.exists() and not path.is_dir():
        raise ConfigurationError(
            "this is neither a file nor a folder", file=str(path), remedy="name a prompt, a script, or a folder of them"
        )
    if not path.is_dir():
        raise ConfigurationError(
            "there is no such file or folder", file=str(path), remedy="name a prompt, a script, or a folder of them"
        )
    found = (p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file())
    return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts))


def read_text(file: Path) -> str | Unreadable:
    """Return a text file's content; the reason when it cannot be checked."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_FILE_MAX_BYTES + 1)
        if len(content) > _FILE_MAX_BYTES:
            return Unreadable(str(file), 1, Told(f"more than {_FILE_MAX_BYTES // 1_000_000} MB; divide it"))
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return Unreadable(str(file), 1, Told(f"byte {error.start + 1} is not UTF-8"))
    except OSError as error:
        return Unreadable(str(file), 1, Told(f"it cannot be read ({error.strerror})"))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > _LINE_MAX:
            reason = Told(f"a line of {len(line)} characters, {_LINE_MAX} at most; cut it")
            return Unreadable(str(file), number, reason)
    return text


def read_table(file: Path) -> Table | Unreadable:
    text = read_text(file)
    if isinstance(text, Unreadable):
        return text
    try:
        content = tomllib.loads(text)
        return Table(content, Lines(text), list(tables_of(content, ())))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        return Unreadable(str(file), int(at[1]) if at else 1, Told(f"wrong TOML: {error}"))
    except RecursionError:
        return Unreadable(str(file), 1, Told("its tables lie too deep in one another"))


def tables_of(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield path, value
        for key, inner in value.items():
            yield from tables_of(inner, (*path, str(key)))
    elif isinstance(value, list):
        for inner in value:
            yield from tables_of(inner, path)
