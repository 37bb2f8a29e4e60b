"""Forbidden numbers inside a longer row of digits: a telephone, a date or a member number said just before. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from stdnum import luhn

from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers import nir
from ivr.domain.numbers.spoken_digits import DigitRun

_NIR_PART = 9
_CARD_DIGITS, _CARD_PART, _CARD_GROUP = 16, 12, 4
#: Where its groups end.
_CARD_PLACES = frozenset({4, 8, 12, 16})
_TELEPHONE = re.compile(r"0[1-9]\d{8}")
_TELEPHONE_ABROAD = re.compile(r"33[1-9]\d{8}")
_TELEPHONE_DIGITS = 10
_PAIRS = frozenset({2, 4, 6, 8, 10})


def after_telephones(groups: Sequence[str]) -> int:
    """Return how many groups at the beginning are whole telephone numbers."""
    at = 0
    while at < len(groups):
        taken = _telephone(groups[at:])
        if not taken:
            break
        at += taken
    return at


def whole_telephone(groups: Sequence[str]) -> bool:
    """Say whether these groups are telephone numbers and nothing else."""
    return after_telephones(groups) == len(groups)


def telephone_going_on(groups: Sequence[str]) -> bool:
    """Say whether these groups may be the first of a telephone number that is not over yet."""
    text = "".join(groups)
    return len(text) < _TELEPHONE_DIGITS and re.match(r"0(?:[1-9]|$)", text) is not None


def doubtful_from(groups: Sequence[str]) -> int | None:
    """Return the index of the first group that may be the beginning of a forbidden number, or None.

    A telephone number is none, and neither is one that is going on: in it only a lone "1" or "2", as a NIR begins.
    """
    at = after_telephones(groups)
    rest = groups[at:]
    if not rest:
        return None
    if not telephone_going_on(rest):
        return at
    lone = (n for n, group in enumerate(rest) if n and group in ("1", "2") and rest[n - 1] != "0")
    return next((at + n for n in lone), None)


def inner_number(run: DigitRun) -> SensitiveSpan | None:
    """Return the NIR or card that begins at a group of `run` other than the first, or that something follows."""
    readings = (run, *run.readings)
    if any(whole_telephone(reading.groups) for reading in readings):
        return None
    for reading in readings:
        at = 0
        while at < len(reading.groups):
            found = _begins(reading, at)
            if found is not None:
                return found
            at += _telephone(reading.groups[at:]) or 1
    return None


def _telephone(groups: Sequence[str]) -> int:
    """Return how many groups the telephone number takes that they begin with, or 0."""
    text = ""
    for count, group in enumerate(groups, start=1):
        text += group
        if _TELEPHONE.fullmatch(text) or _TELEPHONE_ABROAD.fullmatch(text):
            return count
        if len(text) > _TELEPHONE_DIGITS:
            break
    return 0


def _begins(run: DigitRun, at: int) -> SensitiveSpan | None:
    groups = run.groups[at:]
    if not at and len(groups) == 1:
        return None
    offset = sum(len(group) for group in run.groups[:at])
    text, edges = run.text[offset:], _edges(groups)
    size = _nir(text, edges, part=at > 0 and run.groups[at - 1] != "0")
    if size:
        return SensitiveSpan("nir", run.starts[offset], run.ends[offset + size - 1])
    size = _card(text, edges, groups, first=not at)
    if size:
        return SensitiveSpan("card", run.starts[offset], run.ends[offset + size - 1])
    return None


def _edges(groups: Sequence[str]) -> set[int]:
    return set(accumulate(map(len, groups)))


def _nir(text: str, edges: set[int], *, part: bool) -> int:
    if nir.KEYED in edges and nir.has_key(text[: nir.KEYED]) and nir.LOOSE_FORM.match(text):
        return nir.KEYED
    if not nir.FORM.match(text):
        return 0
    if nir.DIGITS in edges and (min(edges) == nir.DIGITS or edges >= nir.PLACES):
        # The key, or a digit too many that the ear heard.
        return len(text) if len(text) <= nir.KEYED + 1 else nir.DIGITS
    if not part or not edges >= nir.PLACES:
        return 0
    return len(text) if _NIR_PART <= len(text) <= nir.KEYED + 1 else 0


def _card(text: str, edges: set[int], groups: Sequence[str], *, first: bool) -> int:
    piece = text[:_CARD_DIGITS]
    by_four = [len(group) for group in groups[:4]] == [_CARD_GROUP] * 4
    if len(piece) == _CARD_DIGITS and _CARD_DIGITS in edges and not first:
        if by_four and piece[0] in "3456" and (piece[0] in "45" or luhn.is_valid(piece)):
            return _CARD_DIGITS
        if piece[0] in "456" and luhn.is_valid(piece) and not _ends_in_telephone(groups):
            return _CARD_DIGITS
    by_places = by_four or (edges >= _CARD_PLACES and not _ends_in_telephone(groups))
    if first and by_places and len(text) > _CARD_DIGITS and piece[0] in "45" and luhn.is_valid(piece):
        return _CARD_DIGITS
    part = not first and len(text) == _CARD_PART and piece[0] in "45" and {len(group) for group in groups} == {4}
    return len(text) if part else 0


def _ends_in_telephone(groups: Sequence[str]) -> bool:
    """Say whether a telephone number said by twos ends these groups: what is before it is another number."""
    for at in range(1, len(groups)):
        tail = groups[at:]
        if _TELEPHONE.fullmatch("".join(tail)) and (len(tail) == 1 or _edges(tail) >= _PAIRS):
            return True
    return False
