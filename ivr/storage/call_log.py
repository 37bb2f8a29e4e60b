"""Call detail records in a database."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import ScalarSelect, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.evidence.events.objection import AgentInDoubt, Hesitation
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.ports.evidence import CallRow, LegRow, PersonTag
from ivr.storage.database import Database
from ivr.storage.person import means, person_of
from ivr.storage.person_index import SqlPersonIndex
from ivr.storage.tables import audit_events, calls, recordings
from ivr.storage.tables import legs as leg_table

#: Digits at the end of a number by which its rows are looked for.
_TELLING = 6
_DOUBTS = (Hesitation.kind, AgentInDoubt.kind)


class SqlCallLog:
    def __init__(
        self, database: Database, *, redactor: Redactor = REDACTOR, persons: SqlPersonIndex | None = None
    ) -> None:
        """Without `persons`, no recording is found by a number."""
        self._database = database
        self._redactor = redactor
        self._persons = persons

    def add(self, row: CallRow, *, members: Sequence[PersonTag] = (), legs: Sequence[LegRow] = ()) -> None:
        """Report a call with its legs, once; of all numbers, only the other party's telephone number is kept.

        Its recording is found from now on by how the call ended, its agent, doubts and numbers. Raises ArchiveError
        when it was reported already.
        """
        values = self._redactor.fields({**vars(row), "consent": dict(row.consent)})
        values["party"] = self._redactor.text(row.party, keep_phones=True)
        caller = self._persons.phone(row.party) if self._persons is not None and row.recording_id else None
        try:
            with self._database.writing() as connection:
                connection.execute(insert(calls), [values])
                if legs:
                    connection.execute(insert(leg_table), [self._redactor.fields(vars(leg)) for leg in legs])
                if row.recording_id:
                    copied = {
                        "agent": values["agent"],
                        "disposition": row.disposition,
                        "doubt_count": _doubts(row.call_id),
                    }
                    mine = recordings.c.recording_id == row.recording_id
                    connection.execute(update(recordings).where(mine).values(**copied))
                    if self._persons is not None:
                        self._persons.note(connection, row.recording_id, [*([caller] if caller else []), *members])
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

    def of_person(self, uri: str, *, limit: int) -> list[CallRow]:
        try:
            person = person_of(uri)
        except ComplianceError:
            return []
        # The end of the number stands in every spelling of it; who it is, is asked of the few rows that have it.
        digits = re.sub(r"\D", "", person)[-_TELLING:]
        likely = calls.c.party.contains(digits) if len(digits) == _TELLING else calls.c.party == uri
        query = select(calls).where(likely).order_by(calls.c.started_at.desc(), calls.c.call_id.desc())
        found = []
        with self._database.reading() as connection:
            for row in connection.execute(query):
                if means(row.party, person):
                    found.append(CallRow(**row._mapping))
                if len(found) == limit:
                    break
        return found


def _doubts(call_id: str) -> ScalarSelect[int]:
    doubts = (audit_events.c.call_id == call_id) & audit_events.c.kind.in_(_DOUBTS)
    return select(func.count()).select_from(audit_events).where(doubts).scalar_subquery()
