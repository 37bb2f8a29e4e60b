"""One-time links: how an account is made, the first one by whoever runs the node, the others by an administrator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ivr.domain.access import Actor, Role
from ivr.domain.account.account import (
    INVITATION,
    VIEWER_PREFIX,
    Account,
    AccountState,
    Invitation,
    judge_invitation,
    judge_login,
    plain_login,
)
from ivr.domain.evidence.events.console import AccountClosed, AccountMade, AccountsListed, InvitationWithdrawn, Invited
from ivr.domain.text.told import Told
from ivr.errors import ComplianceError, ConfigurationError
from ivr.services.account.new_password import NewPassword
from ivr.services.account.token import key_of, new_token
from ivr.services.ports.accounts import AccountBook, Credentials, OneTimeCodes, PasswordHasher, SecretSealer
from ivr.services.ports.evidence import Entry
from ivr.services.ports.runtime import Clock

#: Whom evidence and accounts name for the first link: it is printed by the node to whoever runs it.
NODE = "node"
#: Of what an authenticator and the console share: as long as SHA-1's result (RFC 4226, section 4).
_SECRET_BYTES = 20


@dataclass(frozen=True)
class Enrolment:
    """An open invitation, for the page that makes an account of it. `code_secret` goes into an authenticator."""

    invitation: Invitation
    code_secret: bytes = field(repr=False)


@dataclass(frozen=True)
class Enrolling:
    """What somebody typed who makes an account."""

    login: str
    password: NewPassword
    code: str = field(repr=False)


class Invitations:
    def __init__(
        self,
        book: AccountBook,
        sealer: SecretSealer,
        clock: Clock,
        *,
        random: Callable[[int], bytes],
        new_id: Callable[[], str],
    ) -> None:
        self._book = book
        self._sealer = sealer
        self._clock = clock
        self._random = random
        self._new_id = new_id

    def first(self, role: Role) -> str | None:
        """Return the token with which the first account is made, in place of an earlier one; None when there is one."""
        if self._book.count():
            return None
        return self._invite("", role, Actor(NODE, role))

    def invite(self, login: str, role: Role, by: Actor) -> str:
        """Return the token with which this account is made, or made anew. Raises ConfigurationError for the login.

        Raises ComplianceError for one's own: nobody gives themselves another role; and for an authority's, which stays
        what the page of its request made it.
        """
        login = plain_login(login)
        _must_be_of_another(login, by)
        if fault := judge_login(login):
            raise ConfigurationError(fault, key="login", value=login, remedy="write e.g. anne.martin")
        if role is Role.AUTHORITY_VIEWER or self._is_of_an_authority(login):
            raise ComplianceError(
                "an account for an authority is opened on the page of its request",
                rules=("RET-004",),
                where=login,
                remedy="open it there: it ends, and shows that request alone",
            )
        return self._invite(login, role, by)

    def invite_viewer(self, login: str, by: Actor, *, case_id: str, expires_at: datetime) -> str:
        """Return the token with which somebody of an authority makes an account of one request, which ends.

        `login` is one that nobody has: the desk makes it. Raises ValueError when it begins as those of the house do.
        """
        if not login.startswith(VIEWER_PREFIX):
            raise ValueError(f"the login of an authority begins with {VIEWER_PREFIX}")
        return self._invite(login, Role.AUTHORITY_VIEWER, by, expires_at=expires_at, case_id=case_id)

    def end_viewer(self, login: str, reason: str, by: Actor) -> None:
        """Close an authority's account, or take back its link where nobody used it yet."""
        self._book.end_viewer(login, Entry(AccountClosed(actor=by.id, login=login, reason=reason)))

    def listing(self, by: Actor, reason: str) -> list[Account]:
        """Return every account, once it stands in the evidence that they are shown."""
        return self._book.shown(Entry(AccountsListed(actor=by.id, role=by.role.value, reason=reason)))

    def pending(self) -> list[Invitation]:
        """Return the links that are still out, for whoever is shown the accounts."""
        return self._book.invited(self._clock.now())

    def close(self, login: str, reason: str, by: Actor) -> None:
        """Close an account with its link, or take back the link that nobody used yet.

        Raises ArchiveError when there is neither, ComplianceError for one's own: so whoever closes accounts is left.
        """
        login = plain_login(login)
        _must_be_of_another(login, by)
        self._book.close(login, Entry(AccountClosed(actor=by.id, login=login, reason=reason)))

    def withdraw(self, login: str, reason: str, by: Actor) -> None:
        """Take back the link that nobody used yet; an account of that login stays as it is.

        Raises ArchiveError when there is no such link, ComplianceError for one's own.
        """
        login = plain_login(login)
        _must_be_of_another(login, by)
        self._book.withdraw(login, Entry(InvitationWithdrawn(actor=by.id, login=login, reason=reason)))

    def open(self, token: str) -> Enrolment:
        """Return what a token stands for. Raises ComplianceError when it stands for nothing, or no longer."""
        found = self._book.invitation(key_of(token))
        self._must_be_open(found[0] if found else None)
        assert found is not None
        return Enrolment(found[0], self._sealer.open(found[1], key_of(token).encode()))

    def enrol(self, token: str, typed: Enrolling, hasher: PasswordHasher, codes: OneTimeCodes) -> Account | Told:
        """Make the account, or say what is wrong with what was typed. Raises ComplianceError as `open` does."""
        enrolment = self.open(token)
        login = enrolment.invitation.login or plain_login(typed.login)
        now = self._clock.now()
        fault = judge_login(login) or typed.password.fault(login, hasher)
        step = codes.step_of(enrolment.code_secret, typed.code, now)
        if fault is None and step is None:
            fault = Told("This is not the code that the authenticator shows now.")
        if fault is not None:
            return fault
        invited = enrolment.invitation
        account = Account(
            self._new_id(), login, invited.role, AccountState.ACTIVE, now, invited.expires_at, invited.case_id
        )
        credentials = Credentials(
            hasher.hash(typed.password.text),
            self._sealer.seal(enrolment.code_secret, account.id.encode()),
            step if step is not None else -1,
        )
        made = AccountMade(login=login, role=account.role.value, invited_by=enrolment.invitation.invited_by)
        self._book.make(key_of(token), account, credentials, Entry(made))
        return account

    def _is_of_an_authority(self, login: str) -> bool:
        found = self._book.find(login)
        return login.startswith(VIEWER_PREFIX) or (found is not None and found[0].role is Role.AUTHORITY_VIEWER)

    def _invite(
        self, login: str, role: Role, by: Actor, *, expires_at: datetime | None = None, case_id: str = ""
    ) -> str:
        token = new_token(self._random)
        invitation = Invitation(login, role, self._clock.now() + INVITATION, by.id, expires_at, case_id)
        sealed = self._sealer.seal(self._random(_SECRET_BYTES), key_of(token).encode())
        event = Invited(actor=by.id, login=login, role=role.value, until=invitation.until)
        self._book.invite(key_of(token), invitation, sealed, Entry(event))
        return token

    def _must_be_open(self, invitation: Invitation | None) -> None:
        if fault := judge_invitation(invitation, accounts=self._book.count(), now=self._clock.now()):
            raise ComplianceError(
                fault, remedy="ask an administrator for a new link, or restart the node for the first one"
            )


def _must_be_of_another(login: str, by: Actor) -> None:
    if login == plain_login(by.id):
        raise ComplianceError(
            "nobody changes or closes their own account", where=login, remedy="ask another administrator"
        )
