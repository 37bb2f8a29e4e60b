"""Ports of passkeys: where they are kept, and what browsers are asked and answer (WebAuthn 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ivr.domain.account.account import Account
from ivr.domain.account.passkey import Passkey
from ivr.services.ports.evidence import Entry


class PasskeyBook(Protocol):
    """Passkeys, and what waits for the answer of a browser. What takes an `Entry` writes it in the same transaction."""

    def of(self, account_id: str) -> list[Passkey]:
        """Oldest first."""
        ...

    def find(self, key: str) -> tuple[Account, Passkey] | None:
        """With its account as it is now."""
        ...

    def add(self, passkey: Passkey, most: int, password_hash: str, entry: Entry) -> bool:
        """False, and nothing is written, when there is this one already, or `most` of this account.

        Raises ComplianceError when the account is closed, or has not this password any more.
        """
        ...

    def remove(self, account_id: str, key: str, entry: Entry) -> bool:
        """False, and nothing is written, when this account has no such passkey."""
        ...

    def used(self, passkey: Passkey, count: int, at: datetime) -> bool:
        """Note what its device told; False when another use came between, or it is gone."""
        ...

    def put_challenge(self, key: str, challenge: bytes, until: datetime) -> None:
        """Keep it in place of an earlier one for the same `key`, which is a digest."""

    def take_challenge(self, key: str, now: datetime) -> bytes | None:
        """Return and forget it: of two who ask at once one gets it. None when there is none, or no more."""
        ...


@dataclass(frozen=True)
class NewCredential:
    """What a browser made, checked against what it was asked."""

    id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int


@dataclass(frozen=True)
class Claim:
    """Which passkey an answer says it comes from, and whose: nothing of it is proven yet."""

    credential_id: bytes = field(repr=False)
    account_id: str


class PasskeyCeremonies(Protocol):
    """What is told to browsers and read from them, as JSON. Whatever is wrong with an answer makes it None."""

    @property
    def usable(self) -> bool:
        """Whether browsers allow passkeys at the console's address."""
        ...

    def creation(self, challenge: bytes, account: Account, there: list[Passkey]) -> str:
        """What makes a browser ask for a new passkey on a device that has none of `there`."""
        ...

    def created(self, answer: str, challenge: bytes) -> NewCredential | None: ...

    def request(self, challenge: bytes) -> str:
        """What makes a browser offer the passkeys that it has for the console."""
        ...

    def claimed(self, answer: str) -> Claim | None: ...

    def proven(self, answer: str, challenge: bytes, public_key: bytes) -> int | None:
        """The count that the device told, when its signature is good and it has verified the person."""
        ...
