"""Ports of the console's accounts: where they are kept, and what proves that somebody is who they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ivr.domain.account.account import Account, Invitation
from ivr.domain.account.api_token import ApiToken
from ivr.domain.account.session import Session
from ivr.domain.account.throttle import Failures
from ivr.services.ports.evidence import Entry


@dataclass(frozen=True)
class Credentials:
    """What an account proves itself with. `code_secret` is sealed; `used_step` is the last one-time code's, or -1."""

    password_hash: str = field(repr=False)
    code_secret: bytes = field(repr=False)
    used_step: int = -1


class AccountBook(Protocol):
    """Accounts, invitations, sessions and failures. `key` is always a digest of what a person holds, never that itself.

    What takes an `Entry` writes it into the evidence in the same transaction.
    """

    def count(self) -> int:
        """How many accounts there are, closed ones included."""
        ...

    def all(self) -> list[Account]:
        """By login."""
        ...

    def shown(self, entry: Entry) -> list[Account]:
        """`all`, once it is written down that somebody is shown it."""
        ...

    def find(self, login: str) -> tuple[Account, Credentials] | None: ...

    def invite(self, key: str, invitation: Invitation, code_secret: bytes, entry: Entry) -> None:
        """Keep an invitation in place of an earlier one for the same login."""

    def invitation(self, key: str) -> tuple[Invitation, bytes] | None:
        """With its sealed secret."""
        ...

    def invited(self, now: datetime) -> list[Invitation]:
        """Those that may still be used, by login."""
        ...

    def make(self, key: str, account: Account, credentials: Credentials, entry: Entry) -> None:
        """Use up the invitation `key`; an account of that login is replaced, and whatever opens it ends.

        Raises ComplianceError when the invitation is gone, or was for the first account and there is one.
        """

    def close(self, login: str, entry: Entry) -> None:
        """Close an account and take back its link, or that alone. Raises ArchiveError when there is neither.

        Whatever opens the account ends.
        """

    def withdraw(self, login: str, entry: Entry) -> None:
        """Take back an invitation and nothing else. Raises ArchiveError when there is none."""

    def end_viewer(self, login: str, entry: Entry) -> None:
        """Close an authority's account with its sessions, and take back its link; the entry is written in any case."""

    def change_password(
        self, account_id: str, proven: str, password_hash: str, entry: Entry, *, keep: str, ended: Entry
    ) -> None:
        """Raises ComplianceError when the account is closed, or has not the proven password (its hash) any more.

        Its tokens, passkeys and linked identities end, and every session but `keep`, each with an entry `ended`.
        """

    def use_step(self, account_id: str, step: int) -> bool:
        """Note that the one-time code of this step was used; False when it, or a later one, had been before."""
        ...

    def reserve(
        self, bucket: str, decide: Callable[[Failures | None], Failures | None]
    ) -> tuple[Failures | None, Failures | None]:
        """Note what `decide` makes of the failures of a bucket, nothing when it gives None, while nobody else may.

        Returns what was there and what it made of it: of attempts that come at once each sees the one before.
        """
        ...

    def forget_failures(self, bucket: str) -> None: ...

    def forget_before(self, at: datetime, *, now: datetime) -> None:
        """Forget failures whose last one is older, invitations that ran out before, challenges that have run out."""

    def begin(self, session: Session, proven: str, entry: Entry) -> None:
        """Raises ComplianceError when the account is closed, or has not the proven password (its hash) any more."""

    def session(self, key: str) -> Session | None:
        """With its account as it is now."""
        ...

    def sessions_of(self, account_id: str) -> list[Session]:
        """Latest first."""
        ...

    def seen(self, key: str, at: datetime) -> None: ...

    def choose(self, key: str, purpose: str, reason: str, entry: Entry) -> None: ...

    def end(self, key: str, entry: Entry) -> bool:
        """False, and nothing is written, when there is no such session any more."""
        ...

    def stale(self, *, began_before: datetime, seen_before: datetime, over_at: datetime, limit: int) -> list[Session]:
        """Sessions that ended without anybody asking, oldest first; those of accounts that are over by then too."""
        ...


class TokenBook(Protocol):
    """Tokens of the API, by the digest of what a program holds. What takes an `Entry` writes it in one transaction."""

    def add(self, token: ApiToken, password_hash: str, entry: Entry) -> None:
        """Raises ComplianceError when the account is closed, or has not this password any more."""

    def token(self, key: str) -> ApiToken | None:
        """With its account as it is now."""
        ...

    def of(self, account_id: str) -> list[ApiToken]:
        """The last made first, those that ran out among them."""
        ...

    def used(self, key: str, at: datetime, entry: Entry) -> bool:
        """Note the first use of a day (UTC); False, and nothing is written, when there was one on that day."""
        ...

    def remove(self, key: str, entry: Entry) -> bool:
        """False, and nothing is written, when there is no such token any more."""
        ...

    def expired(self, at: datetime, *, limit: int) -> list[ApiToken]:
        """Those that ran out by then, the oldest first."""
        ...


class PasswordHasher(Protocol):
    """Slow on purpose, and bounded in how many run at once. Blocking."""

    def hash(self, password: str) -> str: ...

    def verifies(self, hashed: str | None, password: str) -> bool:
        """With no hash it takes as long and is False: the time tells nobody which accounts there are."""
        ...

    def score(self, password: str, known: tuple[str, ...]) -> int:
        """How hard it is to guess, 0 to 4, for who knows these words of its owner."""
        ...


class OneTimeCodes(Protocol):
    """Time-based one-time codes (RFC 6238), six digits, one each 30 s."""

    def step_of(self, secret: bytes, code: str, now: datetime) -> int | None:
        """The step whose code this is, at most one before or after now's; None: none of them."""
        ...


class SecretSealer(Protocol):
    """Seals under the console's key. `device_key` authenticates what browsers keep."""

    @property
    def device_key(self) -> bytes: ...
    def seal(self, plain: bytes, bound: bytes) -> bytes: ...
    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Raises ArchiveError when it was changed, or is bound to something else."""
        ...
