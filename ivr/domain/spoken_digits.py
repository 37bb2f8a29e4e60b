"""Digits in a French transcript, in figures or in words, with their places in the text. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_TOKEN = re.compile(r"[^\W_]+")
_UNITS = {
    "zero": 0,
    "un": 1,
    "une": 1,
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "cinq": 5,
    "six": 6,
    "sept": 7,
    "huit": 8,
    "neuf": 9,
}
_TEENS = {
    "dix": 10,
    "onze": 11,
    "douze": 12,
    "treize": 13,
    "quatorze": 14,
    "quinze": 15,
    "seize": 16,
}
_TENS = {
    "vingt": 20,
    "vingts": 20,
    "trente": 30,
    "quarante": 40,
    "cinquante": 50,
    "soixante": 60,
    "septante": 70,
    "huitante": 80,
    "octante": 80,
    "nonante": 90,
}
# The Corsican departments count as 19 and 18 in the key of a NIR (INSEE).
_CORSICA = {"2a": "19", "2b": "18"}
# What people say between the groups of a number they dictate.
_BETWEEN = frozenset(
    [
        "euh",
        "heu",
        "puis",
        "ensuite",
        "apres",
        "alors",
        "donc",
        "virgule",
        "tiret",
        "espace",
        "point",
        "ben",
        "hum",
        "c",
        "est",
        "le",
        "la",
        "et",
        "plus",
    ]
)
_GAP_WORDS_MAX = 2
_AMOUNTS = frozenset(
    [
        "euro",
        "euros",
        "centimes",
        "pourcent",
        "pour",
        "mois",
        "ans",
        "jours",
        "heures",
        "heure",
        "minutes",
        "kilometres",
        "metres",
        "fois",
    ]
)


@dataclass(frozen=True, slots=True)
class Token:
    """A levelled word and its place [start, end) in the text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Digits said or written one after the other: `text` holds them; tokens[first:last] are their words."""

    text: str
    first: int
    last: int
    start: int
    end: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def tokens(text: str) -> list[Token]:
    """Split `text` into words without accents, in lower case."""
    found = []
    for match in _TOKEN.finditer(text):
        plain = unicodedata.normalize("NFD", match.group().lower())
        found.append(Token("".join(c for c in plain if not unicodedata.combining(c)), *match.span()))
    return found


def _number(spoken: list[Token], at: int) -> tuple[str, int] | None:
    """Read the number that begins at `at`: its digits, and how many words it takes."""
    word = spoken[at].text
    if word.isdigit():
        return word, 1
    if word in _CORSICA:
        return _CORSICA[word], 1
    if word == "zero":
        return "0", 1
    value, used = _below_thousand(spoken, at)
    after = at + used
    if after < len(spoken) and spoken[after].text in ("mille", "mil"):
        rest, more = _below_thousand(spoken, after + 1)
        return str((value if used else 1) * 1000 + rest), used + 1 + more
    return (str(value), used) if used else None


def _below_thousand(spoken: list[Token], at: int) -> tuple[int, int]:
    value, used = _below_hundred(spoken, at)
    after = at + used
    if after < len(spoken) and spoken[after].text in ("cent", "cents") and (used == 0 or 2 <= value <= 9):
        rest, more = _below_hundred(spoken, after + 1)
        return (value if used else 1) * 100 + rest, used + 1 + more
    return value, used


def _below_hundred(spoken: list[Token], at: int) -> tuple[int, int]:
    if at >= len(spoken):
        return 0, 0
    word = spoken[at].text
    following = [token.text for token in spoken[at + 1 : at + 4]]
    if word == "quatre" and following[:1] and following[0] in ("vingt", "vingts"):
        value, used = 80, 2
    elif word in _TENS:
        value, used = _TENS[word], 1
    elif word in _TEENS:
        if word == "dix" and following[:1] and following[0] in ("sept", "huit", "neuf"):
            return 10 + _UNITS[following[0]], 2
        return _TEENS[word], 1
    elif word in _UNITS and word != "zero":
        return _UNITS[word], 1
    else:
        return 0, 0
    joined = 1 if at + used < len(spoken) and spoken[at + used].text == "et" else 0
    after = spoken[at + used + joined].text if at + used + joined < len(spoken) else ""
    if value in (60, 80) and after in _TEENS and (not joined or after == "onze"):
        more = _below_hundred(spoken, at + used + joined)
        return value + more[0], used + joined + more[1]
    if after in _UNITS and after != "zero" and (not joined or after in ("un", "une")):
        return value + _UNITS[after], used + joined + 1
    return value, used


def digit_runs(spoken: list[Token]) -> list[DigitRun]:
    """Return the runs of digits of a transcript; a few hesitations between groups do not end a run."""
    runs: list[DigitRun] = []
    at = 0
    while at < len(spoken):
        read = _number(spoken, at)
        if read is None:
            at += 1
            continue
        first, digits = at, ""
        starts: list[int] = []
        ends: list[int] = []
        last = at
        while read is not None:
            group, used = read
            digits += group
            starts += [spoken[at].start] * len(group)
            ends += [spoken[at + used - 1].end] * len(group)
            at = last = at + used
            gap = 0
            while at + gap < len(spoken) and gap < _GAP_WORDS_MAX and spoken[at + gap].text in _BETWEEN:
                gap += 1
            read = _number(spoken, at + gap) if at + gap < len(spoken) else None
            if read is not None:
                at += gap
        amount = last < len(spoken) and spoken[last].text in _AMOUNTS
        if not (amount and len(digits) < 8):
            runs.append(DigitRun(digits, first, last, starts[0], ends[-1], tuple(starts), tuple(ends)))
        at = last
    return runs
