"""A row of the accounts, as the domain knows it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from ivr.domain.access import Role
from ivr.domain.account.account import Account, AccountState


def account_of(row: Row[Any]) -> Account:
    state = AccountState(row.state)
    return Account(row.account_id, row.login, Role(row.role), state, row.made_at, row.expires_at, row.case_id)
