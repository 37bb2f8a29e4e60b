"""What people read is French; the code that finds a fault says it in English. The two meet here, where it is shown.

`french.toml` holds one line per text: the English one, in which `{}` is whatever is filled in, and the French one. What
was filled in is looked up too ("Permission denied", "line 3").
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter

CATALOGUE = Path(__file__).with_name("french.toml")
_HOLE = re.compile(r"\{\}|\{\{|\}\}")
#: Texts within texts within texts.
_DEEPEST = 6


@dataclass(frozen=True)
class Translation:
    """One text: what stands before, between and after its holes in English, and the French form."""

    parts: tuple[str, ...]
    said: str

    @property
    def letters(self) -> int:
        return sum(map(len, self.parts))

    @property
    def as_it_is(self) -> frozenset[int]:
        """The holes whose content is somebody's own word, in « » or written {:s}: a name may be a word of ours too."""
        found, number = set(), 0
        for before, field, spec, _ in Formatter().parse(self.said):
            if field is not None:
                if before.endswith("« ") or spec == "s":
                    found.add(int(field) if field else number)
                number += 1
        return frozenset(found)


def french(text: str) -> str:
    """Return a text of ours in French; one that the catalogue does not know stays as it is."""
    return _french(text, _DEEPEST)


def in_french(sentences: Iterable[str]) -> str:
    """Return several sentences of ours, one after the other."""
    return " ".join(map(french, sentences))


# Texts come back: a script with a thousand findings has a dozen reasons.
@lru_cache(maxsize=256)
def _french(text: str, deepest: int) -> str:
    found = _found(text) if deepest else None
    if found is None:
        return text
    entry, filled = found
    as_it_is = entry.as_it_is
    return entry.said.format(*(one if at in as_it_is else _french(one, deepest - 1) for at, one in enumerate(filled)))


def _found(text: str) -> tuple[Translation, tuple[str, ...]] | None:
    exact, entries = _catalogue()
    if text in exact:
        return exact[text], ()
    for entry in entries:
        if all(part in text for part in entry.parts):
            match = re.fullmatch("(.*?)".join(map(re.escape, entry.parts)), text, re.DOTALL)
            if match:
                return entry, match.groups()
    return None


@cache
def _catalogue() -> tuple[dict[str, Translation], tuple[Translation, ...]]:
    """Return the texts without holes, and those with holes: the ones that say most first."""
    written = tomllib.loads(CATALOGUE.read_text("utf-8"))
    texts = {**{text: text for text in written["already"]}, **written["french"]}
    entries = [Translation(parts_of(english), said) for english, said in texts.items()]
    exact = {entry.parts[0]: entry for entry in entries if len(entry.parts) == 1}
    return exact, tuple(sorted((one for one in entries if len(one.parts) > 1), key=lambda one: -one.letters))


def parts_of(template: str) -> tuple[str, ...]:
    """Return what stands around the holes of a template; {{ and }} are the signs themselves."""
    parts, at = [""], 0
    for mark in _HOLE.finditer(template):
        parts[-1] += template[at : mark.start()]
        at = mark.end()
        if mark.group() == "{}":
            parts.append("")
        else:
            parts[-1] += mark.group()[0]
    parts[-1] += template[at:]
    return tuple(parts)
