"""What the tables say, held against what the evidence says of them: rows that were altered, removed or put there.

The chain tells who was barred, which deadlines were fixed, what happened in the business and what is held. Whoever can
write to the database can change a row; to hide it they would have to rewrite the chain, which its checkpoints tell.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from ivr.domain.evidence import stamp
from ivr.services.pending_evidence import BARRED
from ivr.services.ports import AuditEvent
from ivr.services.testimony import TELLING, deadline_fault
from ivr.storage.database import Database
from ivr.storage.tables import (
    audit_events,
    business_events,
    do_not_call,
    legal_hold_items,
    legal_holds,
    recording_purposes,
    recordings,
)

_NOTED = "business.event"
_HOLDS = ("hold.requested", "hold.approved", "hold.rejected", "hold.renewed", "hold.released")
_KEPT = ("SEALED", "DAMAGED")
_PAGE = 500
_E = audit_events.c


def table_faults(database: Database, *, limit: int = 1_000) -> list[str]:
    """Return one line per row that the evidence does not bear out, naming it; empty when all agree.

    Reads what is kept page by page: its cost grows with that, its memory does not. It stops behind `limit` faults, and
    says so.
    """
    with database.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        faults = list(islice(chain(_bars(connection), _holds(connection), _kept(connection)), limit + 1))
    return faults if len(faults) <= limit else [*faults[:limit], "and more: mend these, then verify again"]


def _told(connection: Connection, *kinds: str) -> Iterator[tuple[Row[Any], Mapping[str, Any]]]:
    query = select(audit_events).where(_E.kind.in_(kinds)).order_by(_E.node_id, _E.seq)
    for row in connection.execute(query):
        yield row, _body(row.body)


def _bars(connection: Connection) -> Iterator[str]:
    """Every bar has an event, and every event its bar: who refused once may not be called again (CAN-005)."""
    told: dict[str, list[tuple[Row[Any], Mapping[str, Any]]]] = defaultdict(list)
    for event, body in _told(connection, BARRED):
        told[str(body.get("entry", ""))].append((event, body))
    for row in connection.execute(select(do_not_call).order_by(do_not_call.c.added_at)):
        events = told.pop(row.entry_id, [])
        if not events:
            yield f"do-not-call entry {row.entry_id}: no event tells who put it there"
        elif not any(_same_bar(row, event, body) for event, body in events):
            event = events[-1][0]
            yield (
                f"do-not-call entry {row.entry_id}: was altered; node {event.node_id}, event {event.seq} tells "
                f"another scope, rule or call"
            )
    for entry, events in told.items():
        event = events[-1][0]
        yield (
            f"do-not-call entry {entry}: is missing; node {event.node_id}, event {event.seq} "
            f"(call {event.call_id}) made it, and this person may be called again"
        )


def _same_bar(row: Row[Any], event: Row[Any], body: Mapping[str, Any]) -> bool:
    # Events of older versions name no scope.
    told = (body.get("rule"), event.call_id, body.get("scope", row.scope))
    return told == (row.rule_id, row.call_id, row.scope)


def _holds(connection: Connection) -> Iterator[str]:
    last: dict[str, tuple[Row[Any], Mapping[str, Any]]] = {}
    for event, body in _told(connection, *_HOLDS):
        name = str(body.get("hold_id", ""))
        if name not in last or last[name][0].at <= event.at:
            last[name] = (event, body)
    count = func.count(legal_hold_items.c.recording_id)
    query = select(legal_holds.c.hold_id, legal_holds.c.state, legal_holds.c.review_at, count)
    query = query.outerjoin(legal_hold_items, legal_hold_items.c.hold_id == legal_holds.c.hold_id)
    for row in connection.execute(query.group_by(legal_holds.c.hold_id)):
        hold_id, state, review_at, items = row
        if hold_id not in last:
            yield f"hold {hold_id}: no event tells who asked for it"
            continue
        event, body = last.pop(hold_id)
        if (body.get("state"), body.get("item_count"), body.get("review_at")) != (state, items, stamp(review_at)):
            yield f"hold {hold_id}: was altered; node {event.node_id}, event {event.seq} tells another state or items"
    for hold_id, (event, _) in last.items():
        yield f"hold {hold_id}: is missing; node {event.node_id}, event {event.seq} tells of it"


def _kept(connection: Connection) -> Iterator[str]:
    """Deadlines, clocks and business events of every recording that is kept."""
    after = ""
    while True:
        query = select(recordings.c.recording_id, recordings.c.deadline).where(
            recordings.c.state.in_(_KEPT), recordings.c.recording_id > after
        )
        rows = connection.execute(query.order_by(recordings.c.recording_id).limit(_PAGE)).all()
        if not rows:
            return
        after = rows[-1].recording_id
        ids = [row.recording_id for row in rows]
        events = _events(connection, ids)
        clocks = _grouped(connection, recording_purposes, ids)
        noted = _grouped(connection, business_events, ids)
        for row in rows:
            name, mine = row.recording_id, events[row.recording_id]
            faults = (
                deadline_fault(row.deadline, mine),
                _clock_fault(clocks[name], mine),
                _noted_fault(noted[name], mine),
            )
            yield from (f"recording {name}: {fault}" for fault in faults if fault)


def _clock_fault(rows: Sequence[Row[Any]], events: Sequence[AuditEvent]) -> str:
    written = {row.tag: stamp(row.due_at) for row in rows if row.due_at is not None}
    told = {event.node_id: event.body["clocks"] for event in events if "clocks" in event.body}
    if (written or told) and written not in told.values():
        return "the deadlines of its purposes were altered: they are not those of the evidence"
    return ""


def _noted_fault(rows: Sequence[Row[Any]], events: Sequence[AuditEvent]) -> str:
    written = {(row.kind, stamp(row.at), row.reference, row.actor) for row in rows}
    bodies = [event.body for event in events if event.kind == _NOTED]
    told = {(b.get("event"), b.get("event_at"), b.get("reference"), b.get("actor")) for b in bodies}
    if added := sorted(str(one[0]) for one in written - told):
        return f"a business event was put there or altered, and no evidence tells of it: {', '.join(added)}"
    if gone := sorted(str(one[0]) for one in told - written):
        return f"a business event is missing that the evidence tells of: {', '.join(gone)}"
    return ""


def _events(connection: Connection, recording_ids: Sequence[str]) -> dict[str, list[AuditEvent]]:
    found: dict[str, list[AuditEvent]] = defaultdict(list)
    query = select(audit_events).where(_E.recording_id.in_(recording_ids), _E.kind.in_(sorted(TELLING)))
    for row in connection.execute(query.order_by(_E.node_id, _E.seq)):
        found[row.recording_id].append(AuditEvent(**{**row._mapping, "body": _body(row.body)}))
    return found


def _grouped(connection: Connection, table: Table, recording_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(select(table).where(table.c.recording_id.in_(recording_ids))):
        found[row.recording_id].append(row)
    return found


def _body(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
