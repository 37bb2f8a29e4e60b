"""Legal holds in a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.retention.legal_hold import Approval, HoldState, LegalHold
from ivr.errors import ArchiveError
from ivr.services.ports.evidence import Entry
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.tables import legal_hold_approvals, legal_hold_items, legal_holds, recordings

#: Any fixed number: who changes a hold takes this PostgreSQL lock alone, who destroys keys takes it with others.
_LOCK = 4_918_274
_BATCH = 5_000


def keep_holds_still(connection: Connection, *, alone: bool) -> None:
    """No hold changes between what is decided in this transaction and its end. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        shared = "" if alone else "_shared"
        connection.execute(text(f"SELECT pg_advisory_xact_lock{shared}(:lock)"), {"lock": _LOCK})


class SqlHolds:
    """Port HoldRegister."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def add(self, hold: LegalHold, entry: Entry) -> None:
        items = sorted(hold.items)
        with self._database.writing() as connection:
            known: set[str] = set()
            for at in range(0, len(items), _BATCH):
                some = recordings.c.recording_id.in_(items[at : at + _BATCH])
                known.update(connection.execute(select(recordings.c.recording_id).where(some)).scalars())
            missing = [item for item in items if item not in known]
            if missing:
                raise ArchiveError(
                    "there is no such recording", where=f"recording {missing[0]}", remedy="see 'ivr recordings list'"
                )
            try:
                connection.execute(insert(legal_holds), [_columns(hold)])
            except IntegrityError as error:
                raise ArchiveError(
                    "a hold of that id exists already", where=f"hold {hold.id}", remedy="use a new id"
                ) from error
            connection.execute(insert(legal_hold_items), [{"hold_id": hold.id, "recording_id": item} for item in items])
            self._audit.append_within(connection, [entry])

    def change(
        self, hold_id: str, change: Callable[[LegalHold], LegalHold], entry: Callable[[LegalHold], Entry]
    ) -> LegalHold:
        with self._database.writing() as connection:
            keep_holds_still(connection, alone=True)
            after = change(_one(connection, hold_id))
            connection.execute(update(legal_holds).where(legal_holds.c.hold_id == hold_id).values(_columns(after)))
            connection.execute(delete(legal_hold_approvals).where(legal_hold_approvals.c.hold_id == hold_id))
            rows = [{"hold_id": hold_id, "approved_by": one.by, "at": one.at} for one in after.approvals]
            if rows:
                connection.execute(insert(legal_hold_approvals), rows)
            self._audit.append_within(connection, [entry(after)])
        return after

    def get(self, hold_id: str) -> LegalHold:
        with self._database.reading() as connection:
            return _one(connection, hold_id)

    def all(self, states: Sequence[HoldState] = ()) -> list[LegalHold]:
        query = select(legal_holds.c.hold_id).order_by(legal_holds.c.requested_at.desc(), legal_holds.c.hold_id)
        if states:
            query = query.where(legal_holds.c.state.in_([state.value for state in states]))
        with self._database.reading() as connection:
            ids = list(connection.execute(query).scalars())
            found = {hold.id: hold for hold in load_holds(connection, ids)}
        return [found[hold_id] for hold_id in ids]


def active_holds(
    connection: Connection, recording_ids: Sequence[str], *, narrowed: bool = False
) -> dict[str, tuple[LegalHold, ...]]:
    """Return the ACTIVE holds of each of these recordings that has one; `narrowed`: of their items, only these."""
    query = (
        select(legal_hold_items.c.hold_id, legal_hold_items.c.recording_id)
        .join(legal_holds, legal_holds.c.hold_id == legal_hold_items.c.hold_id)
        .where(legal_holds.c.state == HoldState.ACTIVE.value, legal_hold_items.c.recording_id.in_(recording_ids))
    )
    pairs = [(row.hold_id, row.recording_id) for row in connection.execute(query)]
    ids, among = sorted({hold_id for hold_id, _ in pairs}), recording_ids if narrowed else None
    holds = {hold.id: hold for hold in load_holds(connection, ids, among=among)}
    found: dict[str, tuple[LegalHold, ...]] = defaultdict(tuple)
    for hold_id, recording_id in pairs:
        found[recording_id] += (holds[hold_id],)
    return found


def load_holds(
    connection: Connection, hold_ids: Sequence[str], *, among: Sequence[str] | None = None
) -> list[LegalHold]:
    """Return these holds; with `among`, of their items only those."""
    if not hold_ids:
        return []
    items: dict[str, set[str]] = defaultdict(set)
    listed = select(legal_hold_items).where(legal_hold_items.c.hold_id.in_(hold_ids))
    if among is not None:
        listed = listed.where(legal_hold_items.c.recording_id.in_(among))
    for row in connection.execute(listed):
        items[row.hold_id].add(row.recording_id)
    approvals: dict[str, list[Approval]] = defaultdict(list)
    query = select(legal_hold_approvals).where(legal_hold_approvals.c.hold_id.in_(hold_ids))
    for row in connection.execute(query.order_by(legal_hold_approvals.c.at)):
        approvals[row.hold_id].append(Approval(row.approved_by, row.at))
    rows = connection.execute(select(legal_holds).where(legal_holds.c.hold_id.in_(hold_ids)))
    return [
        LegalHold(
            id=row.hold_id,
            case=row.case_name,
            owner=row.owner,
            basis=row.basis,
            items=frozenset(items[row.hold_id]),
            requested_by=row.requested_by,
            requested_at=row.requested_at,
            review_at=row.review_at,
            state=HoldState(row.state),
            approvals=tuple(approvals[row.hold_id]),
            active_from=row.active_from,
            closed_at=row.closed_at,
            closed_by=row.closed_by,
            closed_reason=row.closed_reason,
        )
        for row in rows
    ]


def _one(connection: Connection, hold_id: str) -> LegalHold:
    found = load_holds(connection, [hold_id])
    if not found:
        raise ArchiveError("there is no such hold", where=f"hold {hold_id}", remedy="see 'ivr hold list'")
    return found[0]


def _columns(hold: LegalHold) -> dict[str, object]:
    return {
        "hold_id": hold.id,
        "case_name": hold.case,
        "owner": hold.owner,
        "basis": hold.basis,
        "requested_by": hold.requested_by,
        "requested_at": hold.requested_at,
        "review_at": hold.review_at,
        "state": hold.state.value,
        "active_from": hold.active_from,
        "closed_at": hold.closed_at,
        "closed_by": hold.closed_by,
        "closed_reason": hold.closed_reason,
    }
