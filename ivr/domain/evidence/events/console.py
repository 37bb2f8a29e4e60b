"""Who may enter the console, who did, and who was refused. For the security officer, the DPO and the auditor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.events.base import Event


@dataclass(frozen=True, kw_only=True)
class Invited(Event, kind="account.invited"):
    """A one-time link was made, with which one account is made, or made anew; no login: the first account."""

    actor: str
    login: str
    role: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(Event, kind="account.invitation_withdrawn"):
    """Somebody took back a link that nobody had used yet: it makes no account any more."""

    actor: str
    login: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AccountMade(Event, kind="account.made"):
    """Somebody used the link: the account has a password and a second factor, in place of one of that login."""

    login: str
    role: str
    invited_by: str


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event, kind="account.password_changed"):
    """Somebody chose another password, after proving the old one and the second factor; other sessions, all
    tokens of the API, all passkeys and all links to identities at a provider ended."""

    actor: str
    role: str


@dataclass(frozen=True, kw_only=True)
class AccountClosed(Event, kind="account.closed"):
    """Somebody closed an account, or took back the invitation to one; its sessions, tokens, passkeys, linked
    identities and its link that was still out ended with it."""

    actor: str
    login: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AccountsListed(Event, kind="account.listed"):
    """Somebody was shown who has an account, and who is invited."""

    actor: str
    role: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PasskeyAdded(Event, kind="account.passkey_added"):
    """Somebody added a passkey to their account, after proving password and code; `passkey` is a digest of its id."""

    actor: str
    role: str
    passkey: str


@dataclass(frozen=True, kw_only=True)
class PasskeyRemoved(Event, kind="account.passkey_removed"):
    """Somebody removed a passkey from their account: it opens it no more."""

    actor: str
    role: str
    passkey: str


@dataclass(frozen=True, kw_only=True)
class IdentityLinked(Event, kind="account.identity_linked"):
    """Somebody linked their identity at the provider to their account, after proving password and code, and there:
    `identity` is a keyed hash of issuer and subject."""

    actor: str
    role: str
    identity: str


@dataclass(frozen=True, kw_only=True)
class IdentityUnlinked(Event, kind="account.identity_unlinked"):
    """Somebody unlinked an identity from their account: it opens it no more."""

    actor: str
    role: str
    identity: str


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event, kind="session.began"):
    """Somebody signed in: `factors` are those that were proven; after `oidc` come those that the provider names."""

    actor: str
    role: str
    factors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SignInDenied(Event, kind="session.denied"):
    """Somebody did not sign in to this account: `wrong` password, code or passkey, or `slowed` after too many of those.

    `counter`: the passkey's device counted no further, as a copy of it would. `over`: the account's time has run out.
    `method`: the provider did not ask for as much as the house wants.
    """

    actor: str
    why: str


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event, kind="session.ended"):
    """A session is over: `asked`, `idle`, `expired`, `closed` with its account, or `over` with its account's time."""

    actor: str
    role: str
    why: str


@dataclass(frozen=True, kw_only=True)
class PurposeChosen(Event, kind="session.purpose"):
    """Somebody said for which purpose, and why, what is sensitive is looked at from here on in this session."""

    actor: str
    role: str
    purpose: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TokenMade(Event, kind="token.made"):
    """Somebody made a token for a program, after proving both factors: its rights, and until when it is good."""

    actor: str
    role: str
    token_id: str
    scopes: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, kw_only=True)
class TokenUsed(Event, kind="token.used"):
    """A program bore the token for the first time on this day (UTC). What it did stands in its own events."""

    actor: str
    role: str
    token_id: str


@dataclass(frozen=True, kw_only=True)
class TokenEnded(Event, kind="token.ended"):
    """A token is over: `asked` by its person, or `expired`."""

    actor: str
    role: str
    token_id: str
    why: str
