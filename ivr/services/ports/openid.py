"""Ports of signing in through an identity provider (OpenID Connect): who keeps links, and who asks the provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ivr.domain.account.account import Account
from ivr.domain.account.id_token import IdToken
from ivr.domain.account.linked_identity import LinkedIdentity
from ivr.errors import HostError
from ivr.services.ports.evidence import Entry


class ProviderAway(HostError):
    """Raised when the provider does not answer in time, or not as it must: other ways in still work."""


class IdentityBook(Protocol):
    """Linked identities, and what waits for a browser to come back. What takes an `Entry` writes it in one transaction.

    What waits is kept under a key that is a digest of what that browser alone holds, or of its session.
    """

    def of(self, account_id: str) -> list[LinkedIdentity]:
        """Oldest first."""
        ...

    def find(self, key: str) -> tuple[Account, LinkedIdentity] | None:
        """With its account as it is now."""
        ...

    def add(self, identity: LinkedIdentity, most: int, password_hash: str, entry: Entry) -> bool:
        """False, and nothing is written, when it is linked already, to whomever, or `most` are to this account.

        Raises ComplianceError when the account is closed, or has not this password any more.
        """
        ...

    def remove(self, account_id: str, key: str, entry: Entry) -> bool:
        """False, and nothing is written, when this account has no such identity."""
        ...

    def used(self, key: str, account_id: str, at: datetime) -> bool:
        """Note that it let somebody in; False when it is linked to this account no more."""
        ...

    def put(self, key: str, waiting: bytes, until: datetime) -> None:
        """Keep it in place of an earlier one for the same `key`."""

    def waiting(self, key: str, now: datetime) -> bytes | None:
        """None when there is none, or no more."""
        ...

    def take(self, key: str, now: datetime) -> bytes | None:
        """Return and forget it: of two who ask at once one gets it. None when there is none, or no more."""
        ...


@dataclass(frozen=True)
class Errand:
    """What a browser is sent to the provider with. `again`: the person is asked who they are even if they just were,
    and the ID token says when that was."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    challenge: str = field(repr=False)
    again: bool = False


@dataclass(frozen=True)
class Directions:
    """Where the browser is sent, and whether the provider has said that its answers name it (RFC 9207)."""

    url: str = field(repr=False)
    names_itself: bool


@dataclass(frozen=True)
class Rejected:
    """What the provider gave for a code is no ID token of its own: why, for the log."""

    why: str


class IdentityProvider(Protocol):
    """One provider, asked within a few seconds in all. Raises ProviderAway when it does not answer."""

    @property
    def issuer(self) -> str: ...

    def directions(self, errand: Errand) -> Directions: ...

    def redeem(self, code: str, verifier: str) -> IdToken | Rejected:
        """Return what the provider gives for a code, its signature checked."""
        ...


class TokenReader(Protocol):
    """Reads ID tokens; whatever is wrong with a token makes it a `Rejected`, an unknown key `UnknownKey`."""

    def read(self, token: str, keys: Sequence[object], algorithms: Sequence[str]) -> IdToken | Rejected:
        """`keys` are JSON web keys as the provider publishes them (RFC 7517)."""
        ...


@dataclass(frozen=True)
class UnknownKey(Rejected):
    """Signed by a key that is not among those known: the provider may have made another one since."""
