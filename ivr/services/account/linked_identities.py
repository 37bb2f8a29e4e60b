"""Identities at a provider: linked with password and code, unlinked, and signed in with.

A browser leaves with a token in a cookie; from it are made what the provider is sent (`state`, `nonce`, PKCE), so that
the answer is good in that browser alone, and nothing in the database or the addresses lets anybody make one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ivr.domain.account.account import Account
from ivr.domain.account.id_token import (
    Expected,
    IdToken,
    TokenVerdict,
    factors_of,
    judge_id_token,
    shown_name,
    subject_of,
)
from ivr.domain.account.linked_identity import JOURNEY, MOST, LinkedIdentity, identity_key
from ivr.domain.account.session import Session
from ivr.domain.evidence.events.console import IdentityLinked, IdentityUnlinked
from ivr.domain.text.told import Told
from ivr.services.account.sign_in import Attempt, Entered, Proven, Refused, SignIn
from ivr.services.account.token import key_of, new_token
from ivr.services.ports.evidence import Entry
from ivr.services.ports.openid import Errand, IdentityBook, IdentityProvider, Rejected
from ivr.services.ports.runtime import Clock

#: Characters of a code, and of what else comes back.
_LONGEST = 2048


@dataclass(frozen=True)
class Terms:
    """What the house asks of the provider. `shown_claim` is what calls a person on their own page, and nothing else."""

    client_id: str
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    shown_claim: str = "preferred_username"


@dataclass(frozen=True)
class Departure:
    """Where the browser is sent, and what it keeps so that it alone can come back."""

    url: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True)
class Return:
    """What the browser came back with (RFC 6749, RFC 9207); nothing of it is proven. Empty: not there."""

    state: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    issuer: str = ""
    error: str = ""


@dataclass(frozen=True)
class Stray:
    """Not the answer to what this browser was sent for: used before, too late, or of another one."""


@dataclass(frozen=True)
class Declined:
    """The provider says that the person did not sign in there, or may not."""


@dataclass(frozen=True)
class Disbelieved:
    """What came back does not prove who signed in: why, for the log."""

    why: tuple[str, ...]


@dataclass(frozen=True)
class Proposed:
    """It is this person's identity at the provider; their session is asked whether to link it."""


Outcome = Entered | Refused | Proposed | Stray | Declined | Disbelieved


class LinkedIdentities:
    def __init__(
        self,
        book: IdentityBook,
        provider: IdentityProvider,
        sign_in: SignIn,
        clock: Clock,
        *,
        terms: Terms,
        tags_key: bytes,
        random: Callable[[int], bytes],
    ) -> None:
        """`tags_key` is what identities are named by in the database and in the evidence."""
        self._book = book
        self._provider = provider
        self._sign_in = sign_in
        self._clock = clock
        self._terms = terms
        self._tags_key = tags_key
        self._random = random

    def of(self, session: Session) -> list[LinkedIdentity]:
        """This person's, oldest first."""
        return self._book.of(session.account.id)

    # ---- leaving for the provider

    def leave_to_sign_in(self) -> Departure:
        """Whoever wants to sign in is nobody yet. Raises ProviderAway."""
        return self._departure(linking="")

    def leave_to_link(self, session: Session, proof: Attempt) -> Departure | Told | Refused:
        """Return where the browser is sent; else that there are enough, or that the proof failed. Raises ProviderAway.

        A failed proof counts as a failed sign-in does: a session that somebody took over links no identity.
        """
        account = session.account
        if len(self._book.of(account.id)) >= MOST:
            return _TOO_MANY
        proven = self._sign_in.prove(Attempt(account.login, proof.password, proof.code, proof.device))
        if isinstance(proven, Refused):
            return proven
        return self._departure(linking=_linking(session, proven.password_hash))

    def _departure(self, *, linking: str) -> Departure:
        token = new_token(self._random)
        # Linking: whoever sits there is asked by the provider, not whoever signed in there last.
        errand = Errand(_state(token), _nonce(token), _challenge(_verifier(token)), again=bool(linking))
        directions = self._provider.directions(errand)
        now = self._clock.now()
        kept = {"linking": linking, "named": directions.names_itself, "left": now.timestamp()}
        self._book.put(_journey(token), json.dumps(kept).encode(), now + JOURNEY)
        return Departure(directions.url, token)

    # ---- coming back

    def come_back(self, token: str, back: Return, device: str) -> Outcome:
        """Begin a session, propose a link, or refuse. Raises ProviderAway, and then the answer is used up, too."""
        if not token or not hmac.compare_digest(back.state.encode("utf-8", "replace"), _state(token).encode()):
            # Somebody else's answer in this browser: what it is waiting for is left alone.
            return Stray()
        kept = self._book.take(_journey(token), self._clock.now())
        if kept is None:
            return Stray()
        journey: dict[str, Any] = json.loads(kept)
        if back.issuer != self._provider.issuer and (back.issuer or journey["named"]):
            return Disbelieved(("the answer is of another issuer",))
        if back.error:
            return Declined()
        if not back.code or not back.code.isascii() or not back.code.isprintable() or len(back.code) > _LONGEST:
            return Disbelieved(("the answer has no code",))
        found = self._provider.redeem(back.code, _verifier(token))
        if isinstance(found, Rejected):
            return Disbelieved((found.why,))
        terms = self._terms
        since = datetime.fromtimestamp(journey["left"], UTC) if journey["linking"] else None
        expected = Expected(self._provider.issuer, terms.client_id, _nonce(token), terms.acr, terms.amr, since)
        verdict = judge_id_token(found, expected, self._clock.now())
        if not verdict.accepted and (journey["linking"] or not verdict.only_too_weak):
            return Disbelieved(tuple(fault.value for fault in verdict.faults))
        if journey["linking"]:
            return self._propose(found, str(journey["linking"]))
        return self._enter(found, verdict, device)

    def _enter(self, token: IdToken, verdict: TokenVerdict, device: str) -> Entered | Refused:
        """An identity that nobody has linked is refused as the one of an account that is closed."""
        key = self._key(token)
        found = self._book.find(key)
        account = found[0] if found else None
        # Before the link is used: whoever changes the password in between takes the link with it.
        password = self._sign_in.password_hash(account) if account else ""

        def prove() -> Account | str | None:
            now = self._clock.now()
            if account is None or not account.is_open(now):
                return None
            if not verdict.accepted:
                return "method"
            return account if self._book.used(key, account.id, now) else None

        # Nobody guesses what a provider signs, and the cookie of the browser does not come along from its pages: were
        # failures of the login to count, whoever makes them keeps the holder out.
        login = account.login if account else ""
        proven = self._sign_in.counted(login, account, device, prove, apart=f"identity {key}")
        if isinstance(proven, Refused):
            return proven
        return self._sign_in.enter(Proven(proven, password), device, factors_of(token.claims))

    def _propose(self, token: IdToken, linking: str) -> Proposed:
        """Keep it for the session that has proven both factors: the browser came from elsewhere, and shows none yet."""
        kept = {"key": self._key(token), "name": shown_name(token.claims, self._terms.shown_claim)}
        self._book.put(linking, json.dumps(kept).encode(), self._clock.now() + JOURNEY)
        return Proposed()

    def _key(self, token: IdToken) -> str:
        return identity_key(self._tags_key, self._provider.issuer, subject_of(token.claims))

    # ---- linking and unlinking one's own

    def proposed(self, session: Session) -> LinkedIdentity | None:
        """Return what this person may link now; None: nothing, or no more."""
        linking = _linking(session, self._sign_in.password_hash(session.account))
        return self._proposal(session, self._book.waiting(linking, self._clock.now()))

    def link(self, session: Session) -> Told | None:
        """Link what was proposed; else what is wrong. The proposal is used up either way.

        It was made for the password that was proven: with another one there is none.
        """
        account, password = session.account, self._sign_in.password_hash(session.account)
        identity = self._proposal(session, self._book.take(_linking(session, password), self._clock.now()))
        if identity is None:
            return Told("There is no identity to link, or it came too late: begin again.")
        event = IdentityLinked(actor=account.login, role=account.role.value, identity=identity.key)
        return None if self._book.add(identity, MOST, password, Entry(event)) else _TOO_MANY

    def unlink(self, session: Session, key: str) -> bool:
        """False when this person has no such identity."""
        account = session.account
        event = IdentityUnlinked(actor=account.login, role=account.role.value, identity=key)
        return self._book.remove(account.id, key, Entry(event))

    def _proposal(self, session: Session, kept: bytes | None) -> LinkedIdentity | None:
        if kept is None:
            return None
        found: dict[str, str] = json.loads(kept)
        return LinkedIdentity(
            found["key"], session.account.id, self._provider.issuer, found["name"], self._clock.now()
        )  # fmt: skip


_TOO_MANY = Told(f"This identity is linked already, or there are {MOST}: unlink one that you use no more.")


def _linking(session: Session, password_hash: str) -> str:
    return key_of(f"link an identity in {session.key} by {password_hash}")


def _journey(token: str) -> str:
    return key_of(f"journey to the provider {token}")


def _state(token: str) -> str:
    return key_of(f"state {token}")


def _nonce(token: str) -> str:
    return key_of(f"nonce {token}")


def _verifier(token: str) -> str:
    return key_of(f"verifier {token}")


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
