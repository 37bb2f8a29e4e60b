"""Which tokens may be made, and when one is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.domain.access import Action, Role
from ivr.domain.account.account import Account, AccountState
from ivr.domain.account.api_token import MOST, ApiToken, TokenEnd, is_good, judge_token, token_end, used_today
from tests.fakes.vault import START

DAYS = timedelta(days=90)
RIGHTS = {Action.LIST, Action.LISTEN}
ANNE = Account("a", "anne", Role.QUALITY_ANALYST, AccountState.ACTIVE, START)
TOKEN = ApiToken("k", "t", ANNE, "script", frozenset({Action.LIST}), START, START + timedelta(days=7))


def judged(
    name: str = "script", scopes: set[Action] | None = None, days: int = 7, longest: timedelta = DAYS, held: int = 0
) -> str:
    found = judge_token(name, RIGHTS if scopes is None else scopes, days, rights=RIGHTS, longest=longest, held=held)
    return found or ""


def test_a_token_within_its_persons_rights_and_its_time_is_made() -> None:
    assert judged() == ""
    assert judged(days=90, held=MOST - 1) == ""
    assert judged(days=1, scopes={Action.LIST}) == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"scopes": set()}, "at least one right"),
        ({"scopes": {Action.LIST, Action.EXPORT}}, "no right that its person"),
        ({"days": 0}, "from 1 to 90 days"),
        ({"days": 91}, "from 1 to 90 days"),
        ({"longest": timedelta()}, "gives out no tokens"),
        ({"held": MOST}, "withdraw one"),
    ],
)
def test_another_is_refused(given: dict[str, object], said: str) -> None:
    assert said in judged(**given)  # type: ignore[arg-type]


def test_a_token_is_over_at_its_time_and_with_its_account() -> None:
    before = TOKEN.until - timedelta(seconds=1)
    assert (token_end(TOKEN, before), token_end(TOKEN, TOKEN.until)) == (None, TokenEnd.EXPIRED)
    assert is_good(TOKEN, before)
    assert not is_good(TOKEN, TOKEN.until)
    assert not is_good(replace(TOKEN, account=replace(ANNE, state=AccountState.CLOSED)), before)


def test_who_acts_by_it_has_its_scopes_alone() -> None:
    assert TOKEN.actor.scopes == frozenset({Action.LIST})
    assert (TOKEN.actor.id, TOKEN.actor.role) == ("anne", Role.QUALITY_ANALYST)


def test_its_use_is_noted_once_a_day() -> None:
    assert not used_today(TOKEN, START)
    used = replace(TOKEN, used_at=START)
    assert used_today(used, START + timedelta(hours=1))
    assert not used_today(used, START + timedelta(days=1))
