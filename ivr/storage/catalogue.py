"""Catalogue in a database: rows about recordings, and their wrapped keys in a table of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.recording.state import RECORDING, RecordingEvent, RecordingState
from ivr.domain.retention.legal_hold import LegalHold
from ivr.errors import ArchiveError
from ivr.services.ports.vault import RecordingRow, RecordingTag, SealedFile
from ivr.storage import data_keys
from ivr.storage.claim import claimed
from ivr.storage.database import Database
from ivr.storage.legal_holds import active_holds, keep_holds_still
from ivr.storage.person_index import forget_persons
from ivr.storage.recording_rows import columns_of, move_rows, read_rows
from ivr.storage.tables import recording_keys, recording_purposes, recordings

#: Ids in one query: SQLite allows 32,766 parameters.
_BATCH = 5_000


class SqlCatalogue:
    """Every method is one transaction; see the port for the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tag: RecordingTag, wrapped_key: bytes, kek_id: str, *, deadline: datetime | None = None) -> None:
        state = RECORDING.after(RecordingState.WITHHELD, RecordingEvent.START)
        try:
            with self._database.writing() as connection:
                connection.execute(insert(recordings), [columns_of(tag, state, deadline)])
                data_keys.add(connection, tag.recording_id, wrapped_key, kek_id, opened_at=tag.opened_at)
        except IntegrityError as error:
            raise ArchiveError(
                "a recording of that id exists already", where=f"recording {tag.recording_id}", remedy="use a new id"
            ) from error

    def get(self, recording_id: str) -> RecordingRow:
        with self._database.reading() as connection:
            found = read_rows(connection, select(recordings).where(recordings.c.recording_id == recording_id))
        if not found:
            raise _unknown(recording_id)
        return found[0]

    def find(
        self,
        *,
        call_id: str | None = None,
        node_id: str | None = None,
        states: Sequence[RecordingState] = (),
        has_key: bool | None = None,
        limit: int = 1000,
    ) -> list[RecordingRow]:
        query = (
            select(recordings).order_by(recordings.c.opened_at.desc(), recordings.c.recording_id.desc()).limit(limit)
        )
        if call_id is not None:
            query = query.where(recordings.c.call_id == call_id)
        if node_id is not None:
            query = query.where(recordings.c.node_id == node_id)
        if states:
            query = query.where(recordings.c.state.in_([state.value for state in states]))
        if has_key is not None:
            held = exists().where(recording_keys.c.recording_id == recordings.c.recording_id)
            query = query.where(held if has_key else ~held)
        with self._database.reading() as connection:
            return read_rows(connection, query)

    def page(self, *, after: str, limit: int) -> list[RecordingRow]:
        query = (
            select(recordings).where(recordings.c.recording_id > after).order_by(recordings.c.recording_id).limit(limit)
        )
        with self._database.reading() as connection:
            return read_rows(connection, query)

    def count(self) -> int:
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(recordings)).scalar_one()

    def states(self, recording_ids: Sequence[str]) -> dict[str, RecordingState]:
        found: dict[str, RecordingState] = {}
        with self._database.reading() as connection:
            for at in range(0, len(recording_ids), _BATCH):
                some = recordings.c.recording_id.in_(recording_ids[at : at + _BATCH])
                query = select(recordings.c.recording_id, recordings.c.state).where(some)
                found.update((one, RecordingState(state)) for one, state in connection.execute(query))
        return found

    def wrapped_key(self, recording_id: str) -> bytes:
        with self._database.reading() as connection:
            wrapped = data_keys.read(connection, recording_id)
        if wrapped is None:
            state = self.get(recording_id).state
            raise ArchiveError(
                f"its key was destroyed (state {state.value}): nobody can read it any more",
                where=f"recording {recording_id}",
                remedy="the certificate in the audit log says when and why",
            )
        return wrapped

    def move(
        self, recording_id: str, event: RecordingEvent, *, reason: str = "", at: datetime | None = None
    ) -> RecordingState:
        with self._database.writing() as connection:
            before = _state(connection, recording_id)
            after = RECORDING.after(before, event, where=f"recording {recording_id}")
            changes: dict[str, object] = {"state": after.value}
            if reason:
                changes["reason"] = reason
            if at is not None:
                changes["moved_at"] = at
            connection.execute(update(recordings).where(recordings.c.recording_id == recording_id).values(**changes))
            if after in RECORDING.final:
                forget_persons(connection, [recording_id])
        return after

    def move_all(self, recording_ids: Sequence[str], event: RecordingEvent, *, reason: str, at: datetime) -> set[str]:
        with self._database.writing() as connection:
            return move_rows(connection, recording_ids, event, reason=reason, at=at)

    def describe(
        self,
        recording_id: str,
        *,
        sealed: SealedFile | None,
        deadline: datetime | None,
        closed_at: datetime,
        consent: Mapping[str, object],
        gaps: Sequence[Mapping[str, object]],
        masks: Sequence[Mapping[str, object]],
    ) -> None:
        changes = {
            "sha256": sealed.sha256 if sealed else None,
            "size_bytes": sealed.size_bytes if sealed else None,
            "duration_ms": sealed.duration_ms if sealed else None,
            "deadline": deadline,
            "closed_at": closed_at,
            "consent": dict(consent),
            "gaps": [dict(gap) for gap in gaps],
            "masks": [dict(mask) for mask in masks],
            "gap_count": len(gaps),
            "mask_count": len(masks),
        }
        with self._database.writing() as connection:
            # Locked first: an event that is being noted at this moment is seen, or comes after.
            _state(connection, recording_id)
            tags = select(recording_purposes.c.tag).where(recording_purposes.c.recording_id == recording_id).limit(1)
            if connection.execute(tags).first() is not None:
                del changes["deadline"]
            connection.execute(update(recordings).where(recordings.c.recording_id == recording_id).values(**changes))

    def destroy_keys(self, recording_ids: Sequence[str]) -> None:
        data_keys.destroy(self._database, recording_ids)

    def wipe_destroyed_keys(self) -> bool:
        return data_keys.wipe(self._database)

    def holds_on(self, recording_id: str) -> tuple[LegalHold, ...]:
        with self._database.writing() as connection:
            keep_holds_still(connection, alone=False)
            return active_holds(connection, [recording_id]).get(recording_id, ())

    def together(self) -> AbstractContextManager[None]:
        return self._database.together()

    def claim(self, name: str) -> AbstractContextManager[None]:
        return claimed(self._database, name)


def _state(connection: Connection, recording_id: str) -> RecordingState:
    """Read the state and keep others from moving it until this transaction ends."""
    query = select(recordings.c.state).where(recordings.c.recording_id == recording_id).with_for_update(key_share=True)
    value = connection.execute(query).scalar_one_or_none()
    if value is None:
        raise _unknown(recording_id)
    return RecordingState(value)


def _unknown(recording_id: str) -> ArchiveError:
    return ArchiveError(
        "there is no such recording", where=f"recording {recording_id}", remedy="see 'ivr recordings list'"
    )
