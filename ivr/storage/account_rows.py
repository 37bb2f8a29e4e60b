"""A row of the accounts, as the domain knows it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from ivr.domain.access import Role
from ivr.domain.account.account import Account, AccountState


def account_of(row: Row[Any]) -> Account:
    return Account(row.account_id, row.login, Role(row.role), AccountState(row.state), row.made_at)
