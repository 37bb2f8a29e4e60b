"""What programs of a person bear at the API: narrower than the person's role, and over within weeks. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ivr.domain.access import Action, Actor
from ivr.domain.account.account import Account
from ivr.domain.text.told import Told

#: What each begins with, so that whoever looks through files for secrets finds it.
PREFIX = "ivr_"
#: In characters.
LONGEST_NAME = 60
#: Of one account at once.
MOST = 20


class TokenEnd(Enum):
    """Why a token is over. With its account, or with its password, it goes without a word of its own."""

    ASKED = "asked"
    EXPIRED = "expired"


@dataclass(frozen=True)
class ApiToken:
    """`key` is the digest of what the program holds; `id` names it to people. `used_at`: first use of its last day."""

    key: str
    id: str
    account: Account
    name: str
    scopes: frozenset[Action]
    made_at: datetime
    until: datetime
    used_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """Who acts by it: its person, with no more rights than it was given."""
        return Actor(self.account.login, self.account.role, self.scopes)


def judge_token(
    name: str, scopes: Collection[Action], days: int, *, rights: Collection[Action], longest: timedelta, held: int
) -> Told | None:
    """Say what is wrong with a token that somebody asks for, or nothing.

    `rights` are those of their role, `longest` how long one may live, `held` how many they have.
    """
    if not longest:
        return Told("This house gives out no tokens.")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return Told(f"A token has a name of 1 to {LONGEST_NAME} characters.")
    if not scopes:
        return Told("Choose at least one right.")
    if not set(scopes) <= set(rights):
        return Told("A token has no right that its person does not have.")
    if not 1 <= days <= longest.days:
        return Told(f"A token lives from 1 to {longest.days} days.")
    if held >= MOST:
        return Told(f"There are {MOST} tokens already: withdraw one first.")
    return None


def token_end(token: ApiToken, now: datetime) -> TokenEnd | None:
    """Return why the token is over, or nothing while it is good."""
    return TokenEnd.EXPIRED if now >= token.until else None


def is_good(token: ApiToken, now: datetime) -> bool:
    return token_end(token, now) is None and token.account.is_open(now)


def used_today(token: ApiToken, now: datetime) -> bool:
    """Whether its use on this day (UTC) stands in the evidence already."""
    return token.used_at is not None and token.used_at.date() >= now.date()
