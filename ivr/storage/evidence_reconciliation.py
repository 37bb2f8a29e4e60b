"""What the tables say, held against what the evidence says of them: rows that were altered, removed or put there.

The chain tells who was barred, which deadlines were fixed, what happened in the business and what is held. Whoever can
write to the database can change a row; to hide it they would have to rewrite the chain, which its checkpoints tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, exists, select

from ivr.domain.evidence.deadlines import TELLING, deadline_fault
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import Absent, known
from ivr.domain.evidence.events.destruction import Certificate, Discarded
from ivr.domain.evidence.events.legal_hold import (
    HoldApproved,
    HoldRejected,
    HoldReleased,
    HoldRenewed,
    HoldRequested,
    HoldStep,
)
from ivr.domain.evidence.events.recording import BusinessNoted, Damaged, Recovered, Rescheduled, Sealed, Started
from ivr.domain.recording.state import RECORDING, UNFINISHED
from ivr.domain.redaction.redactor import REDACTOR
from ivr.domain.retention.legal_hold import HoldState, items_digest
from ivr.domain.retention.schedule import RECORDED_AT
from ivr.storage.bar_evidence import bar_faults
from ivr.storage.database import Database
from ivr.storage.event_bodies import body_of, events_of_kinds
from ivr.storage.tables import (
    KEPT,
    audit_events,
    business_events,
    certificates,
    legal_hold_items,
    legal_holds,
    recording_keys,
    recording_purposes,
    recordings,
)

_HOLDS = (HoldRequested, HoldApproved, HoldRejected, HoldRenewed, HoldReleased)
#: What a hold goes through: what comes later in its life is the later word of two nodes, whatever their clocks say.
_LIFE = [state.value for state in HoldState]
_FINAL = tuple(state.value for state in RECORDING.final)
_OPEN = tuple(state.value for state in UNFINISHED)
#: Fields of a recording's row that its beginning tells.
_TAG = ("retention", "program", "purposes", "policy_id", "policy_version", "rule_ids")
_PAGE = 500
_NotedHold = tuple[Row[Any], HoldStep]
_E = audit_events.c
_R = recordings.c


def table_faults(database: Database, *, limit: int = 1_000) -> list[str]:
    """Return one line per row that the evidence does not bear out, naming it; empty when all agree.

    Reads what is kept page by page: its cost grows with that, its memory does not. It stops behind `limit` faults, and
    says so.
    """
    with database.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        every = chain(bar_faults(connection), _holds(connection), _gone(connection), _kept(connection))
        faults = list(islice(every, limit + 1))
    return faults if len(faults) <= limit else [*faults[:limit], "and more: mend these, then verify again"]


def _holds(connection: Connection) -> Iterator[str]:
    noted: dict[str, dict[str, _NotedHold]] = defaultdict(dict)
    for event, step in events_of_kinds(connection, *_HOLDS):
        noted[step.hold_id][event.node_id] = (event, step)
    items: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(legal_hold_items)):
        items[row.hold_id].append(row.recording_id)
    for row in connection.execute(select(legal_holds).order_by(legal_holds.c.hold_id)):
        if row.hold_id not in noted:
            yield f"hold {row.hold_id}: no event tells who asked for it"
            continue
        last = _last_words(noted.pop(row.hold_id).values())
        if not any(_same_hold(row, items[row.hold_id], step) for _, step in last):
            event = last[-1][0]
            yield (
                f"hold {row.hold_id}: was altered; node {event.node_id}, event {event.seq} tells another state or items"
            )
    for hold_id, by_node in noted.items():
        event = _last_words(by_node.values())[-1][0]
        yield f"hold {hold_id}: is missing; node {event.node_id}, event {event.seq} tells of it"


def _last_words(noted: Iterable[_NotedHold]) -> list[_NotedHold]:
    """Of the last event of each node, those that no other's goes beyond."""

    def age(one: _NotedHold) -> tuple[int, int]:
        step = one[1]
        return (_LIFE.index(step.state) if step.state in _LIFE else -1, step.approvals)

    noted = list(noted)
    oldest = max(map(age, noted))
    return [one for one in noted if age(one) == oldest]


def _same_hold(row: Row[Any], items: Sequence[str], step: HoldStep) -> bool:
    written = {
        "state": row.state,
        "review_at": row.review_at,
        "item_count": len(items),
        "items_sha256": items_digest(items),
        "active_from": row.active_from,
    }
    # Events of older versions tell neither of the last two.
    return all(known(getattr(step, name), value) == value for name, value in REDACTOR.fields(written).items())


def _gone(connection: Connection) -> Iterator[str]:
    """What was destroyed has a certificate, what has none is there; no state hides a recording from its deadline."""
    mine = _E.recording_id == _R.recording_id
    certified = (certificates.c.node_id == _E.node_id) & (certificates.c.seq == _E.seq)
    certified &= (certificates.c.recording_id == _E.recording_id) & (_E.kind == Certificate.kind)
    for name in _names(connection, certificates.c.recording_id, ~exists().where(certified)):
        yield f"recording {name}: its entry among the certificates points at no certificate of it"
    unlisted = ~exists().where(certificates.c.recording_id == _E.recording_id)
    for name in _names(connection, _E.recording_id, _E.kind == Certificate.kind, _E.recording_id != "", unlisted):
        yield f"recording {name}: its certificate is not among the certificates"
    without = ~exists().where(certificates.c.recording_id == _R.recording_id)
    for name in _names(connection, _R.recording_id, _R.state.in_(_FINAL), without):
        yield f"recording {name}: its row says it was destroyed, and no certificate does"
    ended = exists().where(mine, _E.kind == Discarded.kind)
    for name in _names(connection, _R.recording_id, _R.state.not_in(_FINAL), ended):
        yield f"recording {name}: its state was altered: the evidence tells that it was destroyed"
    sealed = exists().where(mine, _E.kind == Sealed.kind)
    for name in _names(connection, _R.recording_id, _R.state.in_(_OPEN), sealed):
        yield f"recording {name}: its state was altered: the evidence tells that it was sealed"
    # The key goes before the certificate is made.
    keyed = exists().where(recording_keys.c.recording_id == certificates.c.recording_id)
    for name in _names(connection, certificates.c.recording_id, keyed):
        yield f"recording {name}: a certificate tells of its destruction, and its key is there"
    rowless = ~exists().where(mine)
    begun = _E.kind.in_((Started.kind, Sealed.kind))
    for name in _names(connection, _E.recording_id, begun, rowless, unlisted):
        yield f"recording {name}: its row is missing: the evidence tells of it, and no certificate of its destruction"


def _names(connection: Connection, column: ColumnElement[str], *where: ColumnElement[bool]) -> Iterator[str]:
    yield from connection.execute(select(column).where(*where).distinct().order_by(column)).scalars()


def _kept(connection: Connection) -> Iterator[str]:
    """Deadlines, purposes and business events of every recording that is kept."""
    after = ""
    while True:
        query = select(recordings).where(KEPT, _R.recording_id > after)
        rows = connection.execute(query.order_by(_R.recording_id).limit(_PAGE)).all()
        if not rows:
            return
        after = rows[-1].recording_id
        ids = [row.recording_id for row in rows]
        events = _events(connection, ids)
        purposes = _grouped(connection, recording_purposes, ids)
        noted = _grouped(connection, business_events, ids)
        for row in rows:
            name, mine = row.recording_id, events[row.recording_id]
            faults = (
                deadline_fault(row.deadline, mine),
                _tag_fault(row, mine),
                _purpose_fault(row, purposes[name], noted[name], mine),
                _noted_fault(noted[name], mine),
            )
            yield from (f"recording {name}: {fault}" for fault in faults if fault)


def _tag_fault(row: Row[Any], events: Sequence[AuditEvent]) -> str:
    """Say which of its fields are not what was told when it was begun and sealed."""
    altered = []
    written = REDACTOR.fields({name: row._mapping[name] for name in _TAG})
    facts = [event.facts for event in events]
    begun = [{**written, **one.body()} for one in facts if isinstance(one, Started)]
    if begun and written not in [{name: body[name] for name in _TAG} for body in begun]:
        altered += [name for name in _TAG if all(body[name] != written[name] for body in begun)]
    digests = {
        event.node_id: one.sha256
        for event, one in zip(events, facts, strict=True)
        if isinstance(one, (Sealed, Damaged, Recovered)) and not isinstance(one.sha256, Absent)
    }
    if digests and REDACTOR.fields({"sha256": row.sha256})["sha256"] not in digests.values():
        altered.append("sha256")
    masks = [one.masks for one in facts if isinstance(one, Sealed) and not isinstance(one.masks, Absent)]
    if masks and len(row.masks) not in masks:
        altered.append("masks")
    return f"its row was altered: the evidence tells another {', '.join(altered)}" if altered else ""


def _purpose_fault(
    recording: Row[Any], rows: Sequence[Row[Any]], noted: Sequence[Row[Any]], events: Sequence[AuditEvent]
) -> str:
    # A purpose without a deadline is none that ivr wrote: it fixes one whenever it writes.
    written = {row.tag: row.due_at for row in rows}
    known_deadlines = {
        event.node_id: facts.clocks
        for event in events
        if isinstance(facts := event.facts, (BusinessNoted, Rescheduled)) and not isinstance(facts.clocks, Absent)
    }
    if (written or known_deadlines) and written not in known_deadlines.values():
        return "the deadlines of its purposes were altered: they are not those of the evidence"
    begins = {(RECORDED_AT, recording.opened_at), *((event.kind, event.at) for event in noted)}
    for row in rows:
        if (row.event, row.event_at) not in begins or (row.ended_at is not None and row.ended_at < row.due_at):
            return f"the deadline of its purpose {row.tag} was altered: nothing that happened began or ended it so"
    return ""


def _noted_fault(rows: Sequence[Row[Any]], events: Sequence[AuditEvent]) -> str:
    written = {(row.kind, row.at, row.reference, row.actor) for row in rows}
    noted = [facts for event in events if isinstance(facts := event.facts, BusinessNoted)]
    proven = {(one.event, one.event_at, one.reference, one.actor) for one in noted}
    if added := sorted(str(one[0]) for one in written - proven):
        return f"a business event was put there or altered, and no evidence tells of it: {', '.join(added)}"
    if gone := sorted(str(one[0]) for one in proven - written):
        return f"a business event is missing that the evidence tells of: {', '.join(gone)}"
    return ""


def _events(connection: Connection, recording_ids: Sequence[str]) -> dict[str, list[AuditEvent]]:
    found: dict[str, list[AuditEvent]] = defaultdict(list)
    wanted = [one.kind for one in (*TELLING, Started)]
    query = select(audit_events).where(_E.recording_id.in_(recording_ids), _E.kind.in_(wanted))
    for row in connection.execute(query.order_by(_E.node_id, _E.seq)):
        found[row.recording_id].append(AuditEvent(**{**row._mapping, "body": body_of(row.body)}))
    return found


def _grouped(connection: Connection, table: Table, recording_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(select(table).where(table.c.recording_id.in_(recording_ids))):
        found[row.recording_id].append(row)
    return found
