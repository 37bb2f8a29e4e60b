"""Passkeys in a database, and what waits for the answer of a browser."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from ivr.domain.account.account import Account
from ivr.domain.account.passkey import Passkey
from ivr.services.ports.evidence import Entry
from ivr.storage.account_rows import account_of, keep_proven
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.challenges import put_challenge, take_challenge
from ivr.storage.database import Database
from ivr.storage.tables import accounts, passkeys

_P = passkeys.c


class SqlPasskeys:
    """Port PasskeyBook."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def of(self, account_id: str) -> list[Passkey]:
        query = select(passkeys).where(_P.account_id == account_id).order_by(_P.made_at, _P.key)
        with self._database.reading() as connection:
            return [_passkey(row) for row in connection.execute(query)]

    def find(self, key: str) -> tuple[Account, Passkey] | None:
        with self._database.reading() as connection:
            row = connection.execute(select(passkeys).where(_P.key == key)).first()
            holder = select(accounts).where(accounts.c.account_id == (row.account_id if row else ""))
            account = connection.execute(holder).first()
        return (account_of(account), _passkey(row)) if row and account else None

    def add(self, passkey: Passkey, most: int, password_hash: str, entry: Entry) -> bool:
        with self._database.writing() as connection:
            # Of two that are added at once the second waits here. SQLite has one writer anyway.
            keep_proven(connection, passkey.account_id, password_hash)
            there = select(func.count()).select_from(passkeys)
            mine = connection.execute(there.where(_P.account_id == passkey.account_id)).scalar_one()
            if mine >= most or connection.execute(there.where(_P.key == passkey.key)).scalar_one():
                return False
            connection.execute(insert(passkeys).values(vars(passkey)))
            self._audit.append_within(connection, [entry])
        return True

    def remove(self, account_id: str, key: str, entry: Entry) -> bool:
        with self._database.writing() as connection:
            if not connection.execute(delete(passkeys).where(_P.account_id == account_id, _P.key == key)).rowcount:
                return False
            self._audit.append_within(connection, [entry])
        return True

    def used(self, passkey: Passkey, count: int, at: datetime) -> bool:
        as_it_was = (_P.key == passkey.key) & (_P.sign_count == passkey.sign_count)
        with self._database.writing() as connection:
            return (
                connection.execute(update(passkeys).where(as_it_was).values(sign_count=count, used_at=at)).rowcount == 1
            )

    def put_challenge(self, key: str, challenge: bytes, until: datetime) -> None:
        with self._database.writing() as connection:
            put_challenge(connection, key, challenge, until)

    def take_challenge(self, key: str, now: datetime) -> bytes | None:
        with self._database.writing() as connection:
            return take_challenge(connection, key, now)


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        row.key, row.account_id, row.credential_id, row.public_key, row.sign_count, row.name, row.made_at, row.used_at
    )
