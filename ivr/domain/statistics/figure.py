"""A figure counts by program and one more quality. Small counts are hidden: they would single out a person.

Hidden is what counts fewer than five, as public statistics do (GDPR recital 26: what can be singled out is personal).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: (program, quality): a month, a minute of the call, how it ended, a cause, a kind.
Cell = tuple[str, str]
#: The smallest count that is shown.
LEAST = 5


@dataclass(frozen=True)
class Figure:
    """`cells` has no zeros; None is hidden: 1 to 4, or more where the sum of a row or column would give one away."""

    name: str
    cells: Mapping[Cell, int | None]

    @property
    def programs(self) -> list[str]:
        return sorted({program for program, _ in self.cells})

    @property
    def qualities(self) -> list[str]:
        return sorted({quality for _, quality in self.cells}, key=_order)


def figure(name: str, counts: Mapping[Cell, int]) -> Figure:
    """Return the figure of these counts, with small ones hidden."""
    counts = {cell: count for cell, count in counts.items() if count}
    hidden = _hidden(counts)
    return Figure(name, {cell: None if cell in hidden else count for cell, count in counts.items()})


def share(part: int | None, whole: int | None) -> int | None:
    """Return per cent, to the nearest; None when either is hidden or there is nothing."""
    return None if part is None or not whole else round(100 * part / whole)


def _hidden(counts: Mapping[Cell, int]) -> set[Cell]:
    """Small counts; and where the sum of a row or a column would tell what it hides, the next smallest too."""
    hidden = {cell for cell, count in counts.items() if count < LEAST}
    lines = [
        [cell for cell in counts if cell[axis] == name] for axis in (0, 1) for name in {one[axis] for one in counts}
    ]
    while more := set(_told_by_sums(counts, hidden, lines)) - hidden:
        hidden |= more
    return hidden


def _told_by_sums(counts: Mapping[Cell, int], hidden: set[Cell], lines: Iterable[list[Cell]]) -> Iterable[Cell]:
    """What else must be hidden: a sum tells one that is alone, and several where all are 1, or all the largest."""
    for line in lines:
        shown = [cell for cell in line if cell not in hidden]
        number, total = len(line) - len(shown), sum(counts[cell] for cell in line if cell in hidden)
        if shown and (number == 1 or (number and total in (number, number * (LEAST - 1)))):
            yield min(shown, key=lambda cell: (counts[cell], cell))


def _order(quality: str) -> tuple[bool, int, str]:
    """Numbers in their order, then words."""
    return (not quality.isdigit(), int(quality) if quality.isdigit() else 0, quality)
