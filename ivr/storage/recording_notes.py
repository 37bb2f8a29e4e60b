"""Notes at moments of recordings, in a database that has their words under the recording's key alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select

from ivr.errors import ArchiveError
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import SealedNote
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.key_part import where_keys_lie
from ivr.storage.tables import recording_keys, recording_notes

_N = recording_notes.c


class SqlRecordingNotes:
    """Port NoteBook. Whatever erases a key erases its notes (`ivr.storage.data_keys`)."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def of(self, recording_id: str) -> Sequence[SealedNote]:
        query = select(recording_notes).where(_N.recording_id == recording_id).order_by(_N.at_ms, _N.note_id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            SealedNote(row.note_id, row.recording_id, row.at_ms, row.author, row.written_at, bytes(row.sealed))
            for row in rows
        ]

    def add(self, note: SealedNote, most: int, entry: Entry) -> bool:
        values = {**vars(note)}
        values["note_id"] = values.pop("id")
        mine = select(func.count()).select_from(recording_notes).where(_N.recording_id == note.recording_id)
        with self._database.writing() as connection:
            # The key stays until this is written, or is gone already: no note outlives it.
            there = select(recording_keys.c.recording_id).where(where_keys_lie(connection, [note.recording_id]))
            if connection.execute(there.with_for_update()).first() is None:
                raise ArchiveError(
                    "the recording is gone: its key has been destroyed",
                    where=f"recording {note.recording_id}",
                    remedy="the note is not kept; the evidence says when and why the recording was destroyed",
                )
            if connection.execute(mine).scalar_one() >= most:
                return False
            connection.execute(insert(recording_notes).values(values))
            self._audit.append_within(connection, [entry])
        return True

    def remove(self, recording_id: str, note_id: str, author: str, entry: Entry) -> bool:
        mine = (_N.recording_id == recording_id) & (_N.note_id == note_id) & (_N.author == author)
        with self._database.writing() as connection:
            if not connection.execute(delete(recording_notes).where(mine)).rowcount:
                return False
            self._audit.append_within(connection, [entry])
        return True
