"""Pages of a search in the catalogue: each page is read from an index, wherever in the catalogue it lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from sqlalchemy import Connection, Select, and_, or_, select, text

from ivr.domain.recording.state import RecordingState
from ivr.errors import ArchiveError
from ivr.services.ports.vault import RecordingRow
from ivr.storage.database import Database
from ivr.storage.recording_rows import recording_rows
from ivr.storage.tables import recordings

_R = recordings.c
_KEPT = text("recordings.state IN ('SEALED', 'DAMAGED')")


@dataclass(frozen=True)
class Search:
    """What to look for; each field given narrows the answer. `since` is included, `until` and `due_before` are not.

    `after` is the id of the last row of the page before. Newest first; with `due_before` what is due first comes
    first, and only what still holds audio is found.
    """

    states: tuple[RecordingState, ...] = ()
    program: str = ""
    since: datetime | None = None
    until: datetime | None = None
    due_before: datetime | None = None
    after: str = ""
    limit: int = 100


class RecordingSearch:
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, search: Search) -> list[RecordingRow]:
        """Raises ArchiveError when `after` names no recording."""
        with self._database.reading() as connection:
            place = _place(connection, search.after)
            found = [connection.execute(query).all() for query in queries(search, place)]
            if search.due_before is not None:
                rows = merge(*found, key=lambda row: (row.deadline, row.recording_id))
            else:
                rows = merge(*found, key=lambda row: (row.opened_at, row.recording_id), reverse=True)
            return recording_rows(connection, islice(rows, search.limit))


def queries(
    search: Search, place: tuple[datetime, datetime | None, str] | None = None
) -> list[Select[tuple[object, ...]]]:
    """One query per state where an index begins with it, since one over several states would have to sort them all."""
    if search.due_before is not None:
        return [_due(search, place)]
    query = select(recordings).order_by(_R.opened_at.desc(), _R.recording_id.desc()).limit(search.limit)
    if search.since is not None:
        query = query.where(_R.opened_at >= search.since)
    if search.until is not None:
        query = query.where(_R.opened_at < search.until)
    if place is not None:
        opened_at, _, recording_id = place
        earlier = or_(_R.opened_at < opened_at, and_(_R.opened_at == opened_at, _R.recording_id < recording_id))
        query = query.where(_R.opened_at <= opened_at, earlier)
    if search.program:
        query = query.where(_R.program == search.program)
    elif not search.states:
        return [query]
    states = search.states or tuple(RecordingState)
    return [query.where(_R.state == state.value) for state in states]


def _due(search: Search, place: tuple[datetime, datetime | None, str] | None) -> Select[tuple[object, ...]]:
    query = select(recordings).where(_KEPT, _R.deadline < search.due_before).order_by(_R.deadline, _R.recording_id)
    if place is not None and place[1] is not None:
        _, due_at, recording_id = place
        later = or_(_R.deadline > due_at, and_(_R.deadline == due_at, _R.recording_id > recording_id))
        query = query.where(_R.deadline >= due_at, later)
    if search.program:
        query = query.where(_R.program == search.program)
    if search.states:
        query = query.where(_R.state.in_([state.value for state in search.states]))
    if search.since is not None:
        query = query.where(_R.opened_at >= search.since)
    if search.until is not None:
        query = query.where(_R.opened_at < search.until)
    return query.limit(search.limit)


def _place(connection: Connection, recording_id: str) -> tuple[datetime, datetime | None, str] | None:
    if not recording_id:
        return None
    query = select(_R.opened_at, _R.deadline).where(_R.recording_id == recording_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise ArchiveError(
            "there is no such recording", where=f"recording {recording_id}", remedy="give the last id of a page"
        )
    return row.opened_at, row.deadline, recording_id
