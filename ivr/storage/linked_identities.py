"""Links of accounts to identities at a provider in a database, and what waits for a browser to come back from there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.account.account import Account
from ivr.domain.account.linked_identity import LinkedIdentity
from ivr.services.ports.evidence import Entry
from ivr.storage.account_rows import account_of, keep_proven
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.challenges import put_challenge, take_challenge, waiting_challenge
from ivr.storage.database import Database
from ivr.storage.tables import accounts, linked_identities

_L = linked_identities.c


class SqlLinkedIdentities:
    """Port IdentityBook."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def of(self, account_id: str) -> list[LinkedIdentity]:
        query = select(linked_identities).where(_L.account_id == account_id).order_by(_L.linked_at, _L.key)
        with self._database.reading() as connection:
            return [_identity(row) for row in connection.execute(query)]

    def find(self, key: str) -> tuple[Account, LinkedIdentity] | None:
        with self._database.reading() as connection:
            row = connection.execute(select(linked_identities).where(_L.key == key)).first()
            holder = select(accounts).where(accounts.c.account_id == (row.account_id if row else ""))
            account = connection.execute(holder).first()
        return (account_of(account), _identity(row)) if row and account else None

    def add(self, identity: LinkedIdentity, most: int, password_hash: str, entry: Entry) -> bool:
        try:
            with self._database.writing() as connection:
                # Of two that are linked to it at once the second waits here. SQLite has one writer anyway.
                keep_proven(connection, identity.account_id, password_hash)
                there = select(func.count()).select_from(linked_identities)
                mine = connection.execute(there.where(_L.account_id == identity.account_id)).scalar_one()
                if mine >= most or connection.execute(there.where(_L.key == identity.key)).scalar_one():
                    return False
                connection.execute(insert(linked_identities).values(vars(identity)))
                self._audit.append_within(connection, [entry])
        except IntegrityError:
            # Another account has been linked to it at the same moment.
            return False
        return True

    def remove(self, account_id: str, key: str, entry: Entry) -> bool:
        mine = (_L.account_id == account_id) & (_L.key == key)
        with self._database.writing() as connection:
            if not connection.execute(delete(linked_identities).where(mine)).rowcount:
                return False
            self._audit.append_within(connection, [entry])
        return True

    def used(self, key: str, account_id: str, at: datetime) -> bool:
        mine = (_L.account_id == account_id) & (_L.key == key)
        with self._database.writing() as connection:
            return connection.execute(update(linked_identities).where(mine).values(used_at=at)).rowcount == 1

    def put(self, key: str, waiting: bytes, until: datetime) -> None:
        with self._database.writing() as connection:
            put_challenge(connection, key, waiting, until)

    def waiting(self, key: str, now: datetime) -> bytes | None:
        with self._database.reading() as connection:
            return waiting_challenge(connection, key, now)

    def take(self, key: str, now: datetime) -> bytes | None:
        with self._database.writing() as connection:
            return take_challenge(connection, key, now)


def _identity(row: Row[Any]) -> LinkedIdentity:
    return LinkedIdentity(row.key, row.account_id, row.issuer, row.name, row.linked_at, row.used_at)
