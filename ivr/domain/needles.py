"""What a text must hold, letter by letter, before a regular expression can find anything in it. Pure.

Looking for a few words is many times faster than trying hundreds of wordings at each place of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

#: One letter stands in nearly every text.
_SHORTEST = 2
_MOST = 400


def needles(pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    """Return words one of which stands in every text in which `pattern` is found; None when that cannot be told."""
    return None if pattern.flags & re.IGNORECASE else _needles(pattern.pattern, pattern.flags & ~re.UNICODE)


@lru_cache(maxsize=256)
def _needles(pattern: str, flags: int) -> tuple[str, ...] | None:
    found = _required(parser.parse(pattern, flags))
    if found is None or len(found) > _MOST:
        return None
    return tuple(sorted(one for one in found if not any(other in one for other in found if other != one)))


class Sought:
    """A pattern that is tried only where it can be found; it finds what the pattern finds."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._needles = needles(pattern)

    def may_match(self, text: str) -> bool:
        """Return False when the pattern certainly finds nothing in `text`."""
        if self._needles is None:
            return True
        for needle in self._needles:  # noqa: SIM110 - this runs for each wording and each sentence of a script
            if needle in text:
                return True
        return False

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self._pattern.finditer(text) if self.may_match(text) else iter(())

    def search(self, text: str, begin: int = 0) -> re.Match[str] | None:
        return self._pattern.search(text, begin) if self.may_match(text) else None


def _required(sequence: Iterable[Any]) -> frozenset[str] | None:
    """Return the best choice among what the parts of a sequence demand: the longest words, then the fewest."""
    choices: list[frozenset[str]] = []
    run = ""
    for operator, argument in sequence:
        if operator is code.LITERAL:
            run += chr(argument)
            continue
        choices.append(frozenset({run}))
        run = ""
        inner = _inside(operator, argument)
        if inner is not None:
            choices.append(inner)
    choices.append(frozenset({run}))
    usable = [choice for choice in choices if min(map(len, choice), default=0) >= _SHORTEST]
    return max(usable, key=lambda choice: (min(map(len, choice)), -len(choice)), default=None)


def _inside(operator: Any, argument: Any) -> frozenset[str] | None:
    """Return what an operator that must match demands; None for what may match nothing, or anything."""
    if operator is code.SUBPATTERN:
        return _required(argument[-1])
    if operator is code.ATOMIC_GROUP:
        return _required(argument)
    if operator in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        least, _, repeated = argument
        return _required(repeated) if least else None
    if operator is code.BRANCH:
        ways = [_required(way) for way in argument[1]]
        known = [way for way in ways if way is not None]
        return frozenset().union(*known) if len(known) == len(ways) else None
    return None
