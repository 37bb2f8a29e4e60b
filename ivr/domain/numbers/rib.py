"""The RIB, a French bank account without its country: its places and its key, said once. Pure.

Bank and branch have five digits each, the number eleven (here: without letters), the key two: the whole is a multiple
of 97 (CFONB; `stdnum` has the IBAN only).
"""

from __future__ import annotations

DIGITS = 23
#: Where bank, branch and number end.
PLACES = frozenset({5, 10, 21})


def has_key(digits: str) -> bool:
    """Say whether these are 23 digits of which the last two are the right key."""
    return len(digits) == DIGITS and int(digits[21:]) == 97 - int(digits[:21]) * 100 % 97
