"""What people do with their own account: another password, and an end to their other sessions."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.domain.account.account import Account
from ivr.domain.account.session import Session, SessionEnd
from ivr.domain.evidence.events.console import PasswordChanged, SessionEnded
from ivr.domain.text.told import Told
from ivr.services.account.new_password import NewPassword
from ivr.services.account.sign_in import Attempt, Refused, SignIn
from ivr.services.ports.accounts import AccountBook, PasswordHasher
from ivr.services.ports.evidence import Entry


@dataclass(frozen=True)
class PasswordChange:
    """What somebody typed, and what their browser keeps. `current` and `code` prove the account once more."""

    current: str = field(repr=False)
    code: str = field(repr=False)
    new: NewPassword
    device: str = field(default="", repr=False)


class OwnAccount:
    def __init__(self, book: AccountBook, sign_in: SignIn, hasher: PasswordHasher) -> None:
        self._book = book
        self._sign_in = sign_in
        self._hasher = hasher

    def change_password(self, session: Session, change: PasswordChange) -> Told | Refused | None:
        """Change it, which ends whatever else opens the account; else what is wrong, or that the proof failed.

        A failed proof counts as a failed sign-in does: a session that somebody took over guesses no password.
        Raises ComplianceError when it was changed meanwhile.
        """
        account = session.account
        if fault := change.new.fault(account.login, self._hasher):
            return fault
        proven = self._sign_in.prove(Attempt(account.login, change.current, change.code, change.device))
        if isinstance(proven, Refused):
            return proven
        event = PasswordChanged(actor=account.login, role=account.role.value)
        hashed, ended = self._hasher.hash(change.new.text), _ended(account)
        self._book.change_password(
            account.id, proven.password_hash, hashed, Entry(event), keep=session.key, ended=ended
        )
        return None

    def sessions(self, account: Account) -> list[Session]:
        """All of this person's, latest first."""
        return self._book.sessions_of(account.id)

    def end_others(self, session: Session) -> int:
        """End every session of this person but this one; return how many."""
        others = [one for one in self.sessions(session.account) if one.key != session.key]
        return sum(self._book.end(one.key, _ended(session.account)) for one in others)


def _ended(account: Account) -> Entry:
    return Entry(SessionEnded(actor=account.login, role=account.role.value, why=SessionEnd.ASKED.value))
