"""Logins and links that are refused, and why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ivr.domain.access import Role
from ivr.domain.account.account import Invitation, judge_invitation, judge_login, plain_login
from tests.fakes.vault import START

UNTIL = START + timedelta(hours=24)
FIRST = Invitation("", Role.ADMINISTRATOR, UNTIL, "node")
ANNE = Invitation("anne", Role.DPO, UNTIL, "admin")


@pytest.mark.parametrize("login", ["a", "anne.martin", "a-b_c.9", "0", "a" * 63])
def test_a_plain_login_is_taken(login: str) -> None:
    assert judge_login(login) is None


@pytest.mark.parametrize("login", ["", ".a", "a.", "Anne", "an ne", "é", "a" * 64, "a@b", "a\n", "<b>", "-"])
def test_another_one_is_refused(login: str) -> None:
    assert judge_login(login)


def test_a_login_is_the_same_however_it_is_typed() -> None:
    assert plain_login("  Anne.Martin ") == "anne.martin"


def test_a_link_is_good_until_its_time_is_over() -> None:
    assert judge_invitation(ANNE, accounts=3, now=UNTIL - timedelta(seconds=1)) is None
    assert judge_invitation(ANNE, accounts=3, now=UNTIL)
    assert judge_invitation(None, accounts=0, now=START)


def test_the_first_link_is_good_while_there_is_no_account() -> None:
    assert judge_invitation(FIRST, accounts=0, now=START) is None
    assert "first account" in str(judge_invitation(FIRST, accounts=1, now=START))
