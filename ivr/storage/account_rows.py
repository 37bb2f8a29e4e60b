"""A row of the accounts, as the domain knows it, and held while something is done on the strength of its password."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from ivr.domain.access import Role
from ivr.domain.account.account import Account, AccountState
from ivr.errors import ComplianceError
from ivr.storage.tables import accounts


def account_of(row: Row[Any]) -> Account:
    state = AccountState(row.state)
    return Account(row.account_id, row.login, Role(row.role), state, row.made_at, row.expires_at, row.case_id)


def keep_proven(connection: Connection, account_id: str, password_hash: str) -> None:
    """Keep the account and its password as they are until the caller's transaction ends.

    Raises ComplianceError when it is open no more, or has another password than the one that was proven.
    """
    holder = select(accounts.c.password_hash).where(
        accounts.c.account_id == account_id, accounts.c.state == AccountState.ACTIVE.value
    )
    if connection.execute(holder.with_for_update()).scalar_one_or_none() != password_hash:
        raise ComplianceError(
            "this account is open no more, or its password has been changed meanwhile", remedy="sign in again"
        )
