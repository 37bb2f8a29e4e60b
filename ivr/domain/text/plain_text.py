"""Levels French text for matching: lower case, no accents, no apostrophes, hyphens or markup, short spellings in full.

Of every levelled character is known where it came from, so that a match can be shown as it was written. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import NamedTuple

_PART = re.compile(r"[nN]°|[^\W_]+|[.,;:?!()«»\"“”…#❌🚫]")
_ACCENTED = re.compile(r"[^\x00-\x7f]")
_LIGATURES = {"œ": "oe", "æ": "ae"}
_ENDS = (".", "?", "!", "…")
_END = re.compile(r"[.?!…]")


class _Places:
    """Where each word stands in a levelled text, and where it stood originally; found out when it is first asked."""

    def __init__(self, original: str, words: Sequence[str]) -> None:
        self._original, self._words = original, words

    @cached_property
    def _spans(self) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
        begins = [0, *accumulate(len(word) + 1 for word in self._words)][:-1]
        return begins, [part.span() for part in _PART.finditer(self._original)]

    def of(self, at: int) -> tuple[int, int]:
        """Return what became the character `at`; a space between words is where the next one begins."""
        begins, spans = self._spans
        word = bisect_right(begins, at) - 1
        if word + 1 < len(begins) and at == begins[word + 1] - 1:
            return spans[word + 1][0], spans[word + 1][0]
        return spans[word]


class PlainText(NamedTuple):
    """`text` is levelled, a part (`offset` says from where) of what a whole original became."""

    text: str
    places: _Places
    offset: int = 0

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the original offsets of text[start:end]; `end` must be greater than `start`."""
        return self.places.of(self.offset + start)[0], self.places.of(self.offset + end - 1)[1]

    def cut(self, start: int, end: int) -> PlainText:
        return PlainText(self.text[start:end], self.places, self.offset + start)

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


def level(text: str) -> str:
    """Return a text in lower case without accents: the only place where accents are taken off."""
    lowered = text.lower()
    return lowered if lowered.isascii() else _ACCENTED.sub(lambda found: _bare(found.group()), lowered)


@lru_cache(maxsize=4096)
def _bare(character: str) -> str:
    plain = unicodedata.normalize("NFD", _LIGATURES.get(character, character))
    return "".join(c for c in plain if not unicodedata.combining(c))


def plain_text(original: str, abbreviations: Mapping[str, str]) -> PlainText:
    """Level a text: words and marks are separated by one space each; of markup nothing is left."""
    words = level(" ".join(_PART.findall(original))).split(" ")
    if not abbreviations.keys().isdisjoint(words):
        words = [abbreviations.get(word, word) for word in words]
    return PlainText(" ".join(words), _Places(original, words))
