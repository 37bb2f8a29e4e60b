"""Passkeys: added with password and code, removed, and signed in with, the device having verified the person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.domain.account.account import Account
from ivr.domain.account.passkey import CHALLENGE, MOST, Passkey, counts_on, judge_name, passkey_key
from ivr.domain.account.session import Session
from ivr.domain.evidence.events.console import PasskeyAdded, PasskeyRemoved
from ivr.domain.text.told import Told
from ivr.services.account.sign_in import Attempt, Entered, Proven, Refused, SignIn
from ivr.services.account.token import key_of, new_token
from ivr.services.ports.evidence import Entry
from ivr.services.ports.passkeys import Claim, PasskeyBook, PasskeyCeremonies
from ivr.services.ports.runtime import Clock

FACTORS = ("passkey", "user_verification")
_CHALLENGE_BYTES = 32
#: No account is called so: it has a space.
_NOBODY = "passkey "


@dataclass(frozen=True)
class Asked:
    """What a browser is asked, as JSON, and what it keeps so that it alone can answer (empty: its session does)."""

    options: str
    token: str = field(default="", repr=False)


class Passkeys:
    def __init__(
        self,
        book: PasskeyBook,
        ceremonies: PasskeyCeremonies,
        sign_in: SignIn,
        clock: Clock,
        *,
        random: Callable[[int], bytes],
    ) -> None:
        self._book = book
        self._ceremonies = ceremonies
        self._sign_in = sign_in
        self._clock = clock
        self._random = random

    @property
    def usable(self) -> bool:
        """Whether browsers allow passkeys at the console's address."""
        return self._ceremonies.usable

    def of(self, session: Session) -> list[Passkey]:
        """This person's, oldest first."""
        return self._book.of(session.account.id)

    # ---- adding and removing one's own

    def ask_to_add(self, session: Session, name: str, proof: Attempt) -> Asked | Told | Refused:
        """Return what the browser is asked; else what is wrong with the name, or that the proof failed.

        A failed proof counts as a failed sign-in does: a session that somebody took over adds no passkey.
        """
        account, there = session.account, self._book.of(session.account.id)
        if fault := judge_name(name) or (_TOO_MANY if len(there) >= MOST else None):
            return fault
        proven = self._sign_in.prove(Attempt(account.login, proof.password, proof.code, proof.device))
        if isinstance(proven, Refused):
            return proven
        return Asked(self._ceremonies.creation(self._challenge(_adding(session, proven.password_hash)), account, there))

    def add(self, session: Session, name: str, answer: str) -> Told | None:
        """Add what the browser made; else what is wrong. The challenge is used up either way.

        It was given for the password that was proven: with another one there is none.
        """
        now, password = self._clock.now(), self._sign_in.password_hash(session.account)
        challenge = self._book.take_challenge(_adding(session, password), now)
        made = self._ceremonies.created(answer, challenge) if challenge else None
        if fault := judge_name(name):
            return fault
        if made is None:
            return Told("The browser's answer is not good, or came too late: begin again.")
        account = session.account
        key = passkey_key(made.id)
        passkey = Passkey(key, account.id, made.id, made.public_key, made.sign_count, name, now)
        event = PasskeyAdded(actor=account.login, role=account.role.value, passkey=key)
        return None if self._book.add(passkey, MOST, password, Entry(event)) else _TOO_MANY

    def remove(self, session: Session, key: str) -> bool:
        """False when this person has no such passkey."""
        account = session.account
        event = PasskeyRemoved(actor=account.login, role=account.role.value, passkey=key)
        return self._book.remove(account.id, key, Entry(event))

    # ---- signing in

    def ask(self) -> Asked:
        """Whoever wants to sign in is nobody yet: the browser offers the passkeys that it has for the console."""
        token = new_token(self._random)
        return Asked(self._ceremonies.request(self._challenge(_entering(token))), token)

    def attempt(self, token: str, answer: str, device: str) -> Entered | Refused:
        """Begin a session, or refuse: replayed, unknown, of another account or too late are all told alike."""
        challenge = self._book.take_challenge(_entering(token), self._clock.now()) if token else None
        claim = self._ceremonies.claimed(answer)
        found = self._book.find(passkey_key(claim.credential_id)) if claim else None
        account = found[0] if found else None
        # Before the passkey is used: whoever changes the password in between takes the passkey with it.
        password = self._sign_in.password_hash(account) if account else ""
        counted_for = account.login if account else _NOBODY + passkey_key(claim.credential_id if claim else b"")

        def prove() -> Account | str | None:
            return self._proven(found, claim, answer, challenge) if found and claim and challenge else None

        proven = self._sign_in.counted(counted_for, account, device, prove)
        return proven if isinstance(proven, Refused) else self._sign_in.enter(Proven(proven, password), device, FACTORS)

    def _proven(
        self, found: tuple[Account, Passkey], claim: Claim, answer: str, challenge: bytes
    ) -> Account | str | None:
        account, passkey = found
        count = self._ceremonies.proven(answer, challenge, passkey.public_key)
        if count is None or claim.account_id != account.id or not account.is_open(self._clock.now()):
            return None
        if not counts_on(passkey.sign_count, count) or not self._book.used(passkey, count, self._clock.now()):
            return "counter"
        return account

    def _challenge(self, key: str) -> bytes:
        challenge = self._random(_CHALLENGE_BYTES)
        self._book.put_challenge(key, challenge, self._clock.now() + CHALLENGE)
        return challenge


_TOO_MANY = Told(f"This passkey is there already, or there are {MOST}: remove one that you use no more.")


def _adding(session: Session, password_hash: str) -> str:
    return key_of(f"add a passkey in {session.key} by {password_hash}")


def _entering(token: str) -> str:
    return key_of(f"sign in with a passkey from {token}")
