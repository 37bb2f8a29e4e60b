"""Signing in: password and one-time code together, slower after failures; attempts at an account are evidence."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from ivr.domain.account.account import Account, plain_login
from ivr.domain.account.password import LONGEST
from ivr.domain.account.session import Session
from ivr.domain.account.throttle import Failures, one_more, wait
from ivr.domain.evidence.events.console import SignedIn, SignInDenied
from ivr.errors import ComplianceError
from ivr.services.account.token import key_of, new_token
from ivr.services.ports.accounts import AccountBook, Credentials, OneTimeCodes, PasswordHasher, SecretSealer
from ivr.services.ports.evidence import AuditLog, Entry
from ivr.services.ports.runtime import Clock

FACTORS = ("password", "totp")


@dataclass(frozen=True)
class Attempt:
    """What somebody typed, and what their browser keeps from an earlier time (empty: nothing)."""

    login: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    device: str = field(default="", repr=False)


@dataclass(frozen=True)
class Entered:
    """The session's token, and what the browser keeps so that failures elsewhere do not slow it down."""

    account: Account
    token: str = field(repr=False)
    device: str = field(repr=False)


@dataclass(frozen=True)
class Proven:
    """Who it was, and the hash of their password then: what is done on the strength of it asks that it is still so."""

    account: Account
    password_hash: str = field(repr=False)


@dataclass(frozen=True)
class Refused:
    """Nobody is told which of login, password and code was wrong. `retry` is when the next attempt may be made."""

    retry: timedelta


class SignIn:
    def __init__(
        self,
        book: AccountBook,
        audit: AuditLog,
        hasher: PasswordHasher,
        codes: OneTimeCodes,
        sealer: SecretSealer,
        clock: Clock,
        *,
        random: Callable[[int], bytes],
    ) -> None:
        self._book = book
        self._audit = audit
        self._hasher = hasher
        self._codes = codes
        self._sealer = sealer
        self._clock = clock
        self._random = random

    def attempt(self, attempt: Attempt) -> Entered | Refused:
        """Begin a session, or refuse. Blocking, and slow on purpose."""
        proven = self.prove(attempt)
        return proven if isinstance(proven, Refused) else self.enter(proven, attempt.device, FACTORS)

    def prove(self, attempt: Attempt) -> Proven | Refused:
        """Return the account whose password and code these are, or refuse. Blocking, and slow on purpose."""
        login = plain_login(attempt.login)[:64]
        found = self._book.find(login)
        account, hashed = (found[0], found[1].password_hash) if found else (None, "")
        proven = self.counted(login, account, attempt.device, lambda: self._proven(found, attempt))
        return proven if isinstance(proven, Refused) else Proven(proven, hashed)

    def password_hash(self, account: Account) -> str:
        """As it is now; empty: there is no such account any more."""
        found = self._book.find(account.login)
        return found[1].password_hash if found and found[0].id == account.id else ""

    def counted(
        self,
        login: str,
        account: Account | None,
        device: str,
        prove: Callable[[], Account | str | None],
        *,
        apart: str = "",
    ) -> Account | Refused:
        """Return the account that `prove` proves, or refuse: slower after failures, which stand in the evidence.

        `login` is what failures are counted for, `account` the one that is tried (None: there is none such). `prove`
        may tell what the evidence says of a failure; else it was `wrong`. `apart`: failures count for this alone, and
        neither those of the login nor those of a browser are looked at or forgotten.
        """
        bucket = _digest(f"apart {apart}") if apart else self._bucket(login, account, device)
        # Counted before it is tried: attempts that come at once would all be the first.
        before, after = self._book.reserve(bucket, self._count)
        now = self._clock.now()
        if after is None:
            return Refused(wait(before, now))
        found = prove()
        if not isinstance(found, Account):
            retry = wait(after, now)
            if account is not None:
                over = "over" if account.is_over(now) else "wrong"
                self._audit.append(SignInDenied(actor=login, why=found or ("slowed" if retry else over)))
            return Refused(retry)
        self._book.forget_failures(bucket)
        return found

    def _count(self, failures: Failures | None) -> Failures | None:
        now = self._clock.now()
        return None if wait(failures, now) else one_more(failures, now)

    def _proven(self, found: tuple[Account, Credentials] | None, attempt: Attempt) -> Account | None:
        """Return the account when both factors are right; both are looked at whatever the other one is."""
        hashed = found[1].password_hash if found else None
        # What nobody can have chosen is not worth hashing, and is no way to learn of accounts either.
        password = len(attempt.password) <= LONGEST and self._hasher.verifies(hashed, attempt.password)
        if found is None:
            return None
        account, credentials = found
        secret = self._sealer.open(credentials.code_secret, account.id.encode())
        step = self._codes.step_of(secret, attempt.code, self._clock.now())
        if not password or step is None or not account.is_open(self._clock.now()):
            return None
        return account if self._book.use_step(account.id, step) else None

    def enter(self, proven: Proven, device: str, factors: tuple[str, ...]) -> Entered | Refused:
        """Begin a session of whoever has proven these factors; refuse when the password has been changed meanwhile."""
        account, token, now = proven.account, new_token(self._random), self._clock.now()
        event = SignedIn(actor=account.login, role=account.role.value, factors=factors)
        try:
            self._book.begin(Session(key_of(token), account, now, now), proven.password_hash, Entry(event))
        except ComplianceError:
            self._audit.append(SignInDenied(actor=account.login, why="wrong"))
            return Refused(timedelta())
        kept = device if self._knows(account, device) else self._device_of(account, new_token(self._random))
        return Entered(account, token, kept)

    def _bucket(self, login: str, account: Account | None, device: str) -> str:
        """Failures of a browser that the holder has used count apart from those of everybody else."""
        whose = f"device {device}" if account is not None and self._knows(account, device) else f"login {login}"
        return _digest(whose)

    def _knows(self, account: Account, device: str) -> bool:
        made = self._device_of(account, device.partition(".")[0])
        return hmac.compare_digest(device.encode(), made.encode())

    def _device_of(self, account: Account, nonce: str) -> str:
        bound = f"{account.id} {nonce}".encode()
        return f"{nonce}.{hmac.new(self._sealer.device_key, bound, hashlib.sha256).hexdigest()}"


def _digest(whose: str) -> str:
    return hashlib.sha256(whose.encode()).hexdigest()
