"""Numbers that were said in one go and written in parts: "1950 et 1", "13.000 8", "20, 1". Pure."""

from __future__ import annotations

from collections.abc import Sequence

_THOUSAND = "000"
#: "soixante, douze" is 72, "quatre-vingt, dix-sept" is 97.
_BY_TWENTY = ("60", "80")


def completed(groups: Sequence[str]) -> tuple[str, ...]:
    """Return groups of digits with each round number completed by what follows it, where its zeros leave room.

    It is one more way to read what was said, never the only one: 20 and 1 may be meant as such.
    """
    found: list[str] = []
    for group in groups:
        last = found[-1] if found else ""
        zeros = len(last) - len(last.rstrip("0"))
        if last and group == _THOUSAND and 0 < int(last) < 1000:
            found[-1] = last + _THOUSAND
        elif int(last or 0) and group[0] != "0" and _fits(last, zeros, group):
            found[-1] = str(int(last) + int(group)).zfill(len(last))
        else:
            found.append(group)
    return tuple(found)


def _fits(last: str, zeros: int, group: str) -> bool:
    if len(group) <= zeros:
        return True
    return last[-2:] in _BY_TWENTY and len(group) == 2 and group[0] == "1"
