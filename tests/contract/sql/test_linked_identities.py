"""Linked identities on both databases, over a provider in this process: linked, used, unlinked, refused alike."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import func, select

from ivr.console.id_tokens import JoseTokenReader
from ivr.domain.access import Role
from ivr.domain.account.id_token import SKEW, TokenFault
from ivr.domain.account.linked_identity import JOURNEY, MOST, identity_key
from ivr.domain.account.session import Session
from ivr.domain.account.throttle import FREE
from ivr.domain.evidence.events.console import IdentityLinked
from ivr.errors import ComplianceError
from ivr.openid.provider import HttpIdentityProvider, ProviderSettings
from ivr.services.account.linked_identities import (
    Declined,
    Departure,
    Disbelieved,
    LinkedIdentities,
    Outcome,
    Proposed,
    Return,
    Stray,
    Terms,
)
from ivr.services.account.new_password import NewPassword
from ivr.services.account.own_account import PasswordChange
from ivr.services.account.sign_in import Attempt, Entered, Refused
from ivr.services.ports.evidence import Entry
from ivr.services.ports.openid import ProviderAway
from ivr.storage.database import Database
from ivr.storage.linked_identities import SqlLinkedIdentities
from ivr.storage.tables import sign_in_challenges
from tests.account_rig import ADMIN, OTHER_ADMIN, PASSWORD, AccountRig
from tests.databases import KINDS
from tests.fakes.accounts import SEALER
from tests.fakes.identity_provider import CLIENT, ISSUER, SECRET, SoftProvider, rsa_key

BACK = "https://console.test/connexion/fournisseur/retour"


@dataclass
class IdentityRig(AccountRig):
    """With an administrator who has signed in, and a person who signs in at the provider."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.soft = SoftProvider(self.seconds)
        self.soft.claims = {"preferred_username": "anne.martin", "amr": ["pwd", "otp"]}
        settings = ProviderSettings(ISSUER, CLIENT, lambda: SECRET, BACK)
        provider = HttpIdentityProvider(settings, self.soft.exchange, JoseTokenReader(), self.seconds)
        self.store = SqlLinkedIdentities(self.database, self.audit)
        self.provider = provider
        self.identities = self.service()
        token = self.invitations.first(Role.ADMINISTRATOR)
        assert token
        self.enrol(token, "Admin")

    def service(self, **terms: tuple[str, ...]) -> LinkedIdentities:
        asked = Terms(CLIENT, **terms)  # type: ignore[arg-type]
        return LinkedIdentities(
            self.store,
            self.provider,
            self.sign_in,
            self.clock,
            terms=asked,
            tags_key=SEALER.tags_key,
            random=self.random,
        )

    def seconds(self) -> float:
        return self.clock.at.timestamp()

    def session(self) -> Session:
        session = self.sessions.resume(self.entered().token)
        assert isinstance(session, Session)
        return session

    def back(self, departure: Departure) -> Return:
        told = self.soft.authorize(departure.url)
        return Return(told.get("state", ""), told.get("code", ""), told.get("iss", ""), told.get("error", ""))

    def leave(self, session: Session, password: str = PASSWORD, code: str = "") -> object:
        return self.identities.leave_to_link(session, Attempt("somebody-else", password, code or self.code()))

    def propose(self, session: Session) -> Outcome:
        departure = self.leave(session)
        assert isinstance(departure, Departure), departure
        return self.identities.come_back(departure.token, self.back(departure), "")

    def linked(self) -> Session:
        """The session of an administrator whose identity is linked."""
        session = self.session()
        assert self.propose(session) == Proposed()
        assert self.identities.link(session) is None
        return session

    def enter(self, known: str = "", identities: LinkedIdentities | None = None) -> Outcome:
        identities = identities or self.identities
        departure = identities.leave_to_sign_in()
        return identities.come_back(departure.token, self.back(departure), known)


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> IdentityRig:
    return IdentityRig(open_database(request.param))


def test_a_linked_identity_lets_in_and_the_evidence_says_by_what(rig: IdentityRig) -> None:
    session = rig.linked()
    key = identity_key(SEALER.tags_key, ISSUER, "sub-1")
    assert rig.audit.events()[-1].kind == "account.identity_linked"
    assert rig.audit.events()[-1].body == {"actor": "admin", "role": "administrator", "identity": key}
    (kept,) = rig.identities.of(session)
    assert (kept.key, kept.name, kept.issuer, kept.used_at) == (key, "anne.martin", ISSUER, None)
    entered = rig.enter()
    assert isinstance(entered, Entered)
    found = rig.sessions.resume(entered.token)
    assert isinstance(found, Session)
    assert found.account.actor == ADMIN
    assert rig.audit.events()[-1].body == {
        "actor": "admin", "role": "administrator", "factors": ["oidc", "otp", "pwd"],
    }  # fmt: skip
    assert rig.identities.of(session)[0].used_at is not None


def test_an_identity_that_nobody_linked_opens_nothing_and_is_not_written_down(rig: IdentityRig) -> None:
    told = rig.told()
    assert rig.enter() == Refused(timedelta())
    assert rig.told() == told


@pytest.mark.parametrize(
    "claims",
    [
        {"preferred_username": "admin"},
        {"email": "admin@house.test", "email_verified": True},
        {"name": "Admin", "roles": ["administrator"], "sub": "admin"},
    ],
    ids=repr,
)
def test_whatever_else_a_provider_says_of_somebody_takes_no_account_over(
    rig: IdentityRig, claims: dict[str, object]
) -> None:
    rig.linked()
    rig.soft.subject = "sub-2"
    rig.soft.claims = claims
    assert rig.enter() == Refused(timedelta())


def test_another_name_at_the_provider_changes_nothing_for_the_linked_subject(rig: IdentityRig) -> None:
    rig.linked()
    rig.soft.claims = {"preferred_username": "somebody.else", "role": "dpo"}
    entered = rig.enter()
    assert isinstance(entered, Entered)
    assert entered.account.actor == ADMIN


@pytest.mark.parametrize(("password", "code"), [("no", ""), (PASSWORD, "0")])
def test_a_session_that_somebody_took_over_links_nothing_and_guesses_nothing(
    rig: IdentityRig, password: str, code: str
) -> None:
    session = rig.session()
    found = [rig.leave(session, password, code) for _ in range(FREE)]
    assert found[0] == Refused(timedelta())
    assert isinstance(found[-1], Refused)
    assert found[-1].retry > timedelta()
    # A sign-in that comes back proves an identity, and proposes nothing to the session.
    assert isinstance(rig.enter(), Refused)
    assert rig.identities.proposed(session) is None
    assert "begin again" in str(rig.identities.link(session))
    assert rig.identities.of(session) == []


def test_an_identity_is_linked_once_by_the_session_that_asked_and_in_time(rig: IdentityRig) -> None:
    session, other = rig.session(), rig.session()
    assert rig.propose(session) == Proposed()
    proposed = rig.identities.proposed(session)
    assert proposed
    assert proposed.name == "anne.martin"
    assert rig.identities.proposed(other) is None
    assert "begin again" in str(rig.identities.link(other))
    assert rig.identities.of(session) == []
    assert rig.identities.link(session) is None
    assert "begin again" in str(rig.identities.link(session))
    rig.soft.subject = "sub-2"
    assert rig.propose(session) == Proposed()
    rig.clock.at += JOURNEY
    assert "begin again" in str(rig.identities.link(session))
    assert len(rig.identities.of(session)) == 1


def test_whoever_links_is_asked_by_the_provider_who_they_are(rig: IdentityRig) -> None:
    departure = rig.leave(rig.session())
    assert isinstance(departure, Departure)
    assert "prompt=login&max_age=0" in departure.url
    to_sign_in = rig.identities.leave_to_sign_in().url
    assert "prompt=" not in to_sign_in
    assert "max_age=" not in to_sign_in


def test_whoever_had_signed_in_there_before_links_nothing(rig: IdentityRig) -> None:
    session, skew = rig.session(), SKEW.total_seconds()
    for auth_time in (None, "now", rig.seconds() - skew - 1, rig.seconds() + skew + 1000):
        rig.soft.claims["auth_time"] = auth_time
        assert rig.propose(session) == Disbelieved((TokenFault.AUTHENTICATED.value,))
        assert rig.identities.proposed(session) is None
    # Measured from leaving: whoever takes their time there has signed in since.
    departure = rig.leave(session)
    assert isinstance(departure, Departure)
    rig.soft.claims["auth_time"] = int(rig.seconds())
    back = rig.back(departure)
    rig.clock.at += JOURNEY - timedelta(seconds=1)
    assert rig.identities.come_back(departure.token, back, "") == Proposed()


def test_a_sign_in_may_be_of_a_session_that_began_there_before(rig: IdentityRig) -> None:
    rig.linked()
    rig.soft.claims["auth_time"] = 1
    assert isinstance(rig.enter(), Entered)


def test_an_identity_is_linked_to_one_account_and_an_account_to_so_many(rig: IdentityRig) -> None:
    session = rig.linked()
    assert rig.propose(session) == Proposed()
    assert "already" in str(rig.identities.link(session))
    rig.enrol(rig.invitations.invite("anne", Role.DPO, ADMIN))
    anne = rig.book.find("anne")
    assert anne
    theirs = replace(rig.store.of(session.account.id)[0], account_id=anne[0].id)
    told = rig.told()
    assert not rig.store.add(theirs, MOST, anne[1].password_hash, entry_of(rig))
    assert rig.told() == told
    for number in range(2, MOST + 1):
        rig.soft.subject = f"sub-{number}"
        assert rig.propose(session) == Proposed()
        assert rig.identities.link(session) is None
    assert "already" in str(rig.leave(session))


def test_of_two_accounts_that_link_one_identity_at_once_one_does(rig: IdentityRig) -> None:
    session = rig.linked()
    (mine,) = rig.identities.of(session)
    assert rig.identities.unlink(session, mine.key)
    rig.enrol(rig.invitations.invite("anne", Role.DPO, ADMIN))
    holders = [rig.book.find(login) for login in ("admin", "anne")]

    def add(number: int) -> bool:
        holder = holders[number]
        assert holder
        return rig.store.add(replace(mine, account_id=holder[0].id), MOST, holder[1].password_hash, entry_of(rig))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(add, range(2))) == [False, True]


def entry_of(rig: IdentityRig) -> Entry:
    return Entry(IdentityLinked(actor="anne", role="dpo", identity="k"))


def test_an_answer_is_good_once_and_in_the_browser_that_left(rig: IdentityRig) -> None:
    rig.linked()
    departure, other = rig.identities.leave_to_sign_in(), rig.identities.leave_to_sign_in()
    back = rig.back(departure)
    # Another browser, another journey of this browser, none at all: what waits is left alone.
    for token in (other.token, "", "made up"):
        assert rig.identities.come_back(token, back, "") == Stray()
    for state in ("", "é", back.state.upper(), rig.back(other).state):
        assert rig.identities.come_back(departure.token, replace(back, state=state), "") == Stray()
    assert isinstance(rig.identities.come_back(departure.token, back, ""), Entered)
    assert rig.identities.come_back(departure.token, back, "") == Stray()
    late = rig.identities.leave_to_sign_in()
    back = rig.back(late)
    rig.clock.at += JOURNEY
    assert rig.identities.come_back(late.token, back, "") == Stray()


def test_of_one_answer_that_comes_many_times_at_once_one_lets_in(rig: IdentityRig) -> None:
    rig.linked()
    departure = rig.identities.leave_to_sign_in()
    back = rig.back(departure)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: rig.identities.come_back(departure.token, back, ""), range(4)))
    assert sum(isinstance(one, Entered) for one in found) == 1
    assert found.count(Stray()) == 3


def test_a_code_of_somebody_else_is_refused_by_the_provider_and_by_its_nonce(rig: IdentityRig) -> None:
    """Code injection: the attacker's own code in the victim's answer, or the victim's in the attacker's."""
    rig.linked()
    mine, theirs = rig.identities.leave_to_sign_in(), rig.identities.leave_to_sign_in()
    injected = replace(rig.back(mine), code=rig.back(theirs).code)
    assert rig.identities.come_back(mine.token, injected, "") == Disbelieved(("the provider does not take the code",))
    # And were the provider not to look at PKCE, the token would be of another nonce.
    mine, theirs = rig.identities.leave_to_sign_in(), rig.identities.leave_to_sign_in()
    rig.soft.claims["nonce"] = "of another journey"
    assert rig.identities.come_back(mine.token, rig.back(mine), "") == Disbelieved(("not for this sign-in",))


@pytest.mark.parametrize("issuer", ["https://evil.test", ""])
def test_an_answer_of_another_issuer_is_refused_before_the_code_is_sent_anywhere(rig: IdentityRig, issuer: str) -> None:
    rig.linked()
    departure = rig.identities.leave_to_sign_in()
    back = replace(rig.back(departure), issuer=issuer)
    del rig.soft.asked[:]
    assert rig.identities.come_back(departure.token, back, "") == Disbelieved(("the answer is of another issuer",))
    assert rig.soft.asked == []


def test_a_provider_that_does_not_name_itself_may_leave_its_name_out_and_give_no_other(rig: IdentityRig) -> None:
    rig.soft.published = {"authorization_response_iss_parameter_supported": False}
    rig.soft.sent_back = {"iss": None}
    rig.linked()
    assert isinstance(rig.enter(), Entered)
    rig.soft.sent_back = {"iss": "https://evil.test"}
    assert isinstance(rig.enter(), Disbelieved)


def test_what_the_person_or_the_provider_declines_opens_nothing(rig: IdentityRig) -> None:
    rig.linked()
    rig.soft.sent_back = {"error": "access_denied", "code": None}
    assert rig.enter() == Declined()
    rig.soft.sent_back = {"code": None}
    assert rig.enter() == Disbelieved(("the answer has no code",))
    for code in ("x" * 3000, "é", "a\nb"):
        rig.soft.sent_back = {"code": code}
        assert rig.enter() == Disbelieved(("the answer has no code",))


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.test"}, "of another issuer"),
        ({"aud": "another"}, "for another client"),
        ({"aud": [CLIENT, "another"]}, "asked for by another client"),
        ({"exp": 1}, "run out, or without an end"),
        ({"nonce": "n"}, "not for this sign-in"),
        ({"sub": None}, "without a subject"),
        ({"at_hash": "x"}, "not for the access token that came with it"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_token_that_is_not_believed_opens_and_proposes_nothing(
    rig: IdentityRig, claims: dict[str, object], why: str
) -> None:
    session = rig.linked()
    rig.soft.claims = claims
    told = rig.told()
    assert rig.enter() == Disbelieved((why,))
    assert rig.told() == told
    assert rig.propose(session) == Disbelieved((why,))
    assert rig.identities.proposed(session) is None


def test_a_token_of_a_key_that_is_not_the_providers_is_not_believed(rig: IdentityRig) -> None:
    rig.linked()
    rig.soft.keys, rig.soft.key = [rsa_key()], rsa_key("second")
    assert rig.enter() == Disbelieved(("signed by a key that the provider does not publish",))


def test_a_sign_in_that_is_weaker_than_the_house_asks_is_refused_and_stands_in_the_evidence(rig: IdentityRig) -> None:
    session = rig.linked()
    strict = rig.service(amr=("hwk",))
    assert rig.enter(identities=strict) == Refused(timedelta())
    assert rig.audit.events()[-1].body == {"actor": "admin", "why": "method"}
    rig.soft.claims["amr"] = ["hwk", "user"]
    assert isinstance(rig.enter(identities=strict), Entered)
    # Nothing is linked by such a sign-in either.
    rig.soft.claims["amr"] = ["pwd"]
    rig.identities = strict
    assert isinstance(rig.propose(session), Disbelieved)


def test_whoever_guesses_passwords_keeps_nobody_out_of_the_provider_nor_is_let_guess_on_by_it(rig: IdentityRig) -> None:
    rig.linked()

    def guessed() -> timedelta:
        refused = rig.attempt("a guess", "0")
        assert isinstance(refused, Refused)
        return refused.retry

    while not guessed():
        pass
    # From the provider's pages the cookie of the browser does not come along.
    assert isinstance(rig.enter(), Entered)
    assert guessed() > timedelta()


def test_who_fails_with_a_linked_identity_slows_no_password_down(rig: IdentityRig) -> None:
    rig.linked()
    strict = rig.service(amr=("hwk",))
    found = [rig.enter(identities=strict) for _ in range(FREE + 1)]
    assert isinstance(found[-1], Refused)
    assert found[-1].retry > timedelta()
    assert rig.entered()


def test_whoever_fails_at_the_provider_waits_as_with_passwords(rig: IdentityRig) -> None:
    found = [rig.enter() for _ in range(FREE + 1)]
    assert found[0] == Refused(timedelta())
    assert isinstance(found[-1], Refused)
    assert found[-1].retry > timedelta()


def test_a_provider_that_is_away_opens_nothing_and_uses_the_answer_up(rig: IdentityRig) -> None:
    rig.linked()
    departure = rig.identities.leave_to_sign_in()
    back = rig.back(departure)
    rig.soft.instead["/token"] = lambda _: httpx2.Response(503)
    with pytest.raises(ProviderAway):
        rig.identities.come_back(departure.token, back, "")
    rig.soft.instead.clear()
    assert rig.identities.come_back(departure.token, back, "") == Stray()
    # What it answers to one code keeps nobody else out.
    assert isinstance(rig.enter(), Entered)


def test_an_unlinked_identity_lets_nobody_in_and_nobody_unlinks_anothers(rig: IdentityRig) -> None:
    session = rig.linked()
    (kept,) = rig.identities.of(session)
    rig.enrol(rig.invitations.invite("anne", Role.DPO, ADMIN))
    anne = rig.book.find("anne")
    assert anne
    assert not rig.identities.unlink(replace(session, account=anne[0]), kept.key)
    assert rig.identities.unlink(session, kept.key)
    assert not rig.identities.unlink(session, kept.key)
    assert rig.told()[-1] == "account.identity_unlinked"
    assert rig.enter() == Refused(timedelta())
    assert not rig.store.used(kept.key, session.account.id, rig.clock.at)


def test_an_account_that_is_closed_or_made_anew_has_no_linked_identity_left(rig: IdentityRig) -> None:
    account = rig.linked().account
    rig.enrol(rig.invitations.invite("admin", Role.ADMINISTRATOR, OTHER_ADMIN))
    assert rig.store.of(account.id) == []
    assert isinstance(rig.enter(), Refused)
    account = rig.linked().account
    rig.invitations.close("admin", "has left", OTHER_ADMIN)
    assert rig.store.of(account.id) == []
    assert isinstance(rig.enter(), Refused)


def test_another_password_ends_the_links_and_what_was_begun_before_it(rig: IdentityRig) -> None:
    session = rig.linked()
    rig.soft.subject = "sub-2"
    assert rig.propose(session) == Proposed()
    new = NewPassword("another long password", "another long password")
    assert rig.own.change_password(session, PasswordChange(PASSWORD, rig.code(), new)) is None
    assert rig.identities.of(session) == []
    assert rig.identities.proposed(session) is None
    assert "begin again" in str(rig.identities.link(session))
    rig.soft.subject = "sub-1"
    assert isinstance(rig.enter(), Refused)


def test_a_link_whose_proof_was_overtaken_by_another_password_is_not_made(rig: IdentityRig) -> None:
    session = rig.session()
    assert rig.propose(session) == Proposed()
    proposed = rig.identities.proposed(session)
    assert proposed
    with pytest.raises(ComplianceError):
        rig.store.add(proposed, MOST, "the hash of another password", entry_of(rig))
    assert "account.identity_linked" not in rig.told()


def test_journeys_that_nobody_ended_are_forgotten_and_the_database_has_nothing_to_end_one_with(
    rig: IdentityRig,
) -> None:
    departure = rig.identities.leave_to_sign_in()
    back = rig.back(departure)
    with rig.database.reading() as connection:
        (row,) = connection.execute(select(sign_in_challenges))
    assert departure.token not in f"{row.key} {bytes(row.challenge)!r}"
    assert back.state not in f"{row.key} {bytes(row.challenge)!r}"
    rig.clock.at += JOURNEY * 2
    rig.sessions.sweep()
    with rig.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(sign_in_challenges)).scalar_one() == 0
