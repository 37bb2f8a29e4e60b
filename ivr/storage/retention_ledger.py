"""Retention in a database: what is due comes from one index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Text,
    and_,
    delete,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from ivr.domain.evidence.events.recording import BusinessNoted, Rescheduled
from ivr.domain.recording.state import RECORDING
from ivr.domain.retention.artefact import Artefact, BusinessEvent, EventKind, FixedDeadline, Purpose
from ivr.domain.retention.business_event import EventEffect
from ivr.domain.retention.schedule import RECORDED_AT
from ivr.errors import ArchiveError
from ivr.services.ports.evidence import Entry
from ivr.services.ports.retention import Place, Stored
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.columns import DoubtfulTime, DoubtfulTimeColumn, UtcTime
from ivr.storage.database import Database
from ivr.storage.legal_holds import active_holds, keep_holds_still
from ivr.storage.tables import (
    KEPT,
    business_events,
    meta,
    recording_purposes,
    recordings,
    restrictions,
    retention_claims,
)

_FINAL = frozenset(state.value for state in RECORDING.final)
_R = recordings.c
_KINDS = frozenset(kind.value for kind in EventKind)
#: Sorts behind every digit.
_BEHIND_DATES = ":"


class SqlRetentionLedger:
    """Port RetentionLedger."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def due(self, at: datetime, *, limit: int, after: Place | None = None) -> list[Stored]:
        with self._database.reading() as connection:
            page = _load(connection, due_query(at, limit=limit, after=after))
            if after is None and self._database.is_sqlite:
                # Text that sorts behind every date would never fall due, and nobody would be told.
                beyond = _rows().where(KEPT, type_coerce(_R.deadline, Text) > _BEHIND_DATES).limit(limit)
                page = _load(connection, beyond) + page
            return page

    def kept(self, *, limit: int, after: str = "") -> list[Stored]:
        query = _rows().where(KEPT, _R.recording_id > after).order_by(_R.recording_id).limit(limit)
        with self._database.reading() as connection:
            return _load(connection, query)

    def stored(self, recording_ids: Sequence[str]) -> list[Stored]:
        with self._database.reading() as connection:
            return _load(connection, _rows().where(_R.recording_id.in_(recording_ids)))

    def note_event(
        self, recording_id: str, apply: Callable[[Stored], EventEffect], noted: BusinessNoted
    ) -> EventEffect:
        with self._database.writing() as connection:
            found = _load(connection, _rows(locked=True).where(_R.recording_id == recording_id))
            if not found:
                raise ArchiveError(
                    "there is no such recording",
                    where=f"recording {recording_id}",
                    remedy="see 'ivr recordings list'",
                )
            found[0].must_be_readable()
            effect = apply(found[0])
            if effect.already_noted:
                return effect
            due_at = effect.decision.due_at
            moved = replace(noted, deadline=due_at, clocks=_deadlines(effect.artefact))
            (link,) = self._audit.append_within(connection, [Entry(moved, found[0].call_id, recording_id)])
            connection.execute(
                insert(business_events),
                [{"recording_id": recording_id, **_event_columns(effect.event), "noted_at": link.at}],
            )
            _fix(connection, effect.artefact, due_at)
        return effect

    def reschedule(self, decided: Sequence[tuple[Artefact, datetime]]) -> None:
        if not decided:
            return
        with self._database.writing() as connection:
            found = select(_R.recording_id, _R.call_id).where(_R.recording_id.in_([one.id for one, _ in decided]))
            # Locks in one order with a destruction: the rows first, the head of the chain second.
            locked = found.order_by(_R.recording_id).with_for_update(key_share=True)
            calls = {row.recording_id: row.call_id for row in connection.execute(locked)}
            moved = [
                Entry(Rescheduled(deadline=due_at, clocks=_deadlines(one)), calls.get(one.id, ""), one.id)
                for one, due_at in decided
            ]
            self._audit.append_within(connection, moved)
            for artefact, due_at in decided:
                _fix(connection, artefact, due_at)

    def claim(self, recording_ids: Sequence[str], *, owner: str, now: datetime, until: datetime) -> set[str]:
        if not recording_ids:
            return set()
        with self._database.writing() as connection:
            make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            # In one order, so that two nodes that want the same rows never wait for each other in a circle.
            rows = [{"recording_id": one, "owner": owner, "until": until} for one in sorted(recording_ids)]
            free = make(retention_claims)
            free = free.on_conflict_do_update(
                index_elements=[retention_claims.c.recording_id],
                set_={"owner": free.excluded.owner, "until": free.excluded.until},
                where=or_(retention_claims.c.until <= now, retention_claims.c.owner == owner),
            )
            # What it returns it has written: nobody else's claim.
            return set(connection.execute(free.returning(retention_claims.c.recording_id), rows).scalars())

    def release(self, owner: str, recording_ids: Sequence[str] | None = None) -> None:
        given_back = delete(retention_claims).where(retention_claims.c.owner == owner)
        if recording_ids is not None:
            given_back = given_back.where(retention_claims.c.recording_id.in_(recording_ids))
        with self._database.writing() as connection:
            connection.execute(given_back)

    def locked(self, recording_ids: Sequence[str]) -> list[Stored]:
        with self._database.writing() as connection:
            keep_holds_still(connection, alone=False)
            return _load(connection, _rows(locked=True).where(KEPT, _R.recording_id.in_(recording_ids)))

    def restrict(self, recording_id: str, case_id: str, *, at: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(restrictions).where(restrictions.c.recording_id == recording_id))
            if case_id:
                row = {"recording_id": recording_id, "case_id": case_id, "since": at}
                connection.execute(insert(restrictions).values(row))

    def fact(self, name: str, value: str | None = None) -> str:
        if value is not None:
            with self._database.writing() as connection:
                # Two nodes may note the same fact at once: the last one stands.
                dialect = sqlite if self._database.is_sqlite else postgresql
                noted = dialect.insert(meta).values(name=name, value=value)
                connection.execute(noted.on_conflict_do_update(index_elements=[meta.c.name], set_={"value": value}))
            return value
        with self._database.reading() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none() or ""


def due_query(at: datetime, *, limit: int, after: Place | None = None) -> Select[tuple[object, ...]]:
    """What `due` asks; the benchmark shows its plan."""
    query = _rows().where(KEPT, _R.deadline <= at).order_by(_R.deadline, _R.recording_id).limit(limit)
    if after is None:
        return query
    due_at, recording_id = literal(after[0], DoubtfulTimeColumn), after[1]
    later = or_(_R.deadline > due_at, and_(_R.deadline == due_at, _R.recording_id > recording_id))
    return query.where(_R.deadline >= due_at, later)


def _rows(*, locked: bool = False) -> Select[tuple[object, ...]]:
    query = select(
        _R.recording_id,
        _R.call_id,
        _R.policy_id,
        _R.policy_version,
        _R.rule_ids,
        _R.retention,
        _lenient(_R.opened_at),
        _R.state,
        _lenient(_R.moved_at),
        _lenient(_R.deadline),
        _R.sha256,
    )
    return query.with_for_update(key_share=True) if locked else query


def _lenient(column: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return type_coerce(column, DoubtfulTimeColumn).label(column.key)


def _select(table: Table) -> Select[tuple[object, ...]]:
    """Every column; an unreadable time is read as a DoubtfulTime."""
    return select(*(_lenient(one) if isinstance(one.type, UtcTime) else one for one in table.c))


def _doubt(row: Row[Any], what: str) -> str:
    """Say which column of the row holds no time; empty when each does."""
    bad = [name for name, value in row._mapping.items() if isinstance(value, DoubtfulTime)]
    return f"{what}: its {bad[0]} in the database is no time" if bad else ""


def _load(connection: Connection, query: Select[tuple[object, ...]]) -> list[Stored]:
    rows = connection.execute(query).all()
    ids = [row.recording_id for row in rows]
    if not ids:
        return []
    faults: dict[str, str] = {row.recording_id: fault for row in rows if (fault := _doubt(row, "its row"))}
    events: dict[str, list[BusinessEvent]] = defaultdict(list)
    for row in connection.execute(_select(business_events).where(business_events.c.recording_id.in_(ids))):
        if row.kind not in _KINDS:
            faults[row.recording_id] = f"a business event '{row.kind}' is none that is known"
        elif fault := _doubt(row, f"business event '{row.kind}'"):
            faults[row.recording_id] = fault
        else:
            event = BusinessEvent(EventKind(row.kind), row.at, row.actor, row.reference, row.noted_at)
            events[row.recording_id].append(event)
    purposes: dict[str, list[Purpose]] = defaultdict(list)
    found = _select(recording_purposes).where(recording_purposes.c.recording_id.in_(ids))
    for row in connection.execute(found.order_by(recording_purposes.c.tag)):
        if fault := _doubt(row, f"purpose '{row.tag}'"):
            faults[row.recording_id] = fault
            continue
        fixed = FixedDeadline(row.due_at, row.event, row.event_at) if row.due_at and row.event_at else None
        purposes[row.recording_id].append(Purpose(row.tag, fixed, row.ended_at))
    holds = active_holds(connection, ids)
    named = select(restrictions.c.recording_id).where(restrictions.c.recording_id.in_(ids))
    restricted = set(connection.execute(named).scalars())
    return [
        replace(
            _stored(row, purposes[row.recording_id], events[row.recording_id], holds, restricted),
            fault=faults.get(row.recording_id, ""),
        )
        for row in rows
    ]


def _stored(
    row: Row[tuple[object, ...]],
    purposes: list[Purpose],
    events: list[BusinessEvent],
    holds: object,
    restricted: Set[str],
) -> Stored:
    it = row._mapping
    assert isinstance(holds, dict)
    if not any(purpose.tag == it["retention"] for purpose in purposes):
        # No event has moved it yet: its deadline is the one that was fixed when it was made.
        fixed = FixedDeadline(it["deadline"], RECORDED_AT, it["opened_at"]) if it["deadline"] else None
        purposes = [Purpose(it["retention"], fixed), *purposes]
    gone = it["moved_at"] or it["opened_at"] if it["state"] in _FINAL else None
    return Stored(
        artefact=Artefact(
            it["recording_id"],
            it["opened_at"],
            tuple(purposes),
            restricted=it["recording_id"] in restricted,
            destroyed_at=gone,
        ),
        events=tuple(events),
        holds=holds.get(it["recording_id"], ()),
        call_id=it["call_id"],
        policy_id=it["policy_id"],
        policy_version=it["policy_version"],
        rule_ids=tuple(it["rule_ids"]),
        deadline=it["deadline"],
        sha256=it["sha256"],
        state=it["state"],
    )


def _fix(connection: Connection, artefact: Artefact, due_at: datetime) -> None:
    connection.execute(delete(recording_purposes).where(recording_purposes.c.recording_id == artefact.id))
    connection.execute(
        insert(recording_purposes),
        [
            {
                "recording_id": artefact.id,
                "tag": purpose.tag,
                "due_at": purpose.fixed.due_at if purpose.fixed else None,
                "event": purpose.fixed.event if purpose.fixed else "",
                "event_at": purpose.fixed.event_at if purpose.fixed else None,
                "ended_at": purpose.ended_at,
            }
            for purpose in artefact.purposes
        ],
    )
    connection.execute(update(recordings).where(_R.recording_id == artefact.id).values(deadline=due_at))


def _deadlines(artefact: Artefact) -> dict[str, datetime]:
    """The deadlines that are told with what fixes them: a row that says otherwise was altered."""
    return {one.tag: one.fixed.due_at for one in artefact.purposes if one.fixed is not None}


def _event_columns(event: BusinessEvent) -> dict[str, object]:
    return {"kind": event.kind.value, "at": event.at, "reference": event.reference, "actor": event.actor}
