"""Call detail records in a database."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.errors import ArchiveError
from ivr.services.ports.evidence import CallRow
from ivr.storage.database import Database
from ivr.storage.tables import calls


class SqlCallLog:
    def __init__(self, database: Database, *, redactor: Redactor = REDACTOR) -> None:
        self._database = database
        self._redactor = redactor

    def add(self, row: CallRow) -> None:
        """Report a call, once; of all numbers, only the other party's telephone number is kept.

        Raises ArchiveError when it was reported already.
        """
        values = self._redactor.fields({**vars(row), "consent": dict(row.consent)})
        values["party"] = self._redactor.text(row.party, keep_phones=True)
        try:
            with self._database.writing() as connection:
                connection.execute(insert(calls), [values])
        except IntegrityError as error:
            raise ArchiveError(
                "the call is reported already", where=f"call {row.call_id}", remedy="report each call once"
            ) from error

    def get(self, call_id: str) -> CallRow | None:
        with self._database.reading() as connection:
            row = connection.execute(select(calls).where(calls.c.call_id == call_id)).one_or_none()
        return CallRow(**row._mapping) if row is not None else None

    def find(self, *, limit: int = 100) -> list[CallRow]:
        """Newest first."""
        query = select(calls).order_by(calls.c.started_at.desc(), calls.c.call_id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [CallRow(**row._mapping) for row in connection.execute(query)]
