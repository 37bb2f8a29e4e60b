"""Catalogue in a database: rows about recordings, and their wrapped keys in a table of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, Row, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.legal_hold import LegalHold
from ivr.domain.recording import RECORDING, RecordingEvent, RecordingState
from ivr.errors import ArchiveError
from ivr.services.ports import RecordingRow, RecordingTag, SealedFile
from ivr.storage import keys
from ivr.storage.claim import claimed
from ivr.storage.database import Database
from ivr.storage.legal_holds import active_holds, keep_holds_still
from ivr.storage.tables import recording_keys, recordings

#: Ids in one query: SQLite allows 32,766 parameters.
_BATCH = 5_000
_HAS_KEY = recording_keys.c.recording_id.is_not(None).label("has_key")


class SqlCatalogue:
    """Every method is one transaction; see the port for the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tag: RecordingTag, wrapped_key: bytes, kek_id: str, *, deadline: datetime | None = None) -> None:
        state = RECORDING.after(RecordingState.WITHHELD, RecordingEvent.START)
        try:
            with self._database.writing() as connection:
                connection.execute(insert(recordings), [_columns(tag, state, deadline)])
                connection.execute(
                    insert(recording_keys),
                    [{"recording_id": tag.recording_id, "kek_id": kek_id, "wrapped": wrapped_key}],
                )
        except IntegrityError as error:
            raise ArchiveError(
                "a recording of that id exists already", where=f"recording {tag.recording_id}", remedy="use a new id"
            ) from error

    def get(self, recording_id: str) -> RecordingRow:
        with self._database.reading() as connection:
            row = connection.execute(_all().where(recordings.c.recording_id == recording_id)).one_or_none()
        if row is None:
            raise _unknown(recording_id)
        return _row(row)

    def find(
        self,
        *,
        call_id: str | None = None,
        node_id: str | None = None,
        states: Sequence[RecordingState] = (),
        has_key: bool | None = None,
        limit: int = 1000,
    ) -> list[RecordingRow]:
        query = _all().order_by(recordings.c.opened_at.desc(), recordings.c.recording_id.desc()).limit(limit)
        if call_id is not None:
            query = query.where(recordings.c.call_id == call_id)
        if node_id is not None:
            query = query.where(recordings.c.node_id == node_id)
        if states:
            query = query.where(recordings.c.state.in_([state.value for state in states]))
        if has_key is not None:
            held = recording_keys.c.recording_id
            query = query.where(held.is_not(None) if has_key else held.is_(None))
        with self._database.reading() as connection:
            return [_row(row) for row in connection.execute(query)]

    def page(self, *, after: str, limit: int) -> list[RecordingRow]:
        query = _all().where(recordings.c.recording_id > after).order_by(recordings.c.recording_id).limit(limit)
        with self._database.reading() as connection:
            return [_row(row) for row in connection.execute(query)]

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
        query = select(recording_keys.c.wrapped).where(recording_keys.c.recording_id == recording_id)
        with self._database.reading() as connection:
            wrapped = connection.execute(query).scalar_one_or_none()
        if wrapped is None:
            state = self.get(recording_id).state
            raise ArchiveError(
                f"its key was destroyed (state {state.value}): nobody can read it any more",
                where=f"recording {recording_id}",
                remedy="the certificate in the audit log says when and why",
            )
        return bytes(wrapped)

    def move(self, recording_id: str, event: str, *, reason: str = "", at: datetime | None = None) -> RecordingState:
        with self._database.writing() as connection:
            before = _state(connection, recording_id)
            after = RECORDING.after(before, RecordingEvent(event), where=f"recording {recording_id}")
            changes: dict[str, object] = {"state": after.value}
            if reason:
                changes["reason"] = reason
            if at is not None:
                changes["moved_at"] = at
            connection.execute(update(recordings).where(recordings.c.recording_id == recording_id).values(**changes))
        return after

    def settle(
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
        }
        with self._database.writing() as connection:
            done = connection.execute(
                update(recordings).where(recordings.c.recording_id == recording_id).values(**changes)
            )
            if done.rowcount == 0:
                raise _unknown(recording_id)

    def destroy_key(self, recording_id: str) -> None:
        keys.destroy(self._database, [recording_id])

    def destroy_keys(self, recording_ids: Sequence[str]) -> None:
        keys.destroy(self._database, recording_ids)

    def wipe_destroyed_keys(self) -> bool:
        return keys.wipe(self._database)

    def holds_on(self, recording_id: str) -> tuple[LegalHold, ...]:
        with self._database.writing() as connection:
            keep_holds_still(connection, alone=False)
            return active_holds(connection, [recording_id]).get(recording_id, ())

    def together(self) -> AbstractContextManager[None]:
        return self._database.together()

    def claim(self, name: str) -> AbstractContextManager[None]:
        return claimed(self._database, name)


def _all() -> Select[tuple[object, ...]]:
    return select(recordings, _HAS_KEY).select_from(
        recordings.outerjoin(recording_keys, recording_keys.c.recording_id == recordings.c.recording_id)
    )


def _state(connection: Connection, recording_id: str) -> RecordingState:
    """Read the state and keep others from moving it until this transaction ends."""
    query = select(recordings.c.state).where(recordings.c.recording_id == recording_id).with_for_update()
    value = connection.execute(query).scalar_one_or_none()
    if value is None:
        raise _unknown(recording_id)
    return RecordingState(value)


def _unknown(recording_id: str) -> ArchiveError:
    return ArchiveError(
        "there is no such recording", where=f"recording {recording_id}", remedy="see 'ivr recordings list'"
    )


def _columns(tag: RecordingTag, state: RecordingState, deadline: datetime | None) -> dict[str, object]:
    columns = dict(vars(tag))
    columns.update(purposes=list(tag.purposes), rule_ids=list(tag.rule_ids), channels=list(tag.channels))
    columns.update(state=state.value, moved_at=tag.opened_at, deadline=deadline, consent={}, gaps=[], masks=[])
    return columns


def _row(row: Row[tuple[object, ...]]) -> RecordingRow:
    it = row._mapping
    tag = RecordingTag(
        recording_id=it["recording_id"],
        call_id=it["call_id"],
        program=it["program"],
        purposes=tuple(it["purposes"]),
        policy_id=it["policy_id"],
        policy_version=it["policy_version"],
        rule_ids=tuple(it["rule_ids"]),
        retention=it["retention"],
        codec=it["codec"],
        channels=tuple(it["channels"]),
        rate_hz=it["rate_hz"],
        opened_at=it["opened_at"],
        node_id=it["node_id"],
    )
    sealed = SealedFile(it["sha256"], it["size_bytes"], it["duration_ms"]) if it["sha256"] else None
    return RecordingRow(
        tag=tag,
        state=RecordingState(it["state"]),
        sealed=sealed,
        deadline=it["deadline"],
        closed_at=it["closed_at"],
        consent=it["consent"],
        gaps=it["gaps"],
        masks=it["masks"],
        has_key=bool(it["has_key"]),
        reason=it["reason"],
    )
