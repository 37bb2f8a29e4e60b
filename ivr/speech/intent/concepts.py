"""Words to concepts: what each word of a transcript is about, by spelling first and by sound second."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ivr.domain.text.phonetic_key import key, likeness
from ivr.speech.intent.words import Word

LEXICON = Path(__file__).with_name("lexicon.toml")
UNKNOWN = "X"
_SOUND_WORDS_MAX = 3
_STEM_MIN = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """One or more words with one concept: words[first:last].

    `weak` tells that the concept was heard, not read; `pause` is the break that follows; `form` is the
    ending of a verb as far as the ear can tell: z (-ez), t (past -ais/-ait), r (infinitive), "" (other).
    """

    concept: str
    text: str
    first: int
    last: int
    weak: bool
    pause: str
    form: str


def _form(text: str) -> str:
    if text.endswith("ez"):
        return "z"
    if text.endswith(("ais", "ait", "aient")):
        return "t"
    return "r" if text.endswith(("er", "ir", "re")) else ""


class Lexicon:
    """The concepts and the words that carry them, as read from lexicon.toml."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._exact: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        for concept, entries in tables["concept"].items():
            for entry in entries:
                if entry.endswith("*"):
                    self._stems.setdefault(entry[:-1], concept)
                elif "*" in entry:
                    head, tail = entry.split("*")
                    for ending in ("", "i", "iss", "ass", "er", "an", "nt"):
                        self._exact.setdefault(head + ending + tail, concept)
                else:
                    self._exact.setdefault(entry, concept)
        self._misheard = {entry: concept for concept, entries in tables["misheard"].items() for entry in entries}
        self._plain = frozenset(tables["plain"]["words"])
        self._sounds = [
            ("".join(key(word) for word in text.split()), concept, float(rule["from"]))
            for concept, rule in tables["sound"].items()
            for text in rule["like"]
        ]
        longest = max((e.count(" ") for e in (*self._exact, *self._misheard)), default=0) + 1
        self._longest = longest
        self._starts = {e.split(" ", 1)[0] for e in (*self._exact, *self._misheard) if " " in e}
        self._word = lru_cache(maxsize=20_000)(self._spelled)
        self._heard = lru_cache(maxsize=50_000)(self._sounding)

    def _spelled(self, word: str) -> str:
        concept = self._exact.get(word)
        if concept is not None:
            return concept
        for length in range(len(word), _STEM_MIN - 1, -1):
            concept = self._stems.get(word[:length])
            if concept is not None:
                return concept
        return UNKNOWN

    def _sounding(self, phrase: str) -> str:
        heard = "".join(key(word) for word in phrase.split())
        best, found = 0.0, UNKNOWN
        for sound, concept, least in self._sounds:
            if abs(len(sound) - len(heard)) > 0.4 * len(sound):
                continue
            score = likeness(heard, sound)
            if score >= least and score > best:
                best, found = score, concept
        return found

    def units(self, words: Sequence[Word]) -> list[Unit]:
        """Return the concepts of `words` in order; every word belongs to exactly one unit."""
        texts = [word.text for word in words]
        units: list[Unit] = []
        at = 0
        while at < len(texts):
            concept, size, weak = self._at(texts, words, at)
            last = at + size
            text = " ".join(texts[at:last])
            units.append(Unit(concept, text, at, last, weak, words[last - 1].pause, _form(texts[last - 1])))
            at = last
        return units

    def _at(self, texts: list[str], words: Sequence[Word], at: int) -> tuple[str, int, bool]:
        if texts[at] in self._starts:
            for size in range(min(self._longest, len(texts) - at), 1, -1):
                phrase = " ".join(texts[at : at + size])
                if phrase in self._exact:
                    return self._exact[phrase], size, False
                if phrase in self._misheard:
                    return self._misheard[phrase], size, True
        concept = self._word(texts[at])
        if concept != UNKNOWN and texts[at] not in ("en", "un", "m", "me", "j", "je", "l", "d"):
            return concept, 1, False
        if texts[at] in self._misheard:
            return self._misheard[texts[at]], 1, True
        for size in range(min(_SOUND_WORDS_MAX, len(texts) - at), 0, -1):
            span = texts[at : at + size]
            if any(word in self._plain or (size > 1 and self._sealed(word)) for word in span):
                continue
            if any(words[i].pause for i in range(at, at + size - 1)):
                continue
            heard = self._heard(" ".join(span))
            if heard != UNKNOWN:
                return heard, size, True
        return concept, 1, False

    def _sealed(self, word: str) -> bool:
        """A word of the domain is what it is: it is never half of something misheard."""
        return self._word(word) not in (UNKNOWN, "DE", "PRO", "MOI", "FILLER", "QUE", "BE", "THEN")


@lru_cache(maxsize=1)
def shipped_lexicon() -> Lexicon:
    """Return the lexicon that lies beside this module."""
    return Lexicon(tomllib.loads(LEXICON.read_text(encoding="utf-8")))
