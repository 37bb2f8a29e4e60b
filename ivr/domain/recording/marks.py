"""What a player marks in a recording: the notice, what was not stored and why, what is silence, doubts. Pure.

The catalogue counts from the start of the call's media, the audio from the end of the caller's notice, where capture
begins: that end is the first consent in the row. It is noted within a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

NOTICE: Final = "notice"
DOUBT: Final = "doubt"
GAP: Final = "gap"
MASK: Final = "mask"
_CALLER: Final = "caller"
_INFORMED: Final = "NOTIFIED"


@dataclass(frozen=True)
class Mark:
    """Something about [start, end) of the audio, in milliseconds of it; an event has no length.

    `lane` is whose it is (`caller`, `agent`), empty for both; `why` is a gap's cause, a mask's kind.
    """

    kind: str
    start_ms: int
    end_ms: int
    lane: str = ""
    why: str = ""


def begins_ms(consent: Mapping[str, object]) -> int:
    """Where in the call's media the audio begins."""
    return next((at for state, at in _moves(consent.get(_CALLER)) if state == _INFORMED), 0)


def marks_of(
    consent: Mapping[str, object],
    gaps: Sequence[Mapping[str, object]],
    masks: Sequence[Mapping[str, object]],
    *,
    duration_ms: int,
) -> list[Mark]:
    """Return the marks of a recording's row, in order of time. What lies wholly outside of the audio has none."""
    begin = begins_ms(consent)
    told = [Mark(kind, at, at, lane) for lane, moves in consent.items() for kind, at in _told(moves)]
    told += [Mark(GAP, _ms(gap, "start_ms"), _ms(gap, "end_ms"), "", str(gap.get("cause", ""))) for gap in gaps]
    told += [
        Mark(MASK, _ms(mask, "start_ms"), _ms(mask, "end_ms"), str(mask.get("channel", "")), str(mask.get("kind", "")))
        for mask in masks
    ]
    placed = (_placed(mark, begin, duration_ms) for mark in told)
    return sorted((mark for mark in placed if mark), key=lambda mark: (mark.start_ms, mark.end_ms, mark.kind))


def _placed(mark: Mark, begin: int, duration_ms: int) -> Mark | None:
    # A gap that ends before it begins lasts to the end of the call, which is not known.
    start, end = mark.start_ms - begin, duration_ms if mark.end_ms < mark.start_ms else mark.end_ms - begin
    if start > duration_ms or end < 0:
        return None
    return Mark(mark.kind, max(0, start), min(end, duration_ms), mark.lane, mark.why)


def _told(party: object) -> Iterator[tuple[str, int]]:
    """The first notice of a party, and each doubt."""
    informed = False
    for state, at in _moves(party):
        if state == "DOUBT":
            yield DOUBT, at
        elif state == _INFORMED and not informed:
            informed = True
            yield NOTICE, at


def _moves(party: object) -> Iterator[tuple[object, int]]:
    moves = party.get("moves") if isinstance(party, Mapping) else None
    for move in moves if isinstance(moves, list) else ():
        if isinstance(move, Mapping):
            yield move.get("state"), _ms(move, "offset_ms")


def _ms(holder: Mapping[str, object], name: str) -> int:
    value = holder.get(name)
    return value if isinstance(value, int) else 0
