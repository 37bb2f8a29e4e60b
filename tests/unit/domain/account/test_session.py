"""A session ends by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.domain.access import Role
from ivr.domain.account.account import Account, AccountState
from ivr.domain.account.session import Session, SessionBounds, SessionEnd, session_end
from tests.fakes.vault import START

BOUNDS = SessionBounds(idle=timedelta(minutes=30), longest=timedelta(hours=12))
ACCOUNT = Account("a-1", "anne", Role.DPO, AccountState.ACTIVE, START)


def at(began: timedelta, seen: timedelta, account: Account = ACCOUNT) -> SessionEnd | None:
    return session_end(Session("k", account, START - began, START - seen), START, BOUNDS)


@pytest.mark.parametrize(
    ("began_min", "seen_min", "end"),
    [
        (0, 0, None),
        (719, 29, None),
        (30, 30, SessionEnd.IDLE),
        (720, 0, SessionEnd.EXPIRED),
        (720, 30, SessionEnd.EXPIRED),
        (-60, -60, None),
    ],
)
def test_it_ends_by_idleness_and_by_its_age(began_min: int, seen_min: int, end: SessionEnd | None) -> None:
    assert at(timedelta(minutes=began_min), timedelta(minutes=seen_min)) is end


def test_it_ends_with_its_account() -> None:
    closed = replace(ACCOUNT, state=AccountState.CLOSED)
    assert at(timedelta(), timedelta(), closed) is SessionEnd.CLOSED
