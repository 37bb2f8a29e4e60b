"""The console's accounts in a database: no password, no token, only what cannot be turned back into one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.access import Role
from ivr.domain.account.account import Account, AccountState, Invitation, judge_invitation
from ivr.domain.account.session import Session
from ivr.domain.account.throttle import Failures
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.ports.accounts import Credentials
from ivr.services.ports.evidence import Entry
from ivr.storage.account_rows import account_of, keep_proven
from ivr.storage.api_tokens import end_tokens
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.tables import (
    account_invitations,
    account_sessions,
    accounts,
    api_tokens,
    linked_identities,
    passkeys,
    sign_in_challenges,
    sign_in_failures,
)


class SqlAccounts:
    """Port AccountBook."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def count(self) -> int:
        with self._database.reading() as connection:
            return _count(connection)

    def all(self) -> list[Account]:
        with self._database.reading() as connection:
            return [account_of(row) for row in connection.execute(select(accounts).order_by(accounts.c.login))]

    def shown(self, entry: Entry) -> list[Account]:
        with self._database.writing() as connection:
            self._audit.append_within(connection, [entry])
        return self.all()

    def find(self, login: str) -> tuple[Account, Credentials] | None:
        with self._database.reading() as connection:
            row = connection.execute(select(accounts).where(accounts.c.login == login)).first()
        return (account_of(row), Credentials(row.password_hash, row.code_secret, row.used_step)) if row else None

    def invite(self, key: str, invitation: Invitation, code_secret: bytes, entry: Entry) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(account_invitations).where(account_invitations.c.login == invitation.login))
            values = {
                "key": key,
                "login": invitation.login,
                "role": invitation.role.value,
                "until": invitation.until,
                "invited_by": invitation.invited_by,
                "code_secret": code_secret,
                "expires_at": invitation.expires_at,
                "case_id": invitation.case_id,
            }
            connection.execute(insert(account_invitations).values(values))
            self._audit.append_within(connection, [entry])

    def invitation(self, key: str) -> tuple[Invitation, bytes] | None:
        with self._database.reading() as connection:
            row = connection.execute(select(account_invitations).where(account_invitations.c.key == key)).first()
        return (_invitation(row), row.code_secret) if row else None

    def invited(self, now: datetime) -> list[Invitation]:
        query = select(account_invitations).where(account_invitations.c.until > now)
        with self._database.reading() as connection:
            return [_invitation(row) for row in connection.execute(query.order_by(account_invitations.c.login))]

    def make(self, key: str, account: Account, credentials: Credentials, entry: Entry) -> None:
        with self._database.writing() as connection:
            query = select(account_invitations).where(account_invitations.c.key == key).with_for_update()
            row = connection.execute(query).first()
            # Of two who use one link at once the second finds it gone; the link for the first account is one row too.
            used = connection.execute(delete(account_invitations).where(account_invitations.c.key == key)).rowcount
            invitation = _invitation(row) if row and used else None
            fault = judge_invitation(invitation, accounts=_count(connection), now=account.made_at)
            if fault:
                raise ComplianceError(fault, remedy="ask an administrator for a new link")
            _shut(connection, account.login)
            connection.execute(delete(accounts).where(accounts.c.login == account.login))
            values = {
                "account_id": account.id,
                "login": account.login,
                "role": account.role.value,
                "state": account.state.value,
                "made_at": account.made_at,
                "password_hash": credentials.password_hash,
                "code_secret": credentials.code_secret,
                "used_step": credentials.used_step,
                "expires_at": account.expires_at,
                "case_id": account.case_id,
            }
            try:
                connection.execute(insert(accounts).values(values))
            except IntegrityError as error:
                raise ArchiveError(
                    "an account of that login exists already", where=account.login, remedy="choose another login"
                ) from error
            self._audit.append_within(connection, [entry])

    def close(self, login: str, entry: Entry) -> None:
        with self._database.writing() as connection:
            # First, as `make` does: whoever uses the link at once has made the account by then, or makes none.
            links = connection.execute(delete(account_invitations).where(account_invitations.c.login == login))
            open_one = (accounts.c.login == login) & (accounts.c.state == AccountState.ACTIVE.value)
            closed = connection.execute(update(accounts).where(open_one).values(state=AccountState.CLOSED.value))
            if not closed.rowcount and not links.rowcount:
                raise ArchiveError(
                    "there is neither an open account nor an invitation of that login",
                    where=login,
                    remedy="see 'ivr console accounts'",
                )
            _shut(connection, login)
            self._audit.append_within(connection, [entry])

    def withdraw(self, login: str, entry: Entry) -> None:
        with self._database.writing() as connection:
            links = connection.execute(delete(account_invitations).where(account_invitations.c.login == login))
            if not links.rowcount:
                raise ArchiveError(
                    "there is no invitation of that login", where=login, remedy="see the list of accounts"
                )
            self._audit.append_within(connection, [entry])

    def end_viewer(self, login: str, entry: Entry) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(account_invitations).where(account_invitations.c.login == login))
            mine = (accounts.c.login == login) & (accounts.c.role == Role.AUTHORITY_VIEWER.value)
            connection.execute(update(accounts).where(mine).values(state=AccountState.CLOSED.value))
            _shut(connection, login)
            self._audit.append_within(connection, [entry])

    def change_password(
        self, account_id: str, proven: str, password_hash: str, entry: Entry, *, keep: str, ended: Entry
    ) -> None:
        mine = accounts.c.account_id == account_id
        others = (account_sessions.c.account_id == account_id) & (account_sessions.c.key != keep)
        with self._database.writing() as connection:
            # A session that begins meanwhile is there before, and ends, or finds another password, and does not begin.
            keep_proven(connection, account_id, proven)
            connection.execute(update(accounts).where(mine).values(password_hash=password_hash))
            for table in (api_tokens, passkeys, linked_identities):
                connection.execute(delete(table).where(table.c.account_id == account_id))
            over = connection.execute(delete(account_sessions).where(others)).rowcount
            self._audit.append_within(connection, [*[ended] * over, entry])

    def use_step(self, account_id: str, step: int) -> bool:
        later = (accounts.c.account_id == account_id) & (accounts.c.used_step < step)
        with self._database.writing() as connection:
            return connection.execute(update(accounts).where(later).values(used_step=step)).rowcount == 1

    def reserve(
        self, bucket: str, decide: Callable[[Failures | None], Failures | None]
    ) -> tuple[Failures | None, Failures | None]:
        mine = sign_in_failures.c.bucket == bucket
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":
                # A row that is not there yet cannot be locked. SQLite has one writer anyway.
                connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(bucket))))
            row = connection.execute(select(sign_in_failures).where(mine)).first()
            before = Failures(row.count_, row.last_at) if row else None
            after = decide(before)
            if after is not None:
                connection.execute(delete(sign_in_failures).where(mine))
                values = {"bucket": bucket, "count_": after.count, "last_at": after.last_at}
                connection.execute(insert(sign_in_failures).values(values))
        return before, after

    def forget_failures(self, bucket: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(sign_in_failures).where(sign_in_failures.c.bucket == bucket))

    def forget_before(self, at: datetime, *, now: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(sign_in_failures).where(sign_in_failures.c.last_at < at))
            connection.execute(delete(account_invitations).where(account_invitations.c.until < at))
            connection.execute(delete(sign_in_challenges).where(sign_in_challenges.c.until < now))

    def begin(self, session: Session, proven: str, entry: Entry) -> None:
        values = {
            "key": session.key,
            "account_id": session.account.id,
            "began_at": session.began_at,
            "seen_at": session.seen_at,
            "purpose": session.purpose,
            "reason": session.reason,
        }
        with self._database.writing() as connection:
            keep_proven(connection, session.account.id, proven)
            connection.execute(insert(account_sessions).values(values))
            self._audit.append_within(connection, [entry])

    def session(self, key: str) -> Session | None:
        with self._database.reading() as connection:
            row = connection.execute(_sessions().where(account_sessions.c.key == key)).first()
        return _session(row) if row else None

    def sessions_of(self, account_id: str) -> list[Session]:
        query = _sessions().where(account_sessions.c.account_id == account_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(account_sessions.c.seen_at.desc(), account_sessions.c.key))
            return [_session(row) for row in rows]

    def seen(self, key: str, at: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(update(account_sessions).where(account_sessions.c.key == key).values(seen_at=at))

    def choose(self, key: str, purpose: str, reason: str, entry: Entry) -> None:
        with self._database.writing() as connection:
            mine = update(account_sessions).where(account_sessions.c.key == key)
            if connection.execute(mine.values(purpose=purpose, reason=reason)).rowcount:
                self._audit.append_within(connection, [entry])

    def end(self, key: str, entry: Entry) -> bool:
        with self._database.writing() as connection:
            if not connection.execute(delete(account_sessions).where(account_sessions.c.key == key)).rowcount:
                return False
            self._audit.append_within(connection, [entry])
        return True

    def stale(self, *, began_before: datetime, seen_before: datetime, over_at: datetime, limit: int) -> list[Session]:
        over = or_(
            account_sessions.c.began_at <= began_before,
            account_sessions.c.seen_at <= seen_before,
            accounts.c.expires_at <= over_at,
        )
        with self._database.reading() as connection:
            query = _sessions().where(over).order_by(account_sessions.c.began_at).limit(limit)
            return [_session(row) for row in connection.execute(query)]


def _count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(accounts)).scalar_one())


def _shut(connection: Connection, login: str) -> None:
    """Whatever opens it ends with an account, which the evidence tells; a person may have several of each."""
    # Whatever is being added to it is there before, or is not added (`keep_proven`).
    connection.execute(select(accounts.c.account_id).where(accounts.c.login == login).with_for_update())
    end_tokens(connection, login)
    of = select(accounts.c.account_id).where(accounts.c.login == login)
    for table in (account_sessions, passkeys, linked_identities):
        connection.execute(delete(table).where(table.c.account_id.in_(of)))


def _sessions() -> Any:
    return select(account_sessions, accounts).join(accounts, accounts.c.account_id == account_sessions.c.account_id)


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(row.login, Role(row.role), row.until, row.invited_by, row.expires_at, row.case_id)


def _session(row: Row[Any]) -> Session:
    return Session(row.key, account_of(row), row.began_at, row.seen_at, row.purpose, row.reason)
