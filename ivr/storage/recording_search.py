"""Pages of a search in the catalogue: each page is read from an index, wherever in the catalogue it lies.

A filter that no index serves is asked of the rows that another one gives, and never of more than a bounded number: a
page may then hold less than was asked for, or nothing, and say where to go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    TextClause,
    and_,
    case,
    exists,
    func,
    null,
    or_,
    select,
    text,
)

from ivr.domain.call.leg import Disposition
from ivr.domain.recording.state import RecordingState
from ivr.domain.search.query import RecordingQuery
from ivr.errors import ArchiveError
from ivr.services.ports.search import RecordingPage
from ivr.storage.database import Database
from ivr.storage.person_index import SqlPersonIndex
from ivr.storage.recording_rows import recording_rows
from ivr.storage.tables import KEPT, quality_analyses, recording_persons, recording_purposes, recordings

#: Rows that one query looks at for one page.
SCANNED: Final = 10_000
_R = recordings.c
_A = quality_analyses.c
#: The very words of partial indexes: with bound values no planner would take them.
_AGENT = text("recordings.agent <> ''")
_SCORED = text("quality_analyses.counts")
_UNANSWERED = text("recordings.disposition NOT IN ('', 'ANSWERED')")
_COUNTED = {
    "gaps": text("recordings.gap_count > 0"),
    "masks": text("recordings.mask_count > 0"),
    "doubts": text("recordings.doubt_count > 0"),
}


@dataclass(frozen=True)
class Place:
    """Where a page ends."""

    opened_at: datetime
    deadline: datetime | None
    recording_id: str


class SqlRecordingSearch:
    """Port RecordingSearch."""

    def __init__(self, database: Database, persons: SqlPersonIndex, *, scanned: int = SCANNED) -> None:
        self._database = database
        self._persons = persons
        self._scanned = scanned

    def page(self, query: RecordingQuery) -> RecordingPage:
        by_number = bool(query.phone or query.member)
        tags = self._persons.members(query.member) if query.member else []
        tags += self._persons.phones(query.phone) if query.phone else []
        with self._database.reading() as connection:
            place = _place(connection, query.after)
            queries = scans(query, place, tags=tags if by_number else None, scanned=self._scanned)
            found, after = self._read(connection, query, queries)
            rows = recording_rows(connection, found)
        return RecordingPage(tuple(rows), after, by_number, self._persons.since() if by_number else None)

    def _read(
        self, connection: Connection, query: RecordingQuery, queries: Sequence[Scan]
    ) -> tuple[list[Row[Any]], str]:
        """The rows of the page, and the id that it ends at; empty when nothing can follow."""
        found: dict[str, Row[Any]] = {}
        # Up to where each query that did not come to its end has looked.
        reached: list[Row[Any]] = []
        for scan in queries:
            rows = connection.execute(scan.matching).all()
            found.update((row.recording_id, row) for row in rows)
            if len(rows) == query.limit:
                reached.append(rows[-1])
            elif scan.bound is not None:
                reached += connection.execute(scan.bound).all()
        by_deadline = query.due_before is not None

        def order(row: Row[Any]) -> tuple[datetime, str]:
            return (row.deadline if by_deadline else row.opened_at), row.recording_id

        sorted_rows = sorted(found.values(), key=order, reverse=not by_deadline)
        if not reached:
            return _cut(sorted_rows, query.limit, "")
        end = (min if by_deadline else max)(reached, key=order)
        known = [row for row in sorted_rows if (order(row) <= order(end) if by_deadline else order(row) >= order(end))]
        return _cut(known, query.limit, end.recording_id)


def _cut(rows: list[Row[Any]], limit: int, end: str) -> tuple[list[Row[Any]], str]:
    return (rows, end) if len(rows) <= limit else (rows[:limit], rows[limit - 1].recording_id)


@dataclass(frozen=True)
class Scan:
    """One query: `matching` gives its rows, `bound` the last row that it may look at (None: it stops at its page)."""

    matching: Select[Any]
    bound: Select[Any] | None


def scans(
    query: RecordingQuery,
    place: Place | None = None,
    *,
    tags: Sequence[bytes] | None = None,
    scanned: int = SCANNED,
) -> list[Scan]:
    """The queries of a page: one per value that an index begins with, since one over several would sort them all."""
    if tags is not None:
        persons = recording_persons.c
        driven = [
            _Driven([persons.tag == tag], recording_persons, persons.opened_at, persons.recording_id) for tag in tags
        ]
        return [_scan(query, place, one, frozenset(), scanned) for one in driven]
    if query.due_before is not None:
        return [_scan(query, place, _Driven([KEPT, _R.deadline < query.due_before]), frozenset(), scanned)]
    if (tenths := _tenths(query)) is not None:
        return [_scored_scan(query, place, tenths, scanned)]
    driving, served = _driving(query)
    return [_scan(query, place, _Driven(one), served, scanned) for one in driving]


@dataclass(frozen=True)
class _Driven:
    """What a query reads an index by, and the columns of that index, in `table`, that give its order."""

    conditions: Sequence[ColumnElement[bool] | TextClause]
    table: Table = recordings
    began: ColumnElement[datetime] = _R.opened_at
    ident: ColumnElement[str] = _R.recording_id


def _driving(query: RecordingQuery) -> tuple[list[list[ColumnElement[bool] | TextClause]], frozenset[str]]:
    """What to read by, the rarest first, and which fields of the query that serves."""
    if query.agent:
        return [[_AGENT, _R.agent == query.agent]], frozenset({"agent"})
    if query.dispositions and Disposition.ANSWERED not in query.dispositions:
        return [[_UNANSWERED, _R.disposition == one.value] for one in query.dispositions], frozenset({"dispositions"})
    counted = next((name for name in ("doubts", "gaps", "masks") if getattr(query, name)), "")
    if counted:
        return [[_COUNTED[counted]]], frozenset({counted})
    if query.program or query.states:
        program = [_R.program == query.program] if query.program else []
        states = query.states or tuple(RecordingState)
        return [[*program, _R.state == one.value] for one in states], frozenset({"program", "states"})
    return [[]], frozenset()


def _rest(query: RecordingQuery, served: frozenset[str], columns: Any) -> list[ColumnElement[bool]]:
    """What is asked of each row that was read."""
    asked: dict[str, ColumnElement[bool]] = {}
    if query.agent:
        asked["agent"] = columns.agent == query.agent
    if query.dispositions:
        asked["dispositions"] = columns.disposition.in_([one.value for one in query.dispositions])
    if query.program:
        asked["program"] = columns.program == query.program
    if query.states:
        asked["states"] = columns.state.in_([state.value for state in query.states])
    if query.purpose:
        beside = recording_purposes.c
        other = exists().where(beside.recording_id == columns.recording_id, beside.tag == query.purpose)
        asked["purpose"] = or_(columns.retention == query.purpose, other)
    if query.min_ms is not None:
        asked["min_ms"] = columns.duration_ms >= query.min_ms
    if query.max_ms is not None:
        asked["max_ms"] = columns.duration_ms <= query.max_ms
    if (tenths := _tenths(query)) is not None:
        of_it = quality_analyses.alias("of_it").c
        asked["tenths"] = exists().where(
            of_it.recording_id == columns.recording_id, of_it.counts, of_it.tenths.between(*tenths)
        )
    for name, column in (("gaps", "gap_count"), ("masks", "mask_count"), ("doubts", "doubt_count")):
        wanted = getattr(query, name)
        if wanted is not None:
            asked[name] = columns[column] > 0 if wanted else columns[column] == 0
    return [condition for name, condition in asked.items() if name not in served]


def _scan(query: RecordingQuery, place: Place | None, by: _Driven, served: frozenset[str], scanned: int) -> Scan:
    joined, by_deadline = by.table is not recordings, query.due_before is not None
    tables = recordings.join(by.table, by.ident == _R.recording_id) if joined else recordings
    sort = [_R.deadline, by.ident] if by_deadline else [by.began.desc(), by.ident.desc()]
    conditions = [*by.conditions, *_between(query, by), *_behind(query, place, by)]
    if joined and by_deadline:
        conditions += [KEPT, _R.deadline < query.due_before]
    looked = select(recordings).select_from(tables).where(*conditions).order_by(*sort)
    # Whether anything but the index is to be asked.
    if not _rest(query, served, _R):
        return Scan(looked.limit(query.limit), None)
    seen = looked.limit(scanned).subquery("seen")
    columns = seen.c
    order = (
        [columns.deadline, columns.recording_id]
        if by_deadline
        else [columns.opened_at.desc(), columns.recording_id.desc()]
    )
    matching = select(seen).where(*_rest(query, served, columns)).order_by(*order).limit(query.limit)
    keys = select(_R.opened_at, _R.deadline, _R.recording_id).select_from(tables).where(*conditions).order_by(*sort)
    return Scan(matching, keys.offset(scanned - 1).limit(1))


def _tenths(query: RecordingQuery) -> tuple[int, int] | None:
    """Between which scores, in tenths of a per cent; None when none is asked for."""
    if query.min_tenths is None and query.max_tenths is None:
        return None
    return (
        0 if query.min_tenths is None else query.min_tenths,
        1000 if query.max_tenths is None else query.max_tenths,
    )


def _scored_scan(query: RecordingQuery, place: Place | None, tenths: tuple[int, int], scanned: int) -> Scan:
    """Looks at scores in their own index, all of a recording at once, and reads the recordings of those that fit."""
    by = _Driven([_SCORED], quality_analyses, _A.called_at, _A.recording_id)
    conditions = [*by.conditions, *_between(query, by), *_behind(query, place, by)]
    fits = func.max(case((_A.tenths.between(*tenths), 1), else_=0)).label("fits")
    keys: list[Any] = [by.began.label("opened_at"), null().label("deadline"), by.ident.label("recording_id")]
    looked: Select[Any] = (
        select(*keys, fits).where(*conditions).group_by(by.began, by.ident).order_by(by.began.desc(), by.ident.desc())
    )
    seen = looked.limit(scanned).subquery("seen")
    matching = (
        select(recordings)
        .select_from(seen.join(recordings, seen.c.recording_id == _R.recording_id))
        .where(seen.c.fits == 1, *_rest(query, frozenset({"tenths"}), _R))
        .order_by(seen.c.opened_at.desc(), seen.c.recording_id.desc())
        .limit(query.limit)
    )
    return Scan(matching, looked.offset(scanned - 1).limit(1))


def _between(query: RecordingQuery, by: _Driven) -> list[ColumnElement[bool]]:
    since = [by.began >= query.since] if query.since is not None else []
    return since + ([by.began < query.until] if query.until is not None else [])


def _behind(query: RecordingQuery, place: Place | None, by: _Driven) -> list[ColumnElement[bool]]:
    """What lies behind the place where the page before ended, in the order of the index."""
    if place is None:
        return []
    if query.due_before is not None:
        if place.deadline is None:
            return []
        tie = and_(_R.deadline == place.deadline, by.ident > place.recording_id)
        return [_R.deadline >= place.deadline, or_(_R.deadline > place.deadline, tie)]
    tie = and_(by.began == place.opened_at, by.ident < place.recording_id)
    return [by.began <= place.opened_at, or_(by.began < place.opened_at, tie)]


def _place(connection: Connection, recording_id: str) -> Place | None:
    if not recording_id:
        return None
    query = select(_R.opened_at, _R.deadline).where(_R.recording_id == recording_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise ArchiveError(
            "there is no such recording", where=f"recording {recording_id}", remedy="give the last id of a page"
        )
    return Place(row.opened_at, row.deadline, recording_id)
