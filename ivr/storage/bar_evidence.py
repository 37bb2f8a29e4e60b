"""Bars on further calls, held against what the evidence says of them.

A bar has an event (`do_not_call.added`), goes on under another id when its person is spelled anew
(`do_not_call.moved`), and ends with `do_not_call.lifted`, which names the calls whose refusal it undoes: a refusal in a
later call bars again, whatever the clocks of two nodes say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from ivr.domain.consent.bar import known_by, strongest
from ivr.domain.evidence.events.base import Absent, known
from ivr.domain.evidence.events.objection import BarLifted, BarMoved, Barred
from ivr.storage.event_bodies import events_of_kinds
from ivr.storage.tables import do_not_call

_NotedBar = tuple[Row[Any], Barred]


@dataclass(frozen=True)
class BarEvidence:
    """By entry: the refusals that still stand, those that were lifted, and under which id an entry goes on."""

    standing: Mapping[str, list[_NotedBar]]
    lifted: Mapping[str, list[_NotedBar]]
    moved: Mapping[str, str]


def read_bars(connection: Connection) -> BarEvidence:
    moved = {one.previous: one.entry for _, one in events_of_kinds(connection, BarMoved)}
    undone: dict[str, set[str]] = defaultdict(set)
    for _, one in events_of_kinds(connection, BarLifted):
        undone[_now(one.entry, moved)].update(one.calls)
    standing: dict[str, list[_NotedBar]] = defaultdict(list)
    lifted: dict[str, list[_NotedBar]] = defaultdict(list)
    for event, barred in events_of_kinds(connection, Barred):
        now = _now(barred.entry, moved)
        # A node of an older version may still write the older id: then both are borne out.
        for name in dict.fromkeys((barred.entry, now)):
            (lifted if event.call_id in undone[now] else standing)[name].append((event, barred))
    return BarEvidence(standing, lifted, moved)


def bar_faults(connection: Connection) -> Iterator[str]:
    """Every bar has an event, and every event its bar: who refused once may not be called again (CAN-005)."""
    evidence, there = read_bars(connection), set()
    for row in connection.execute(select(do_not_call).order_by(do_not_call.c.added_at)):
        there.add(row.entry_id)
        events = evidence.standing.get(row.entry_id, [])
        if not events and row.entry_id in evidence.lifted:
            yield f"do-not-call entry {row.entry_id}: is there, and the evidence tells that it was lifted"
        elif not events:
            yield f"do-not-call entry {row.entry_id}: no event tells who put it there"
        elif not any(_same_bar(row, event, barred) for event, barred in events):
            event = events[-1][0]
            yield (
                f"do-not-call entry {row.entry_id}: was altered; node {event.node_id}, event {event.seq} tells "
                f"another scope, rule or call"
            )
        elif not _same_knowledge(row, events):
            yield f"do-not-call entry {row.entry_id}: was altered; the evidence tells how its number was known"
    for entry, events in evidence.standing.items():
        if entry in there or entry in evidence.moved:
            continue
        event = events[-1][0]
        yield (
            f"do-not-call entry {entry}: is missing; node {event.node_id}, event {event.seq} "
            f"(call {event.call_id}) made it, and this person may be called again"
        )


def _now(entry: str, moved: Mapping[str, str]) -> str:
    """Follow an entry to where it is now."""
    seen = {entry}
    while (entry := moved.get(entry, entry)) not in seen:
        seen.add(entry)
    return entry


def _same_bar(row: Row[Any], event: Row[Any], barred: Barred) -> bool:
    # Events of older versions name no scope.
    said = (barred.rule, event.call_id, known(barred.scope, row.scope))
    return said == (row.rule_id, row.call_id, row.scope)


def _same_knowledge(row: Row[Any], events: list[_NotedBar]) -> bool:
    # Events of older versions do not tell it: the migration took it from the reports.
    said = [known_by(one.known_by) for _, one in events if not isinstance(one.known_by, Absent)]
    mine = known_by(row.known_by)
    return mine not in strongest(said).below and (len(said) < len(events) or mine is strongest(said))
