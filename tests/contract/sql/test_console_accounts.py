"""Accounts of the console on both databases: links, signing in, sessions, and what the evidence says of each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select

from ivr.domain.access import Role
from ivr.domain.account.account import INVITATION, AccountState
from ivr.domain.account.session import Session, SessionEnd
from ivr.domain.account.throttle import FREE
from ivr.domain.evidence.events.console import PasswordChanged
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError, IvrError
from ivr.services.account.invitations import Enrolling
from ivr.services.account.new_password import NewPassword
from ivr.services.account.own_account import PasswordChange
from ivr.services.account.sign_in import FACTORS, Attempt, Entered, Proven, Refused
from ivr.services.account.token import key_of
from ivr.services.ports.evidence import Entry
from ivr.storage.database import Database
from ivr.storage.tables import metadata
from tests.account_rig import ADMIN, BOUNDS, OTHER_ADMIN, PASSWORD, AccountRig
from tests.databases import KINDS
from tests.fakes.accounts import code_of


@pytest.fixture(params=KINDS)
def bare(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> AccountRig:
    return AccountRig(open_database(request.param))


@pytest.fixture
def rig(bare: AccountRig) -> AccountRig:
    """With an administrator."""
    token = bare.invitations.first(Role.ADMINISTRATOR)
    assert token
    bare.enrol(token, "Admin")
    return bare


def viewer(rig: AccountRig, days: int = 3) -> str:
    """An account of an authority that ends; its login."""
    until = rig.clock.at + timedelta(days=days)
    return rig.enrol(rig.invitations.invite_viewer("autorite-1", ADMIN, case_id="case-1", expires_at=until))


# ---------------------------------------------------------------- accounts that end


def test_an_account_that_ends_lets_in_until_then_and_bears_its_request(rig: AccountRig) -> None:
    login = viewer(rig)
    found = rig.book.find(login)
    assert found
    assert (found[0].role, found[0].case_id) == (Role.AUTHORITY_VIEWER, "case-1")
    rig.clock.at += timedelta(days=2)
    entered = rig.attempt(code=code_of(rig.secrets[login], rig.step()), login=login)
    assert isinstance(entered, Entered)
    assert isinstance(rig.sessions.resume(entered.token), Session)
    rig.clock.at = found[0].expires_at or rig.clock.at
    assert isinstance(rig.attempt(code=code_of(rig.secrets[login], rig.step()), login=login), Refused)
    assert rig.audit.events()[-1].body == {"actor": login, "why": "over"}


def test_its_sessions_end_with_it_though_nobody_comes_back(rig: AccountRig) -> None:
    login = viewer(rig)
    found = rig.book.find(login)
    assert found
    assert found[0].expires_at
    rig.clock.at = found[0].expires_at - timedelta(minutes=5)
    entered = rig.attempt(code=code_of(rig.secrets[login], rig.step()), login=login)
    assert isinstance(entered, Entered)
    assert rig.sessions.sweep() == 0
    rig.clock.at += timedelta(minutes=5)
    assert rig.sessions.sweep() == 1
    assert rig.audit.events()[-1].body == {"actor": login, "role": "authority_viewer", "why": "over"}
    assert rig.sessions.resume(entered.token) is None


@pytest.mark.parametrize("used", [True, False])
def test_ending_it_closes_it_or_takes_its_link_back(rig: AccountRig, used: bool) -> None:
    token = rig.invitations.invite_viewer(
        "autorite-1", ADMIN, case_id="case-1", expires_at=rig.clock.at + timedelta(days=1)
    )
    if used:
        rig.enrol(token)
    rig.invitations.end_viewer("autorite-1", "clos", ADMIN)
    found = rig.book.find("autorite-1")
    assert [one[0].state for one in [found] if one] == ([AccountState.CLOSED] if used else [])
    with pytest.raises(ComplianceError):
        rig.invitations.open(token)


def test_ending_an_authoritys_account_closes_no_other(rig: AccountRig) -> None:
    rig.invitations.end_viewer("admin", "x", OTHER_ADMIN)
    found = rig.book.find("admin")
    assert found
    assert found[0].state is AccountState.ACTIVE


def test_nobody_is_invited_as_an_authority_without_its_request(rig: AccountRig) -> None:
    with pytest.raises(ComplianceError, match="on the page of its request"):
        rig.invitations.invite("eve", Role.AUTHORITY_VIEWER, ADMIN)


def test_going_back_before_accounts_that_end_leaves_none_of_an_authority(rig: AccountRig) -> None:
    login = viewer(rig)
    rig.clock.at += timedelta(seconds=30)
    assert isinstance(rig.attempt(code=code_of(rig.secrets[login], rig.step()), login=login), Entered)
    rig.invitations.invite_viewer("autorite-2", ADMIN, case_id="case-1", expires_at=rig.clock.at + timedelta(days=1))
    kept = rig.entered()
    rig.database.downgrade("0015")
    rig.database.upgrade()
    assert [one.login for one in rig.book.all()] == ["admin"]
    assert isinstance(rig.sessions.resume(kept.token), Session)
    with rig.database.reading() as connection:
        for name in ("account_sessions", "account_invitations"):
            assert len(connection.execute(select(metadata.tables[name])).all()) == (name == "account_sessions")


def test_an_authoritys_login_is_given_to_nobody_in_the_house(rig: AccountRig) -> None:
    for login in (viewer(rig), " Autorite-2"):
        with pytest.raises(ComplianceError, match="on the page of its request"):
            rig.invitations.invite(login, Role.DPO, ADMIN)
    with pytest.raises(ValueError, match="begins with"):
        rig.invitations.invite_viewer("eve", ADMIN, case_id="case-1", expires_at=rig.clock.at)
    assert [one.role for one in rig.book.all() if one.login == "autorite-1"] == [Role.AUTHORITY_VIEWER]


# ---------------------------------------------------------------- links


def test_the_first_link_makes_one_account_and_then_there_is_none(rig: AccountRig) -> None:
    assert [(one.login, one.role, one.state) for one in rig.book.all()] == [
        ("admin", Role.ADMINISTRATOR, AccountState.ACTIVE)
    ]
    assert rig.invitations.first(Role.ADMINISTRATOR) is None
    assert rig.told() == ["account.invited", "account.made"]


def test_a_link_is_used_once(bare: AccountRig) -> None:
    token = bare.invitations.first(Role.ADMINISTRATOR)
    assert token
    bare.enrol(token, "admin")
    with pytest.raises(ComplianceError):
        bare.invitations.open(token)


def test_a_newer_first_link_takes_the_place_of_the_older(bare: AccountRig) -> None:
    old, new = bare.invitations.first(Role.ADMINISTRATOR), bare.invitations.first(Role.ADMINISTRATOR)
    assert old
    assert new
    with pytest.raises(ComplianceError):
        bare.invitations.open(old)
    bare.enrol(new, "admin")


def test_two_who_use_the_first_link_at_once_make_one_account(bare: AccountRig) -> None:
    token = bare.invitations.first(Role.ADMINISTRATOR)
    assert token
    secret = bare.invitations.open(token).code_secret

    def enrol(login: str) -> object:
        try:
            return bare.invitations.enrol(token, bare.typed(secret, login), bare.hasher, bare.codes)
        except IvrError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(enrol, ["anne", "bruno", "chloe", "denis"]))
    assert len(bare.book.all()) == 1
    assert sum(isinstance(one, ComplianceError) for one in made) == 3


def test_a_link_that_ran_out_makes_nothing(bare: AccountRig) -> None:
    token = bare.invitations.first(Role.ADMINISTRATOR)
    assert token
    bare.clock.at += INVITATION
    with pytest.raises(ComplianceError):
        bare.invitations.open(token)


@pytest.mark.parametrize(
    ("login", "password", "again", "said"),
    [
        ("no spaces", PASSWORD, "", "login"),
        ("anne", "short", "", "at least"),
        ("anne", "weak weak weak weak", "", "easily guessed"),
        ("anne", PASSWORD, "something else", "differ"),
        ("anne", "x" * 10_000, "", "at most"),
    ],
)
def test_what_is_typed_wrongly_makes_nothing_and_may_be_typed_again(
    bare: AccountRig, login: str, password: str, again: str, said: str
) -> None:
    token = bare.invitations.first(Role.ADMINISTRATOR)
    assert token
    secret = bare.invitations.open(token).code_secret
    fault = bare.invitations.enrol(token, bare.typed(secret, login, password, again), bare.hasher, bare.codes)
    assert isinstance(fault, str)
    assert said in fault
    wrong_code = Enrolling("anne", NewPassword(PASSWORD, PASSWORD), "000000")
    assert "authenticator" in str(bare.invitations.enrol(token, wrong_code, bare.hasher, bare.codes))
    assert bare.book.all() == []
    bare.enrol(token, "anne")


def test_an_invited_person_gets_the_role_and_login_that_the_administrator_wrote(rig: AccountRig) -> None:
    rig.enrol(rig.invitations.invite("Anne.Martin", Role.DPO, ADMIN), "somebody-else")
    account = rig.book.find("anne.martin")
    assert account
    assert account[0].role is Role.DPO
    assert rig.book.find("somebody-else") is None
    made = rig.audit.events()[-1]
    assert made.body == {"login": "anne.martin", "role": "dpo", "invited_by": "admin"}


def test_a_new_link_for_somebody_who_has_an_account_replaces_it_and_ends_the_sessions(rig: AccountRig) -> None:
    entered = rig.entered()
    rig.enrol(rig.invitations.invite("admin", Role.DPO, OTHER_ADMIN))
    assert rig.sessions.resume(entered.token) is None
    assert [(one.login, one.role) for one in rig.book.all()] == [("admin", Role.DPO)]


def test_a_login_that_is_none_is_refused_when_inviting(rig: AccountRig) -> None:
    with pytest.raises(ConfigurationError):
        rig.invitations.invite("an ne", Role.DPO, ADMIN)


def test_nothing_in_the_tables_lets_anybody_in(rig: AccountRig) -> None:
    """Neither a token nor a code's secret stands in the database, and the password's hash is not of our making."""
    token = rig.invitations.invite("anne", Role.DPO, ADMIN)
    entered = rig.entered()
    secrets = [token.encode(), entered.token.encode(), entered.device.encode(), *rig.secrets.values()]
    stored = b""
    with rig.database.reading() as connection:
        for name in inspect(rig.database.engine).get_table_names():
            if name in metadata.tables and name not in ("recording_keys",):
                stored += b" ".join(
                    one if isinstance(one, bytes) else str(one).encode()
                    for row in connection.execute(select(metadata.tables[name]))
                    for one in row
                )
    assert [one for one in secrets if one in stored] == []
    assert key_of(token).encode() in stored


# ---------------------------------------------------------------- signing in


def test_both_factors_let_in_and_the_evidence_says_who(rig: AccountRig) -> None:
    entered = rig.entered()
    session = rig.sessions.resume(entered.token)
    assert isinstance(session, Session)
    assert session.account.actor == ADMIN
    assert rig.audit.events()[-1].body == {"actor": "admin", "role": "administrator", "factors": ["password", "totp"]}


@pytest.mark.parametrize(
    ("password", "code", "login"), [("no", "", "admin"), (PASSWORD, "0", "admin"), ("no", "0", "admin")]
)
def test_one_wrong_factor_keeps_out_and_is_told_as_the_other(
    rig: AccountRig, password: str, code: str, login: str
) -> None:
    assert rig.attempt(password, code, login=login) == Refused(timedelta())
    assert rig.audit.events()[-1].body == {"actor": "admin", "why": "wrong"}


def test_a_login_that_does_not_exist_is_refused_alike_takes_as_long_and_is_not_written_down(rig: AccountRig) -> None:
    before = rig.told()
    assert rig.attempt(login="nobody") == Refused(timedelta())
    assert rig.hasher.asked == 1
    # Somebody may have typed their password there.
    assert rig.told() == before


def test_a_code_lets_in_once(rig: AccountRig) -> None:
    code = rig.code()
    assert isinstance(rig.attempt(code=code), Entered)
    assert rig.attempt(code=code) == Refused(timedelta())


def test_the_code_that_made_the_account_lets_nobody_in(rig: AccountRig) -> None:
    assert isinstance(rig.attempt(code=rig.code_now()), Refused)


def test_a_closed_account_lets_nobody_in_and_ends_its_sessions(rig: AccountRig) -> None:
    entered = rig.entered()
    rig.invitations.close("Admin", "has left", OTHER_ADMIN)
    assert rig.sessions.resume(entered.token) is None
    assert isinstance(rig.attempt(), Refused)
    with pytest.raises(ArchiveError):
        rig.invitations.close("admin", "again", OTHER_ADMIN)
    assert "account.closed" in rig.told()


@pytest.mark.parametrize("used", [True, False])
def test_closing_takes_the_link_back_that_is_still_out(rig: AccountRig, used: bool) -> None:
    if used:
        rig.enrol(rig.invitations.invite("bruno", Role.DPO, ADMIN))
    token = rig.invitations.invite("bruno", Role.DPO, ADMIN)
    other = rig.invitations.invite("chloe", Role.DPO, ADMIN)
    rig.invitations.close(" Bruno", "has left", ADMIN)
    assert rig.audit.events()[-1].kind == "account.closed"
    assert rig.audit.events()[-1].body == {"actor": "admin", "login": "bruno", "reason": "has left"}
    with pytest.raises(ComplianceError):
        rig.enrol(token)
    assert [one.state for one in rig.book.all() if one.login == "bruno"] == ([AccountState.CLOSED] if used else [])
    assert [one.login for one in rig.invitations.pending()] == ["chloe"]
    assert rig.invitations.open(other).invitation.login == "chloe"
    before = rig.told()
    with pytest.raises(ArchiveError):
        rig.invitations.close("bruno", "again", ADMIN)
    assert rig.told() == before


def test_a_link_is_withdrawn_and_the_account_that_there_is_stays(rig: AccountRig) -> None:
    rig.enrol(rig.invitations.invite("bruno", Role.DPO, ADMIN))
    token = rig.invitations.invite("bruno", Role.ADMINISTRATOR, ADMIN)
    rig.invitations.withdraw("Bruno", "wrong role", ADMIN)
    event = rig.audit.events()[-1]
    assert (event.kind, event.body) == (
        "account.invitation_withdrawn", {"actor": "admin", "login": "bruno", "reason": "wrong role"},
    )  # fmt: skip
    with pytest.raises(ComplianceError):
        rig.invitations.open(token)
    assert [(one.role, one.state) for one in rig.book.all() if one.login == "bruno"] == [
        (Role.DPO, AccountState.ACTIVE)
    ]
    with pytest.raises(ArchiveError):
        rig.invitations.withdraw("bruno", "again", ADMIN)
    with pytest.raises(ComplianceError):
        rig.invitations.withdraw("admin", "mine", ADMIN)
    assert rig.audit.events()[-1] == event


def test_links_that_are_out_are_told_until_they_run_out(rig: AccountRig) -> None:
    rig.invitations.invite("bruno", Role.DPO, ADMIN)
    assert [(one.login, one.role, one.invited_by) for one in rig.invitations.pending()] == [
        ("bruno", Role.DPO, "admin")
    ]
    rig.clock.at += INVITATION
    assert rig.invitations.pending() == []


def test_nobody_changes_or_closes_their_own_account_so_that_an_administrator_is_left(rig: AccountRig) -> None:
    with pytest.raises(ComplianceError):
        rig.invitations.close("Admin", "has left", ADMIN)
    with pytest.raises(ComplianceError):
        rig.invitations.invite(" ADMIN ", Role.DPO, ADMIN)
    assert [(one.role, one.state) for one in rig.book.all()] == [(Role.ADMINISTRATOR, AccountState.ACTIVE)]


def changing(
    rig: AccountRig, current: str = PASSWORD, code: str = "", new: str = "another long password"
) -> PasswordChange:
    return PasswordChange(current, code or rig.code(), NewPassword(new, new))


def test_another_password_ends_the_other_sessions_and_the_old_one_lets_nobody_in(rig: AccountRig) -> None:
    elsewhere, here = rig.entered(), rig.entered()
    session = rig.sessions.resume(here.token)
    assert isinstance(session, Session)
    assert [one.key for one in rig.own.sessions(session.account)] == [key_of(here.token), key_of(elsewhere.token)]
    assert rig.own.change_password(session, changing(rig)) is None
    assert rig.sessions.resume(elsewhere.token) is None
    assert isinstance(rig.sessions.resume(here.token), Session)
    assert rig.told()[-2:] == ["session.ended", "account.password_changed"]
    assert isinstance(rig.attempt(), Refused)
    assert isinstance(rig.attempt("another long password"), Entered)


def test_what_was_proven_with_the_old_password_begins_no_session_once_there_is_another(rig: AccountRig) -> None:
    session = rig.sessions.resume(rig.entered().token)
    assert isinstance(session, Session)
    proven = rig.sign_in.prove(Attempt("admin", PASSWORD, rig.code()))
    assert isinstance(proven, Proven)
    assert rig.own.change_password(session, changing(rig)) is None
    assert rig.sign_in.enter(proven, "", FACTORS) == Refused(timedelta())
    assert rig.audit.events()[-1].body == {"actor": "admin", "why": "wrong"}
    assert rig.own.sessions(session.account) == [session]


def test_a_session_that_begins_while_the_password_is_changed_ends_with_the_others(
    rig: AccountRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = rig.sessions.resume(rig.entered().token)
    assert isinstance(session, Session)
    began, hashing = [], rig.hasher.hash

    def hashed(password: str) -> str:
        # The old password is proven; the new one is not there yet.
        if password != PASSWORD:
            began.append(rig.entered())
        return hashing(password)

    monkeypatch.setattr(rig.hasher, "hash", hashed)
    assert rig.own.change_password(session, changing(rig)) is None
    assert rig.sessions.resume(began[0].token) is None
    assert rig.own.sessions(session.account) == [session]
    assert rig.told()[-3:] == ["session.began", "session.ended", "account.password_changed"]


def test_an_account_that_is_closed_after_it_was_proven_begins_no_session(rig: AccountRig) -> None:
    proven = rig.sign_in.prove(Attempt("admin", PASSWORD, rig.code()))
    assert isinstance(proven, Proven)
    rig.invitations.close("admin", "has left", OTHER_ADMIN)
    assert rig.sign_in.enter(proven, "", FACTORS) == Refused(timedelta())
    assert rig.own.sessions(proven.account) == []


@pytest.mark.parametrize(("current", "code"), [("no", ""), (PASSWORD, "0")])
def test_a_session_that_somebody_took_over_changes_no_password_and_guesses_none(
    rig: AccountRig, current: str, code: str
) -> None:
    session = rig.sessions.resume(rig.entered().token)
    assert isinstance(session, Session)
    found = [rig.own.change_password(session, changing(rig, current, code)) for _ in range(FREE)]
    assert found[0] == Refused(timedelta())
    assert isinstance(found[-1], Refused)
    assert found[-1].retry > timedelta()
    assert "account.password_changed" not in rig.told()
    # Too weak a password is told before anything is counted.
    assert isinstance(rig.own.change_password(session, changing(rig, new="short")), str)


def test_a_closed_account_changes_no_password(rig: AccountRig) -> None:
    session = rig.sessions.resume(rig.entered().token)
    assert isinstance(session, Session)
    proven = rig.sign_in.password_hash(session.account)
    rig.invitations.close("admin", "has left", OTHER_ADMIN)
    assert isinstance(rig.own.change_password(session, changing(rig)), Refused)
    changed = Entry(PasswordChanged(actor="admin", role="dpo"))
    with pytest.raises(ComplianceError):
        rig.book.change_password(session.account.id, proven, "hash", changed, keep="", ended=changed)
    assert "account.password_changed" not in rig.told()


def test_whoever_guesses_waits_and_the_right_password_does_not_help_meanwhile(rig: AccountRig) -> None:
    for _ in range(FREE):
        last = rig.attempt("no")
    assert isinstance(last, Refused)
    assert last.retry > timedelta()
    assert rig.audit.events()[-1].body["why"] == "slowed"
    # Codes are made for a later step without time going by.
    asked, told = rig.hasher.asked, rig.told()
    refused = rig.sign_in.attempt(Attempt("admin", PASSWORD, rig.code_now(ahead=1)))
    assert isinstance(refused, Refused)
    assert refused.retry > timedelta()
    assert (rig.hasher.asked, rig.told()) == (asked, told)
    rig.clock.at += refused.retry
    rig.entered()
    assert rig.attempt("no") == Refused(timedelta())


def test_who_keeps_failing_elsewhere_does_not_keep_the_holder_out(rig: AccountRig) -> None:
    entered = rig.entered()
    for _ in range(FREE + 10):
        rig.sign_in.attempt(Attempt("admin", "no", "0"))
    refused = rig.sign_in.attempt(Attempt("admin", PASSWORD, rig.code_now(ahead=1)))
    assert isinstance(refused, Refused)
    assert isinstance(
        rig.sign_in.attempt(Attempt("admin", PASSWORD, rig.code_now(ahead=1), entered.device)),
        Entered,
    )


def test_a_made_up_browser_or_that_of_another_account_counts_with_all_others(rig: AccountRig) -> None:
    mine = rig.entered()
    rig.enrol(rig.invitations.invite("anne", Role.DPO, ADMIN))
    for device in ["", mine.device, "x.y", mine.device + "0", "."] * 2:
        refused = rig.sign_in.attempt(Attempt("anne", "no", "0", device))
    assert isinstance(refused, Refused)
    assert refused.retry > timedelta()


def test_guesses_that_come_at_once_are_counted_one_by_one(rig: AccountRig) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: rig.sign_in.attempt(Attempt("admin", "no", "0")), range(24)))
    assert rig.hasher.asked == FREE


# ---------------------------------------------------------------- sessions


def test_a_session_goes_on_while_it_is_used_and_ends_after_twelve_hours(rig: AccountRig) -> None:
    token = rig.entered().token
    for _ in range(24):
        assert isinstance(rig.sessions.resume(token), Session)
        rig.clock.at += timedelta(minutes=29)
    rig.clock.at += timedelta(minutes=29)
    assert rig.sessions.resume(token) is SessionEnd.EXPIRED
    assert rig.sessions.resume(token) is None
    assert rig.audit.events()[-1].body == {"actor": "admin", "role": "administrator", "why": "expired"}


def test_an_idle_session_ends_when_it_is_next_asked_for(rig: AccountRig) -> None:
    token = rig.entered().token
    rig.clock.at += BOUNDS.idle
    assert rig.sessions.resume(token) is SessionEnd.IDLE
    assert rig.told().count("session.ended") == 1


def test_a_session_that_nobody_asks_for_ends_by_the_sweep(rig: AccountRig) -> None:
    kept, left = rig.entered().token, rig.entered().token
    rig.clock.at += BOUNDS.idle - timedelta(minutes=1)
    assert isinstance(rig.sessions.resume(kept), Session)
    rig.clock.at += timedelta(minutes=1)
    assert rig.sessions.sweep() == 1
    assert rig.sessions.resume(left) is None
    assert isinstance(rig.sessions.resume(kept), Session)
    assert rig.sessions.sweep() == 0


def test_signing_out_ends_the_session_once(rig: AccountRig) -> None:
    token = rig.entered().token
    session = rig.sessions.resume(token)
    assert isinstance(session, Session)
    rig.sessions.sign_out(session)
    rig.sessions.sign_out(session)
    assert rig.sessions.resume(token) is None
    assert [event.body["why"] for event in rig.audit.events() if event.kind == "session.ended"] == ["asked"]


@pytest.mark.parametrize("token", ["", "x", "é" * 50])
def test_what_is_no_token_is_no_session(rig: AccountRig, token: str) -> None:
    assert rig.sessions.resume(token) is None


def test_the_digest_that_the_database_keeps_is_no_token(rig: AccountRig) -> None:
    assert rig.sessions.resume(key_of(rig.entered().token)) is None


def test_a_purpose_holds_for_its_session_and_is_evidence(rig: AccountRig) -> None:
    token, other = rig.entered().token, rig.entered().token
    session = rig.sessions.resume(token)
    assert isinstance(session, Session)
    assert session.purpose == ""
    rig.sessions.choose_purpose(session, "quality_audio", "écoute du mois")
    again, elsewhere = rig.sessions.resume(token), rig.sessions.resume(other)
    assert isinstance(again, Session)
    assert isinstance(elsewhere, Session)
    assert (again.purpose, again.reason, elsewhere.purpose) == ("quality_audio", "écoute du mois", "")
    assert rig.audit.events()[-1].kind == "session.purpose"


def test_failures_of_yesterday_are_swept_away(rig: AccountRig) -> None:
    for _ in range(FREE + 1):
        rig.sign_in.attempt(Attempt("nobody", "no", "0"))
    rig.clock.at += timedelta(hours=25)
    rig.sessions.sweep()
    assert rig.sign_in.attempt(Attempt("nobody", "no", "0")) == Refused(timedelta())


def test_the_whole_chain_holds(rig: AccountRig) -> None:
    rig.entered()
    assert rig.audit.verify() == []
