"""Levels French text for matching: lower case, no accents, no apostrophes, hyphens or markup, short spellings in full.

Of every levelled character is known where it came from, so that a match can be shown as it was written. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_PART = re.compile(r"[nN]°|[^\W_]+|[.,;:?!()«»\"“”…#❌🚫]|\.{2,}")
_MARKUP = re.compile(r"[*_`~]+|\[(?=[ xX]\])")
_ENDS = (".", "?", "!", "…")
_END = re.compile(r"[.?!…]")


@dataclass(frozen=True, slots=True)
class PlainText:
    """`text` is levelled, a part (`offset` says from where) of what a whole original became.

    `begins[n]` is where its word n begins in the whole levelled text, `starts[n]` to `ends[n]` where that word stood
    originally.
    """

    text: str
    begins: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]
    offset: int = 0

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the original offsets of text[start:end]; `end` must be greater than `start`."""
        return self._place(start)[0], self._place(end - 1)[1]

    def cut(self, start: int, end: int) -> PlainText:
        return PlainText(self.text[start:end], self.begins, self.starts, self.ends, self.offset + start)

    def _place(self, at: int) -> tuple[int, int]:
        """Return what became the character `at`; a space between words is where the next one begins."""
        at += self.offset
        word = bisect_right(self.begins, at) - 1
        if word + 1 < len(self.begins) and at == self.begins[word + 1] - 1:
            return self.starts[word + 1], self.starts[word + 1]
        return self.starts[word], self.ends[word]

    def sentences(self) -> Iterator[PlainText]:
        """Yield the sentences, each with its closing mark; a clause mark alone ends none."""
        begin = 0
        for mark in _END.finditer(self.text):
            at = mark.start()
            if self.text[at + 2 : at + 3] not in _ENDS:
                if self.text[begin : at + 1].strip(" .?!…"):
                    yield self.cut(begin, at + 1)
                begin = at + 1
        if self.text[begin:].strip():
            yield self.cut(begin, len(self.text))


def level(word: str) -> str:
    """Return a word in lower case without accents."""
    lowered = word.lower()
    if lowered.isascii():
        return lowered
    plain = unicodedata.normalize("NFD", lowered.replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def plain_text(original: str, abbreviations: Mapping[str, str]) -> PlainText:
    """Level a text: words and marks are separated by one space each."""
    cleaned = _MARKUP.sub(lambda m: " " * len(m.group()) if "[" in m.group() else "\0" * len(m.group()), original)
    words: list[str] = []
    begins, starts, ends = array("l"), array("l"), array("l")
    at = 0
    for match in _PART.finditer(cleaned.replace("\0", "\u200b").replace("\u200b", " ")):
        word = match.group()
        part = word.lower() if word.isascii() else level(word)
        part = abbreviations.get(part, part)
        words.append(part)
        begins.append(at)
        starts.append(match.start())
        ends.append(match.end())
        at += len(part) + 1
    return PlainText(" ".join(words), begins, starts, ends)
