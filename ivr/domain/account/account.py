"""Who may sign in to the console. An account belongs to one person and has one role; a closed one opens nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ivr.domain.access import Actor, Role
from ivr.domain.text.told import Told

#: How long a one-time link makes an account.
INVITATION = timedelta(hours=24)
#: How the logins of authorities' accounts begin, and no other: the desk makes them.
VIEWER_PREFIX = "autorite-"
_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")


class AccountState(Enum):
    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


@dataclass(frozen=True)
class Account:
    """`expires_at`: from then on it opens nothing; `case_id` the one request of an authority that it is of."""

    id: str
    login: str
    role: Role
    state: AccountState
    made_at: datetime
    expires_at: datetime | None = None
    case_id: str = ""

    @property
    def actor(self) -> Actor:
        return Actor(self.login, self.role)

    def is_open(self, now: datetime) -> bool:
        """Whether it may still be signed in to."""
        return self.state is AccountState.ACTIVE and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        """Whether its own time has run out."""
        return self.expires_at is not None and now >= self.expires_at


@dataclass(frozen=True)
class Invitation:
    """What a one-time link stands for. `login` empty: whoever opens it chooses one (the first account).

    `expires_at` and `case_id` are those of the account that is made with it.
    """

    login: str
    role: Role
    until: datetime
    invited_by: str
    expires_at: datetime | None = None
    case_id: str = ""


def plain_login(typed: str) -> str:
    """Return the login as it is kept: without the spaces around it, in lower case."""
    return typed.strip().lower()


def judge_login(login: str) -> Told | None:
    """Say what is wrong with a login, or nothing."""
    if _LOGIN.fullmatch(login):
        return None
    return Told(
        "A login has 1 to 63 plain letters, digits, dots or dashes, and begins and ends with a letter or a digit."
    )


def judge_invitation(invitation: Invitation | None, *, accounts: int, now: datetime) -> Told | None:
    """Say why a one-time link makes no account (any more), or nothing. `accounts` is how many there are."""
    if invitation is None or now >= invitation.until:
        return Told("This link is not valid, or no longer: ask for another one.")
    if not invitation.login and accounts:
        return Told("The first account exists already: its holder invites the others.")
    return None
