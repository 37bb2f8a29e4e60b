"""Tokens of the API on both databases: made with proof, kept as digests, used, withdrawn, and ended."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from ivr.domain.access import Action, Actor, Role
from ivr.domain.account.api_token import PREFIX
from ivr.domain.account.session import Session
from ivr.domain.account.throttle import FREE
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.account.api_tokens import ApiTokens, MadeToken, TokenWish
from ivr.services.account.sign_in import Refused
from ivr.storage.api_tokens import SqlApiTokens
from ivr.storage.database import Database
from ivr.storage.tables import api_tokens
from tests.account_rig import OTHER_ADMIN, PASSWORD, AccountRig
from tests.contract.sql.test_console_accounts import changing
from tests.databases import KINDS
from tests.fakes.accounts import Random
from tests.retention_rig import settings

LONGEST = timedelta(days=90)


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> AccountRig:
    """With an administrator, who has signed in once."""
    rig = AccountRig(open_database(request.param))
    token = rig.invitations.first(Role.ADMINISTRATOR)
    assert token
    rig.enrol(token, "admin")
    return rig


def tokens_of(rig: AccountRig, *, longest: timedelta = LONGEST, random: Random | None = None) -> ApiTokens:
    numbers = itertools.count(1)
    return ApiTokens(
        SqlApiTokens(rig.database, rig.audit), rig.sign_in, rig.clock, policy=settings().access, longest=longest,
        random=random or Random(), new_id=lambda: f"token-{next(numbers)}",
    )  # fmt: skip


def session_of(rig: AccountRig) -> Session:
    found = rig.sessions.resume(rig.entered().token)
    assert isinstance(found, Session)
    return found


def wish(rig: AccountRig, password: str = PASSWORD, code: str = "", **more: object) -> TokenWish:
    given = {"name": " night  run ", "scopes": {Action.ACCOUNTS}, "days": 7, **more}
    return TokenWish(password=password, code=code or rig.code(), **given)  # type: ignore[arg-type]


def made(rig: AccountRig, tokens: ApiTokens, days: int = 7) -> MadeToken:
    found = tokens.make(session_of(rig), wish(rig, days=days))
    assert isinstance(found, MadeToken), found
    return found


def test_a_token_lets_its_program_in_within_its_rights_and_stands_nowhere_in_clear(rig: AccountRig) -> None:
    tokens = tokens_of(rig)
    it = made(rig, tokens)
    assert it.text.startswith(PREFIX)
    assert len(it.text) == len(PREFIX) + 43
    assert it.text not in repr(it)
    found = tokens.resume(it.text)
    assert found is not None
    assert found.actor == Actor("admin", Role.ADMINISTRATOR, frozenset({Action.ACCOUNTS}))
    assert found.name == "night run"
    with rig.database.reading() as connection:
        rows = connection.execute(select(api_tokens)).all()
    assert it.text not in str(rows)
    assert it.text.removeprefix(PREFIX) not in str(rows)
    events = {event.kind: event.body for event in rig.audit.events()}
    assert events["token.made"] == {
        "actor": "admin", "role": "administrator", "token_id": it.token.id, "scopes": ["accounts"],
        "until": events["token.made"]["until"],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "x", PREFIX, PREFIX + "A" * 43, "night run"])
def test_what_is_no_token_lets_nobody_in(rig: AccountRig, text: str) -> None:
    made(rig, tokens := tokens_of(rig))
    assert tokens.resume(text) is None


@pytest.mark.parametrize(("password", "code"), [("no", ""), (PASSWORD, "0")])
def test_a_session_that_somebody_took_over_makes_no_token_and_guesses_no_password(
    rig: AccountRig, password: str, code: str
) -> None:
    tokens, session = tokens_of(rig), session_of(rig)
    found = [tokens.make(session, wish(rig, password, code)) for _ in range(FREE)]
    assert found[0] == Refused(timedelta())
    assert isinstance(found[-1], Refused)
    assert found[-1].retry > timedelta()
    assert tokens.of(session.account) == []


def test_a_wish_beyond_ones_rights_is_told_before_anything_is_proven(rig: AccountRig) -> None:
    asked = rig.hasher.asked
    tokens, session = tokens_of(rig), session_of(rig)
    assert isinstance(tokens.make(session, wish(rig, scopes={Action.LISTEN})), str)
    assert isinstance(tokens_of(rig, longest=timedelta()).make(session, wish(rig)), str)
    assert rig.hasher.asked == asked + 1
    assert "token.made" not in rig.told()


def test_the_first_use_of_each_day_stands_in_the_evidence(rig: AccountRig) -> None:
    tokens = tokens_of(rig)
    it = made(rig, tokens)
    for _ in range(3):
        tokens.resume(it.text)
    assert rig.told().count("token.used") == 1
    rig.clock.at += timedelta(days=1)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(tokens.resume, [it.text] * 8))
    assert rig.told().count("token.used") == 2


def test_a_token_that_ran_out_is_over_when_it_is_next_borne_or_by_the_sweep(rig: AccountRig) -> None:
    tokens = tokens_of(rig)
    one = made(rig, tokens, days=1)
    other = made(rig, tokens, days=2)
    rig.clock.at += timedelta(days=1)
    assert tokens.resume(one.text) is None
    assert tokens.resume(other.text) is not None
    rig.clock.at += timedelta(days=1)
    assert tokens.of(other.token.account) == []
    assert (tokens.sweep(), tokens.sweep()) == (1, 0)
    assert [dict(one.body)["why"] for one in rig.audit.events() if one.kind == "token.ended"] == ["expired"] * 2


def test_a_person_withdraws_their_own_token_and_nobody_elses(rig: AccountRig) -> None:
    tokens = tokens_of(rig)
    it = made(rig, tokens)
    rig.enrol(rig.invitations.invite("anne", Role.DPO, OTHER_ADMIN))
    anne = rig.book.find("anne")
    assert anne
    with pytest.raises(ArchiveError):
        tokens.withdraw(anne[0], it.token.id)
    assert tokens.withdraw(it.token.account, it.token.id).key == it.token.key
    assert tokens.resume(it.text) is None
    with pytest.raises(ArchiveError):
        tokens.withdraw(it.token.account, it.token.id)
    assert rig.audit.events()[-1].body["why"] == "asked"


def test_tokens_end_with_their_account_with_its_password_and_with_the_houses_wish(rig: AccountRig) -> None:
    tokens = tokens_of(rig)
    it, session = made(rig, tokens), session_of(rig)
    assert tokens_of(rig, longest=timedelta()).resume(it.text) is None
    assert rig.own.change_password(session, changing(rig)) is None
    assert tokens.resume(it.text) is None
    it = made_after(rig, tokens, session)
    rig.invitations.close("admin", "has left", OTHER_ADMIN)
    assert tokens.resume(it.text) is None
    assert tokens.of(session.account) == []


def test_a_token_whose_proof_was_overtaken_by_another_password_is_not_made(rig: AccountRig) -> None:
    session = session_of(rig)

    def overtaken(size: int) -> bytes:
        # Both factors are proven, the token is not kept yet.
        assert rig.own.change_password(session, changing(rig)) is None
        return rig.random(size)

    tokens = tokens_of(rig)
    vars(tokens)["_random"] = overtaken
    with pytest.raises(ComplianceError):
        tokens.make(session, wish(rig))
    assert tokens.of(session.account) == []
    assert "token.made" not in rig.told()


def test_an_account_that_is_made_anew_has_no_token_of_the_old_one(rig: AccountRig) -> None:
    tokens = tokens_of(rig)
    it = made(rig, tokens)
    rig.enrol(rig.invitations.invite("admin", Role.DPO, OTHER_ADMIN))
    assert tokens.resume(it.text) is None


def made_after(rig: AccountRig, tokens: ApiTokens, session: Session) -> MadeToken:
    found = tokens.make(session, wish(rig, "another long password"))
    assert isinstance(found, MadeToken), found
    assert tokens.resume(found.text) is not None
    return found
