"""Files of the DPO's desk in a database that does not tell whom they are about."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, delete, func, insert, select, update

from ivr.domain.secret_bytes import clear
from ivr.errors import ArchiveError
from ivr.services.ports.cases import Case, CaseSealer, Content
from ivr.services.ports.evidence import Entry
from ivr.services.ports.keys import KeyRing
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.tables import cases

_C = cases.c
_FACTS: tuple[Column[Any], ...] = (_C.case_id, _C.room, _C.state, _C.opened_at, _C.facts, _C.keep_until)


class SqlCases:
    """Port CaseBook."""

    def __init__(
        self,
        database: Database,
        audit: SqlAuditLog,
        keys: KeyRing,
        *,
        sealer: Callable[[bytearray, str], CaseSealer],
    ) -> None:
        self._database = database
        self._audit = audit
        self._keys = keys
        self._sealer = sealer

    def add(self, case: Case, content: Content, entry: Entry) -> None:
        data_key, wrapped = self._keys.new_data_key(case.id)
        sealed = self._sealer(data_key, case.id).seal(_bytes(content), _bound(case.id))
        clear(data_key)
        row = {**_columns(case), "kek_id": self._keys.kek_of(wrapped), "wrapped": wrapped, "sealed": sealed}
        with self._database.writing() as connection:
            connection.execute(insert(cases).values(row))
            self._audit.append_within(connection, [entry])

    def change(
        self,
        case_id: str,
        room: str,
        change: Callable[[Case, Content], tuple[Case, Content]],
        entry: Callable[[Case], Entry],
    ) -> tuple[Case, Content]:
        # A key may lie elsewhere: it is fetched before anybody is made to wait.
        sealer = self._sealer_of(case_id, room)
        with self._database.writing() as connection:
            row = _row(connection, case_id, room, locked=True)
            case, content = change(_case(row), _content(sealer, row))
            sealed = sealer.seal(_bytes(content), _bound(case_id))
            connection.execute(update(cases).where(_C.case_id == case_id).values({**_columns(case), "sealed": sealed}))
            self._audit.append_within(connection, [entry(case)])
        return case, content

    def get(self, case_id: str, room: str) -> tuple[Case, Content]:
        sealer = self._sealer_of(case_id, room)
        with self._database.reading() as connection:
            row = _row(connection, case_id, room)
        return _case(row), _content(sealer, row)

    def all(self, room: str) -> list[Case]:
        query = select(*_FACTS).where(_C.room == room).order_by(_C.opened_at.desc(), _C.case_id.desc())
        with self._database.reading() as connection:
            return [_case(row) for row in connection.execute(query)]

    def ended(self, at: datetime, *, limit: int) -> list[Case]:
        query = select(*_FACTS).where(_C.keep_until <= at).order_by(_C.keep_until, _C.case_id).limit(limit)
        with self._database.reading() as connection:
            return [_case(row) for row in connection.execute(query)]

    def destroy(self, case_id: str, at: datetime, entry: Entry) -> bool:
        # A dispute may have prolonged it since it was found to be over.
        mine = (_C.case_id == case_id) & (_C.keep_until <= at)
        with self._database.writing() as connection:
            if connection.dialect.name == "sqlite":
                # In place, besides what secure_delete does.
                zeros = {name: func.zeroblob(func.length(_C[name])) for name in ("wrapped", "sealed")}
                connection.execute(update(cases).where(mine).values(zeros))
            destroyed = connection.execute(delete(cases).where(mine)).rowcount > 0
            if destroyed:
                self._audit.append_within(connection, [entry])
        if self._database.is_sqlite and self._database.joint is None:
            self._database.empty_log()
        return destroyed

    def _sealer_of(self, case_id: str, room: str) -> CaseSealer:
        with self._database.reading() as connection:
            row = _row(connection, case_id, room)
        data_key = self._keys.unwrap(case_id, bytes(row.wrapped))
        sealer = self._sealer(data_key, case_id)
        clear(data_key)
        return sealer


def _row(connection: Connection, case_id: str, room: str, *, locked: bool = False) -> Row[Any]:
    query = select(cases).where(_C.case_id == case_id, _C.room == room)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise ArchiveError("there is no such case", where=f"case {case_id}", remedy="see the list of cases")
    return row


def _case(row: Row[Any]) -> Case:
    return Case(row.case_id, row.room, row.state, row.opened_at, row.facts, row.keep_until)


def _columns(case: Case) -> dict[str, object]:
    columns = {**vars(case), "facts": dict(case.facts)}
    columns["case_id"] = columns.pop("id")
    return columns


def _content(sealer: CaseSealer, row: Row[Any]) -> dict[str, object]:
    found: dict[str, object] = json.loads(sealer.open(bytes(row.sealed), _bound(row.case_id)))
    return found


def _bytes(content: Content) -> bytes:
    return json.dumps(dict(content), ensure_ascii=False).encode()


def _bound(case_id: str) -> bytes:
    return b"ivr case\0" + case_id.encode()
