"""What may be done with a recording at the request of the person it concerns, and by which rule. Pure (GDP-002)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ivr.domain.retention.schedule import LawfulBasis, Schedule
from ivr.domain.text.told import Told


class Act(Enum):
    COPY = "copy"
    ERASE = "erase"
    RESTRICT = "restrict"
    UNRESTRICT = "unrestrict"


@dataclass(frozen=True)
class Item:
    """What a decision looks at: no content. `schedules` are the purposes that it still serves, `held_by` the holds."""

    recording_id: str
    readable: bool
    restricted: bool
    held_by: tuple[str, ...]
    schedules: tuple[Schedule, ...]


@dataclass(frozen=True)
class ActDecision:
    """`allowed`, the rules that say so, and one sentence for the page and the letter."""

    allowed: bool
    reasons: tuple[str, ...]
    detail: Told


def decide_act(act: Act, item: Item) -> ActDecision:
    """Return whether the act may be done, and why not.

    Erasure is refused while a legal hold keeps the recording (17(3)(e)), where a law orders that it be kept (17(3)(b)),
    and while it proves a contract (17(3)(e)): each until its own deadline. A copy is refused for nothing but silence.
    """
    if act is Act.UNRESTRICT:
        if item.restricted:
            return _yes("GDP-004", detail=Told("It may be lifted once the person was told (article 18(3))."))
        return _no("GDP-004", detail=Told("Its processing is not restricted."))
    if not item.readable:
        return _no("RET-001", detail=Told("It is destroyed, or was never kept."))
    if act is Act.COPY:
        return _yes("REC-017", "GDP-003", detail=Told("The person may have a copy."))
    if act is Act.RESTRICT:
        if item.restricted:
            return _no("GDP-004", detail=Told("Its processing is restricted already."))
        return _yes("GDP-004", detail=Told("It is kept and used no more, but for legal claims."))
    return _erasure(item)


def _erasure(item: Item) -> ActDecision:
    if item.held_by:
        names = ", ".join(item.held_by)
        return _no("RET-002", "GDP-002", detail=Told(f"A legal hold keeps it: {names} (article 17(3)(e))."))
    for basis, detail in (
        (LawfulBasis.LEGAL_OBLIGATION, "The law orders that it be kept for '{}' (article 17(3)(b))."),
        (LawfulBasis.CONTRACT, "It proves a contract, for '{}' (article 17(3)(e))."),
    ):
        titles = [schedule.title for schedule in item.schedules if schedule.basis is basis]
        if titles:
            return _no("GDP-002", *_rules(item.schedules, basis), detail=Told(detail.format(titles[0])))
    return _yes("GDP-002", detail=Told("Nothing orders that it be kept: it may be erased."))


def _rules(schedules: Sequence[Schedule], basis: LawfulBasis) -> tuple[str, ...]:
    found = [rule for one in schedules if one.basis is basis for period in one.periods for rule in period.rules]
    return tuple(dict.fromkeys(found))


def _yes(*reasons: str, detail: Told) -> ActDecision:
    return ActDecision(True, reasons, detail)


def _no(*reasons: str, detail: Told) -> ActDecision:
    return ActDecision(False, reasons, detail)
