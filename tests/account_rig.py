"""Accounts on a database of their own: an administrator with password and code, on a clock that a test moves."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta

from ivr.domain.access import Actor, Role
from ivr.domain.account.session import SessionBounds
from ivr.services.account.invitations import Enrolling, Invitations
from ivr.services.account.new_password import NewPassword
from ivr.services.account.own_account import OwnAccount
from ivr.services.account.sessions import Sessions
from ivr.services.account.sign_in import Attempt, Entered, SignIn
from ivr.storage.accounts import SqlAccounts
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from tests.fakes.accounts import SEALER, FakeCodes, FakeHasher, Random, code_of
from tests.fakes.vault import TickingClock

BOUNDS = SessionBounds(idle=timedelta(minutes=30), longest=timedelta(hours=12))
PASSWORD = "correct horse battery"
ADMIN = Actor("admin", Role.ADMINISTRATOR)
OTHER_ADMIN = Actor("boris", Role.ADMINISTRATOR)


@dataclass
class AccountRig:
    database: Database
    clock: TickingClock = field(default_factory=TickingClock)
    hasher: FakeHasher = field(default_factory=FakeHasher)
    codes: FakeCodes = field(default_factory=FakeCodes)

    def __post_init__(self) -> None:
        numbers = itertools.count()
        self.random = random = Random()
        self.secrets: dict[str, bytes] = {}
        self.audit = SqlAuditLog(self.database, node_id="node-1", clock=self.clock)
        self.book = SqlAccounts(self.database, self.audit)
        self.sessions = Sessions(self.book, self.clock, bounds=BOUNDS)
        self.invitations = Invitations(
            self.book, SEALER, self.clock, random=random, new_id=lambda: f"account-{next(numbers)}"
        )
        self.sign_in = SignIn(self.book, self.audit, self.hasher, self.codes, SEALER, self.clock, random=random)
        self.own = OwnAccount(self.book, self.sign_in, self.hasher)

    def step(self) -> int:
        return int(self.clock.at.timestamp()) // 30

    def typed(self, secret: bytes, login: str = "", password: str = PASSWORD, again: str = "") -> Enrolling:
        return Enrolling(login, NewPassword(password, again or password), code_of(secret, self.step()))

    def enrol(self, token: str, login: str = "") -> str:
        """Make the account of a link and return its login."""
        secret = self.invitations.open(token).code_secret
        made = self.invitations.enrol(token, self.typed(secret, login), self.hasher, self.codes)
        assert not isinstance(made, str), made
        self.secrets[made.login] = secret
        return made.login

    def code(self) -> str:
        """A code of the administrator's that was not used yet."""
        self.clock.at += timedelta(seconds=30)
        return self.code_now()

    def code_now(self, ahead: int = 0) -> str:
        return code_of(self.secrets["admin"], self.step() + ahead)

    def attempt(self, password: str = PASSWORD, code: str = "", device: str = "", login: str = "admin") -> object:
        return self.sign_in.attempt(Attempt(login, password, code or self.code(), device))

    def entered(self, device: str = "") -> Entered:
        found = self.attempt(device=device)
        assert isinstance(found, Entered)
        return found

    def told(self) -> list[str]:
        return [event.kind for event in self.audit.events()]
