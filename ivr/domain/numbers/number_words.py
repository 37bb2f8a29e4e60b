"""Words of a French transcript with their places, and the numbers that they say. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivr.domain.numbers.nir import corsica_in_digits
from ivr.domain.text.plain_text import level

_TOKEN = re.compile(r"[^\W_]+")
UNITS = {
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
TEENS = {
    "dix": 10,
    "onze": 11,
    "douze": 12,
    "treize": 13,
    "quatorze": 14,
    "quinze": 15,
    "seize": 16,
}
TENS = {
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
_WITH_CORSICA = re.compile(r"\d*2[ab]\d*")


@dataclass(frozen=True, slots=True)
class Token:
    """A levelled word and its place [start, end) in the text; `before` is the mark that parts it from the last one."""

    text: str
    start: int
    end: int
    before: str = " "


def tokens(text: str) -> list[Token]:
    """Split `text` into words without accents, in lower case."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        gap = text[found[-1].end : match.start()] if found else ""
        before = "," if any(mark in gap for mark in ",;:.!?") else "-" if gap == "-" else " "
        found.append(Token(level(match.group()), *match.span(), before))
    return found


def number(spoken: list[Token], at: int) -> tuple[str, int] | None:
    """Read the number that begins at `at`: its digits, and how many words it takes."""
    word = spoken[at].text
    if word.isdigit():
        return word, 1
    if _WITH_CORSICA.fullmatch(word):
        return corsica_in_digits(word), 1
    if word == "zero":
        return "0", 1
    value, used = below_thousand(spoken, at)
    after = at + used
    if _follows(spoken, at, after) and spoken[after].text in ("mille", "mil"):
        rest, more = below_thousand(spoken, after + 1) if _follows(spoken, at, after + 1) else (0, 0)
        return str((value if used else 1) * 1000 + rest), used + 1 + more
    return (str(value), used) if used else None


def below_thousand(spoken: list[Token], at: int) -> tuple[int, int]:
    """Read a number below 1000 that begins at `at`: its value, and how many words it takes (0: there is none)."""
    value, used = _below_hundred(spoken, at)
    after = at + used
    if _follows(spoken, at, after) and spoken[after].text in ("cent", "cents") and (used == 0 or 2 <= value <= 9):
        rest, more = _below_hundred(spoken, after + 1) if _follows(spoken, at, after + 1) else (0, 0)
        return (value if used else 1) * 100 + rest, used + 1 + more
    return value, used


def _follows(spoken: list[Token], first: int, at: int) -> bool:
    """Say whether token `at` exists and no comma parts it from the number that begins at `first`."""
    return at < len(spoken) and (at == first or spoken[at].before != ",")


def _below_hundred(spoken: list[Token], at: int) -> tuple[int, int]:
    if at >= len(spoken):
        return 0, 0
    word = spoken[at].text
    following = [token.text for token in spoken[at + 1 : at + 2] if token.before != ","]
    if word == "quatre" and following and following[0] in ("vingt", "vingts"):
        value, used = 80, 2
    elif word in TENS:
        value, used = TENS[word], 1
    elif word in TEENS:
        if word == "dix" and following and following[0] in ("sept", "huit", "neuf"):
            return 10 + UNITS[following[0]], 2
        return TEENS[word], 1
    elif word in UNITS and word != "zero":
        return UNITS[word], 1
    else:
        return 0, 0
    joined = 1 if _follows(spoken, at, at + used) and spoken[at + used].text == "et" else 0
    next_at = at + used + joined
    if not _follows(spoken, at, next_at) or _begins_eighty(spoken, next_at):
        return value, used
    after = spoken[next_at].text
    if value in (60, 80) and after in TEENS and (not joined or after == "onze"):
        more = _below_hundred(spoken, next_at)
        return value + more[0], used + joined + more[1]
    if after in UNITS and after != "zero" and (not joined or after in ("un", "une")):
        return value + UNITS[after], used + joined + 1
    return value, used


def _begins_eighty(spoken: list[Token], at: int) -> bool:
    """Say whether "quatre" is written as part of "quatre-vingt" and not of the ten before it."""
    if spoken[at].text != "quatre" or at + 1 >= len(spoken) or spoken[at].before == "-":
        return False
    return spoken[at + 1].text in ("vingt", "vingts") and spoken[at + 1].before == "-"


def teen_hundreds(spoken: list[Token], at: int, teen: tuple[str, int]) -> list[tuple[str, int]]:
    """Read "quinze cents" on from the teen that was read at `at`: digits and words used; empty without a "cent"."""
    after = at + teen[1]
    if teen[0] == "10" or not _follows(spoken, at, after) or spoken[after].text not in ("cent", "cents"):
        return []
    rest, more = _below_hundred(spoken, after + 1) if _follows(spoken, at, after + 1) else (0, 0)
    return [(str(int(teen[0]) * 100 + rest), teen[1] + 1 + more)]
