"""Levels French text for matching: lower case, no accents, no apostrophes, hyphens or markup, short spellings in full.

Every levelled character knows where it came from, so that a match can be shown as it was written. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_PART = re.compile(r"n°|[^\W_]+|[.,;:?!()«»\"“”…#❌🚫]|\.{2,}")
_MARKUP = re.compile(r"[*_`~]+|\[(?=[ xX]\])")
_ENDS = (".", "?", "!", "…")


@dataclass(frozen=True, slots=True)
class PlainText:
    """`text` is levelled; `starts[i]` and `ends[i]` bound, in the original, what became character i."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the original offsets of text[start:end]; `end` must be greater than `start`."""
        return self.starts[start], self.ends[end - 1]

    def cut(self, start: int, end: int) -> PlainText:
        return PlainText(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def sentences(self) -> Iterator[PlainText]:
        """Yield the sentences, each with its closing mark; a clause mark alone ends none."""
        begin = 0
        for at, character in enumerate(self.text):
            if character in _ENDS and self.text[at + 1 : at + 3].strip()[:1] not in _ENDS:
                if self.text[begin : at + 1].strip(" .?!…"):
                    yield self.cut(begin, at + 1)
                begin = at + 1
        if self.text[begin:].strip():
            yield self.cut(begin, len(self.text))


def level(word: str) -> str:
    """Return a word in lower case without accents."""
    plain = unicodedata.normalize("NFD", word.lower().replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def plain_text(original: str, abbreviations: Mapping[str, str]) -> PlainText:
    """Level a text: words and marks are separated by one space each."""
    cleaned = _MARKUP.sub(lambda m: " " * len(m.group()) if "[" in m.group() else "\0" * len(m.group()), original)
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _PART.finditer(cleaned.replace("\0", "\u200b").replace("\u200b", " ")):
        part = level(match.group())
        part = abbreviations.get(part, part)
        if text:
            text.append(" ")
            starts.append(match.start())
            ends.append(match.start())
        for character in part:
            text.append(character)
            starts.append(match.start())
            ends.append(match.end())
    return PlainText("".join(text), tuple(starts), tuple(ends))
