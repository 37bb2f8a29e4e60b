"""Passkeys on both databases: added with both factors, signed in with, removed; what is refused is told alike."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from ivr.console.ceremonies import WebAuthnCeremonies
from ivr.domain.access import Role
from ivr.domain.account.passkey import CHALLENGE, MOST
from ivr.domain.account.session import Session
from ivr.domain.account.throttle import FREE
from ivr.errors import ComplianceError
from ivr.services.account.new_password import NewPassword
from ivr.services.account.own_account import PasswordChange
from ivr.services.account.passkeys import Asked, Passkeys
from ivr.services.account.sign_in import Attempt, Entered, Refused
from ivr.services.ports.passkeys import NewCredential
from ivr.storage.database import Database
from ivr.storage.passkeys import SqlPasskeys
from ivr.storage.tables import sign_in_challenges
from tests.account_rig import ADMIN, OTHER_ADMIN, PASSWORD, AccountRig
from tests.databases import KINDS
from tests.fakes.authenticator import SoftDevice

URL = "https://console.test"
PARTY = "console.test"


@dataclass
class PasskeyRig(AccountRig):
    """With an administrator who has signed in."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.store = SqlPasskeys(self.database, self.audit)
        self.ceremonies = WebAuthnCeremonies(URL, "ivr")
        self.passkeys = Passkeys(self.store, self.ceremonies, self.sign_in, self.clock, random=self.random)
        token = self.invitations.first(Role.ADMINISTRATOR)
        assert token
        self.enrol(token, "Admin")

    def session(self) -> Session:
        session = self.sessions.resume(self.entered().token)
        assert isinstance(session, Session)
        return session

    def ask(self, session: Session, password: str = PASSWORD, code: str = "", name: str = "bureau") -> object:
        proof = Attempt("somebody-else", password, code or self.code())
        return self.passkeys.ask_to_add(session, name, proof)

    def add(self, session: Session, device: SoftDevice) -> object:
        asked = self.ask(session)
        assert isinstance(asked, Asked), asked
        return self.passkeys.add(session, "bureau", device.create(asked.options))

    def device(self) -> SoftDevice:
        """With a passkey of the administrator's."""
        device = SoftDevice(URL, PARTY)
        assert self.add(self.session(), device) is None
        return device

    def enter(self, device: SoftDevice, known: str = "") -> Entered | Refused:
        asked = self.passkeys.ask()
        return self.passkeys.attempt(asked.token, device.get(asked.options), known)


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> PasskeyRig:
    return PasskeyRig(open_database(request.param))


def test_a_passkey_lets_in_alone_and_the_evidence_says_that_the_person_was_verified(rig: PasskeyRig) -> None:
    device = rig.device()
    (kept,) = rig.store.of(rig.session().account.id)
    assert rig.audit.events()[-2].body == {"actor": "admin", "role": "administrator", "passkey": kept.key}
    entered = rig.enter(device)
    assert isinstance(entered, Entered)
    session = rig.sessions.resume(entered.token)
    assert isinstance(session, Session)
    assert session.account.actor == ADMIN
    began = rig.audit.events()[-1]
    assert began.body == {"actor": "admin", "role": "administrator", "factors": ["passkey", "user_verification"]}
    assert rig.store.of(session.account.id)[0].used_at is not None
    assert isinstance(rig.enter(device), Entered)


@pytest.mark.parametrize(("password", "code"), [("no", ""), (PASSWORD, "0")])
def test_a_session_that_somebody_took_over_adds_no_passkey_and_guesses_none(
    rig: PasskeyRig, password: str, code: str
) -> None:
    session = rig.session()
    found = [rig.ask(session, password, code) for _ in range(FREE)]
    assert found[0] == Refused(timedelta())
    assert isinstance(found[-1], Refused)
    assert found[-1].retry > timedelta()
    # Without the challenge whatever a browser answers adds nothing.
    asked = rig.passkeys.ask()
    options = asked.options[:-1] + ', "user": {"id": "YQ"}}'
    assert "begin again" in str(rig.passkeys.add(session, "bureau", SoftDevice(URL, PARTY).create(options)))
    assert rig.store.of(session.account.id) == []


def test_a_passkey_is_added_once_in_the_session_that_was_asked_and_in_time(rig: PasskeyRig) -> None:
    session, other = rig.session(), rig.session()
    device = SoftDevice(URL, PARTY)
    asked = rig.ask(session)
    assert isinstance(asked, Asked)
    answer = device.create(asked.options)
    assert "begin again" in str(rig.passkeys.add(other, "bureau", answer))
    assert rig.passkeys.add(session, "bureau", answer) is None
    assert "begin again" in str(rig.passkeys.add(session, "bureau", answer))
    late = rig.ask(session)
    assert isinstance(late, Asked)
    rig.clock.at += CHALLENGE
    answer = SoftDevice(URL, PARTY, b"credential-2").create(late.options)
    assert "begin again" in str(rig.passkeys.add(session, "bureau", answer))
    assert len(rig.store.of(session.account.id)) == 1


@pytest.mark.parametrize(
    "wrong", [{"origin": "https://elsewhere.test"}, {"rp_id": "elsewhere.test"}, {"verifies": False}]
)
def test_a_passkey_made_elsewhere_or_without_the_person_is_not_added(rig: PasskeyRig, wrong: dict[str, object]) -> None:
    assert "begin again" in str(rig.add(rig.session(), replace(SoftDevice(URL, PARTY), **wrong)))  # type: ignore[arg-type]


def test_the_same_passkey_twice_or_one_too_many_is_not_added(rig: PasskeyRig) -> None:
    session = rig.session()
    first = SoftDevice(URL, PARTY)
    assert rig.add(session, first) is None
    assert "already" in str(rig.add(session, first))
    for number in range(2, MOST):
        assert rig.add(session, SoftDevice(URL, PARTY, f"credential-{number}".encode())) is None
    asked = rig.ask(session)
    assert isinstance(asked, Asked)
    # Another session of this person adds the last one meanwhile.
    assert rig.add(rig.session(), SoftDevice(URL, PARTY, b"the last one")) is None
    answer = SoftDevice(URL, PARTY, b"one too many").create(asked.options)
    assert "already" in str(rig.passkeys.add(session, "bureau", answer))
    assert "already" in str(rig.ask(session))
    assert len(rig.store.of(session.account.id)) == MOST


def test_a_name_that_is_none_is_told_before_anything_is_counted(rig: PasskeyRig) -> None:
    assert "needs a name" in str(rig.ask(rig.session(), "no", "0", name=""))
    assert rig.hasher.asked == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://elsewhere.test"},
        {"origin": "http://console.test"},
        {"rp_id": "elsewhere.test"},
        {"verifies": False},
        {"credential_id": b"unknown"},
        {"user_handle": "account-7"},
        {"key": SoftDevice(URL, PARTY).key},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_is_wrong_with_a_passkey_is_refused_and_told_alike(rig: PasskeyRig, wrong: dict[str, object]) -> None:
    device = rig.device()
    assert rig.enter(replace(device, **wrong)) == Refused(timedelta())  # type: ignore[arg-type]
    told = rig.audit.events()[-1]
    assert told.kind == ("account.passkey_added" if "credential_id" in wrong else "session.denied")


@pytest.mark.parametrize("answer", ["", "{}", "[]", "{" * 5000, '{"id": "AA", "rawId": "AA", "type": "public-key"}'])
def test_what_is_no_answer_is_refused_alike(rig: PasskeyRig, answer: str) -> None:
    assert rig.passkeys.attempt(rig.passkeys.ask().token, answer, "") == Refused(timedelta())


def test_an_answer_is_good_once_in_the_browser_that_was_asked_and_in_time(rig: PasskeyRig) -> None:
    device = rig.device()
    asked = rig.passkeys.ask()
    answer = device.get(asked.options)
    assert isinstance(rig.passkeys.attempt(rig.passkeys.ask().token, answer, ""), Refused)
    assert isinstance(rig.passkeys.attempt("", answer, ""), Refused)
    assert isinstance(rig.passkeys.attempt(asked.token, answer, ""), Entered)
    assert isinstance(rig.passkeys.attempt(asked.token, answer, ""), Refused)
    late = rig.passkeys.ask()
    answer = device.get(late.options)
    rig.clock.at += CHALLENGE
    assert isinstance(rig.passkeys.attempt(late.token, answer, ""), Refused)


def test_of_one_answer_that_is_sent_many_times_at_once_one_lets_in(rig: PasskeyRig) -> None:
    device = rig.device()
    asked = rig.passkeys.ask()
    answer = device.get(asked.options)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: rig.passkeys.attempt(asked.token, answer, ""), range(4)))
    assert sum(isinstance(one, Entered) for one in found) == 1


def test_a_device_that_counts_back_is_a_copy_and_the_evidence_says_so(rig: PasskeyRig) -> None:
    device = rig.device()
    copy = replace(device)
    assert isinstance(rig.enter(device), Entered)
    assert rig.enter(copy) == Refused(timedelta())
    assert rig.audit.events()[-1].body == {"actor": "admin", "why": "counter"}
    assert isinstance(rig.enter(device), Entered)


def test_a_device_that_does_not_count_lets_in_again_and_again(rig: PasskeyRig) -> None:
    device = SoftDevice(URL, PARTY, count=0, step=0)
    assert rig.add(rig.session(), device) is None
    assert isinstance(rig.enter(device), Entered)
    assert isinstance(rig.enter(device), Entered)


def test_whoever_tries_passkeys_waits_as_with_passwords_and_keeps_the_holder_out_of_no_known_browser(
    rig: PasskeyRig,
) -> None:
    device = rig.device()
    entered = rig.enter(device)
    assert isinstance(entered, Entered)
    for _ in range(FREE):
        last = rig.enter(replace(device, verifies=False))
    assert isinstance(last, Refused)
    assert last.retry > timedelta()
    assert rig.audit.events()[-1].body["why"] == "slowed"
    assert isinstance(rig.enter(device), Refused)
    assert isinstance(rig.enter(device, entered.device), Entered)


def test_a_passkey_that_was_removed_lets_nobody_in_and_nobody_removes_anothers(rig: PasskeyRig) -> None:
    device, session = rig.device(), rig.session()
    (kept,) = rig.passkeys.of(session)
    rig.enrol(rig.invitations.invite("anne", Role.DPO, ADMIN))
    anne = rig.book.find("anne")
    assert anne
    assert not rig.passkeys.remove(replace(session, account=anne[0]), kept.key)
    assert rig.passkeys.remove(session, kept.key)
    assert not rig.passkeys.remove(session, kept.key)
    assert rig.told()[-1] == "account.passkey_removed"
    assert rig.enter(device) == Refused(timedelta())


def test_an_account_that_is_closed_or_made_anew_has_no_passkey_left(rig: PasskeyRig) -> None:
    device, account = rig.device(), rig.session().account
    rig.enrol(rig.invitations.invite("admin", Role.ADMINISTRATOR, OTHER_ADMIN))
    assert rig.store.of(account.id) == []
    assert isinstance(rig.enter(device), Refused)
    device = rig.device()
    account = rig.session().account
    rig.invitations.close("admin", "has left", OTHER_ADMIN)
    assert rig.store.of(account.id) == []
    assert isinstance(rig.enter(device), Refused)


def changed(rig: PasskeyRig, session: Session, current: str = PASSWORD) -> None:
    new = NewPassword("another long password", "another long password")
    assert rig.own.change_password(session, PasswordChange(current, rig.code(), new)) is None


def test_another_password_ends_the_passkeys_and_what_was_asked_before_it(rig: PasskeyRig) -> None:
    device, session = rig.device(), rig.session()
    asked = rig.ask(session)
    assert isinstance(asked, Asked)
    changed(rig, session)
    assert rig.told()[-1] == "account.password_changed"
    assert rig.passkeys.of(session) == []
    assert isinstance(rig.enter(device), Refused)
    answer = SoftDevice(URL, PARTY, b"credential-2").create(asked.options)
    assert "begin again" in str(rig.passkeys.add(session, "bureau", answer))
    assert rig.passkeys.of(session) == []


def test_a_passkey_whose_proof_was_overtaken_by_another_password_is_not_added(rig: PasskeyRig) -> None:
    session, device = rig.session(), SoftDevice(URL, PARTY)
    asked = rig.ask(session)
    assert isinstance(asked, Asked)
    created = rig.ceremonies.created

    def overtaken(answer: str, challenge: bytes) -> NewCredential | None:
        # The challenge is taken, the passkey not yet there.
        changed(rig, session)
        return created(answer, challenge)

    vars(rig.ceremonies)["created"] = overtaken
    with pytest.raises(ComplianceError):
        rig.passkeys.add(session, "bureau", device.create(asked.options))
    assert rig.passkeys.of(session) == []
    assert "account.passkey_added" not in rig.told()


def test_challenges_that_nobody_answered_are_forgotten(rig: PasskeyRig) -> None:
    asked = rig.passkeys.ask()
    rig.clock.at += CHALLENGE / 2
    rig.sessions.sweep()
    assert waiting(rig) == 1
    rig.clock.at += CHALLENGE
    rig.sessions.sweep()
    assert waiting(rig) == 0
    device = SoftDevice(URL, PARTY)
    assert rig.passkeys.attempt(asked.token, device.get(asked.options), "") == Refused(timedelta())


def waiting(rig: PasskeyRig) -> int:
    with rig.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(sign_in_challenges)).scalar_one()


def test_a_passkey_proven_just_before_the_password_is_changed_begins_no_session(
    rig: PasskeyRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, session, using = rig.device(), rig.session(), rig.store.used

    def used(*given: Any) -> bool:
        done = using(*given)
        new = NewPassword("another long password", "another long password")
        assert rig.own.change_password(session, PasswordChange(PASSWORD, rig.code(), new)) is None
        return done

    monkeypatch.setattr(rig.store, "used", used)
    assert rig.enter(device) == Refused(timedelta())
    assert rig.own.sessions(session.account) == [session]
