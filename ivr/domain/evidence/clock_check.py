"""Whether a clock can be right, as far as the evidence shows: what destroys by the clock asks this first. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class ClockBounds:
    """`ahead`: the longest time without any evidence; `behind`: how far a clock may be behind the evidence."""

    ahead: timedelta
    behind: timedelta


@dataclass(frozen=True)
class EventTime:
    """One event's time."""

    node_id: str
    seq: int
    at: datetime


def clock_fault(own: Iterable[EventTime], others: Iterable[EventTime], now: datetime, bounds: ClockBounds) -> str:
    """Say why the clock of a node cannot be trusted; empty when nothing speaks against it.

    `own` are the node's events in order, from the last one at which the clock was found good; `others` the last event
    of each other node. A jump between two events counts as one up to now does: a wrong clock may have written evidence
    before anybody asked.
    """
    last: EventTime | None = None
    for event in own:
        if last is not None and (fault := _step(last, event.at, f"event {event.seq}", bounds)):
            return fault
        last = event
    if last is not None and (fault := _step(last, now, "now", bounds)):
        return fault
    for event in others:
        if event.at - now > bounds.behind:
            return f"the clock says {_day(now)}, and node {event.node_id} has evidence of {_day(event.at)}"
    return ""


def _step(last: EventTime, at: datetime, what: str, bounds: ClockBounds) -> str:
    where = f"{_day(last.at)} (node {last.node_id}, event {last.seq})"
    if at - last.at > bounds.ahead:
        return f"the clock went from {where} to {_day(at)} ({what}): {_length(at - last.at)} without any evidence"
    if last.at - at > bounds.behind:
        return f"the clock went back from {where} to {_day(at)} ({what}): {_length(last.at - at)}"
    return ""


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _length(span: timedelta) -> str:
    return f"{span.days} days" if span.days > 1 else f"{round(span.total_seconds() / 60)} minutes"
