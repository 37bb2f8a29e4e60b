"""The NIR, the French social-security number: its form, its key, its places and Corsica, said once. Pure.

Sex, year, month, department, commune and order make 13 digits, the key two more (decree 82-103, `stdnum.fr.nir`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from stdnum.fr import nir

DIGITS, KEYED = 13, 15
#: Sexes, and the numbers of those who wait for theirs.
FIRST = "123478"
#: Where sex, year, month and department end.
PLACES = frozenset({1, 3, 5, 7})
#: How it is written in groups that differ in length.
GROUPS = ([1, 2, 2, 2, 3, 3], [1, 2, 2, 2, 3, 3, 2])
_MONTH = "(?:0[1-9]|1[0-2])"
#: How the digits of one begin (Corsica as 19 and 18).
FORM = re.compile(rf"[12]\d{{2}}{_MONTH}(?:0[1-9]|[1-9]\d)\d*")
#: With all that INSEE gives: numbers in waiting, months of births unknown.
LOOSE_FORM = re.compile(rf"[{FIRST}]\d{{2}}(?:{_MONTH}|[2-9]\d)(?:0[1-9]|[1-9]\d)\d*")
#: 13 digits whose department is one.
STRICT_FORM = re.compile(rf"[12]\d\d{_MONTH}(?:0[1-9]|[1-8]\d|9[0-57-9])\d{{6}}")
#: The departments of Corsica, as they count in the key.
CORSICA = {"2a": "19", "2b": "18"}


def has_key(digits: str) -> bool:
    """Say whether these are 15 digits of which the last two are the right key."""
    return len(digits) == KEYED and bool(nir.calc_check_digits(digits) == digits[DIGITS:])


def is_whole(digits: str) -> bool:
    """Say whether these are the 13 digits of one, or 15 with the right key."""
    return FORM.match(digits) is not None and (len(digits) == DIGITS or has_key(digits))


def by_places(groups: Sequence[str]) -> bool:
    """Say whether no group reaches over a place ("1 85 07 51", "185 07 51" does)."""
    return set(accumulate(map(len, groups))) >= PLACES


def corsica_in_digits(text: str) -> str:
    """Return levelled text with 2a and 2b as the key counts them."""
    for department, digits in CORSICA.items():
        text = text.replace(department, digits)
    return text


def written_with_letter(between: str) -> re.Pattern[str]:
    """One of Corsica in writing, with or without its key; `between` is a class of what may part its groups."""
    part = f"[{between}]?"
    return re.compile(
        rf"(?<![0-9a-z])[12]{part}\d\d{part}{_MONTH}{part}2[ab](?:{part}\d\d\d){{2}}(?:{part}\d\d)?(?![0-9a-z])",
        re.IGNORECASE,
    )
