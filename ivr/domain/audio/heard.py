"""How much of a recording was heard: passages, joined where they touch. Pure."""

from __future__ import annotations

from collections.abc import Iterable

#: A passage [start, end) in milliseconds of the recording.
Passage = tuple[int, int]


def joined(passages: Iterable[Passage]) -> list[Passage]:
    """The passages in order, those that touch or overlap as one; empty ones are none."""
    out: list[Passage] = []
    for start, end in sorted(one for one in passages if one[0] < one[1]):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def length_ms(passages: Iterable[Passage]) -> int:
    """How long these last; what was heard twice counts once."""
    return sum(end - start for start, end in joined(passages))


def common(some: Iterable[Passage], others: Iterable[Passage]) -> list[Passage]:
    """What lies in both."""
    ours, theirs = joined(some), joined(others)
    return joined((max(a, c), min(b, d)) for a, b in ours for c, d in theirs)
