"""Tokens of the API in a database: digests, with which nobody gets in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from ivr.domain.access import Action
from ivr.domain.account.api_token import ApiToken
from ivr.services.ports.evidence import Entry
from ivr.storage.account_rows import account_of, keep_proven
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.tables import accounts, api_tokens


class SqlApiTokens:
    """Port TokenBook."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def add(self, token: ApiToken, password_hash: str, entry: Entry) -> None:
        values = {
            "key": token.key,
            "token_id": token.id,
            "account_id": token.account.id,
            "name": token.name,
            "scopes": sorted(scope.value for scope in token.scopes),
            "made_at": token.made_at,
            "until": token.until,
        }
        with self._database.writing() as connection:
            keep_proven(connection, token.account.id, password_hash)
            connection.execute(insert(api_tokens).values(values))
            self._audit.append_within(connection, [entry])

    def token(self, key: str) -> ApiToken | None:
        with self._database.reading() as connection:
            row = connection.execute(_tokens().where(api_tokens.c.key == key)).first()
        return _token(row) if row else None

    def of(self, account_id: str) -> list[ApiToken]:
        query = _tokens().where(api_tokens.c.account_id == account_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(api_tokens.c.made_at.desc(), api_tokens.c.key))
            return [_token(row) for row in rows]

    def used(self, key: str, at: datetime, entry: Entry) -> bool:
        day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        first = or_(api_tokens.c.used_at.is_(None), api_tokens.c.used_at < day)
        with self._database.writing() as connection:
            mine = update(api_tokens).where(api_tokens.c.key == key, first)
            if not connection.execute(mine.values(used_at=at)).rowcount:
                return False
            self._audit.append_within(connection, [entry])
        return True

    def remove(self, key: str, entry: Entry) -> bool:
        with self._database.writing() as connection:
            if not connection.execute(delete(api_tokens).where(api_tokens.c.key == key)).rowcount:
                return False
            self._audit.append_within(connection, [entry])
        return True

    def expired(self, at: datetime, *, limit: int) -> list[ApiToken]:
        with self._database.reading() as connection:
            query = _tokens().where(api_tokens.c.until <= at).order_by(api_tokens.c.until).limit(limit)
            return [_token(row) for row in connection.execute(query)]


def end_tokens(connection: Connection, login: str) -> None:
    """They end with their account or its password, which the evidence tells."""
    of = select(accounts.c.account_id).where(accounts.c.login == login)
    connection.execute(delete(api_tokens).where(api_tokens.c.account_id.in_(of)))


def _tokens() -> Any:
    # Both tables have a time of making: a row would know only one of them by that name.
    token = [column for column in api_tokens.c if column.name != "made_at"]
    joined = select(accounts, api_tokens.c.made_at.label("token_made_at"), *token)
    return joined.join(api_tokens, accounts.c.account_id == api_tokens.c.account_id)


def _token(row: Row[Any]) -> ApiToken:
    scopes = frozenset(Action(name) for name in row.scopes if name in _KNOWN)
    return ApiToken(row.key, row.token_id, account_of(row), row.name, scopes, row.token_made_at, row.until, row.used_at)


#: A right that a later version took away is one that no token gives.
_KNOWN = {action.value for action in Action}
