"""Tokens of the API: made by a person who proves both factors again, shown once, kept as digests, withdrawn.

The evidence says that one was made, the first use of each day (UTC), and its end; what is done by it stands there as
what is done on a page does. With its account, or its password, a token ends in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivr.domain.access import AccessPolicy, Action
from ivr.domain.account.account import Account
from ivr.domain.account.api_token import PREFIX, ApiToken, TokenEnd, is_good, judge_token, token_end, used_today
from ivr.domain.account.session import Session
from ivr.domain.evidence.events.console import TokenEnded, TokenMade, TokenUsed
from ivr.domain.text.told import Told
from ivr.errors import ArchiveError
from ivr.services.account.sign_in import Attempt, Refused, SignIn
from ivr.services.account.token import key_of, new_token
from ivr.services.ports.accounts import TokenBook
from ivr.services.ports.evidence import Entry
from ivr.services.ports.runtime import Clock

_BATCH = 100


@dataclass(frozen=True)
class TokenWish:
    """What somebody typed who wants a token, and what their browser keeps. `password` and `code` prove the account."""

    name: str
    scopes: Collection[Action]
    days: int
    password: str = field(repr=False)
    code: str = field(repr=False)
    device: str = field(default="", repr=False)


@dataclass(frozen=True)
class MadeToken:
    """`text` is what the program bears: nobody is shown it again."""

    token: ApiToken
    text: str = field(repr=False)


class ApiTokens:
    def __init__(
        self,
        book: TokenBook,
        sign_in: SignIn,
        clock: Clock,
        *,
        policy: AccessPolicy,
        longest: timedelta,
        random: Callable[[int], bytes],
        new_id: Callable[[], str],
    ) -> None:
        """`longest`: how long one lives at most; nothing: the house gives out none, and takes none."""
        self._book = book
        self._sign_in = sign_in
        self._clock = clock
        self._policy = policy
        self._longest = longest
        self._random = random
        self._new_id = new_id

    @property
    def longest(self) -> timedelta:
        return self._longest

    def make(self, session: Session, wish: TokenWish) -> MadeToken | Told | Refused:
        """Make a token, or say what is wrong with the wish, or that the proof failed; that counts as at sign-in.

        Raises ComplianceError when the password has been changed since it was proven.
        """
        account, name = session.account, " ".join(wish.name.split())
        if account.expires_at is not None:
            return Told("An account that ends by itself has no tokens.")
        rights = self._policy.actions.get(account.role, frozenset())
        held = len(self._book.of(account.id))
        if fault := judge_token(name, wish.scopes, wish.days, rights=rights, longest=self._longest, held=held):
            return fault
        proven = self._sign_in.prove(Attempt(account.login, wish.password, wish.code, wish.device))
        if isinstance(proven, Refused):
            return proven
        text, now = PREFIX + new_token(self._random), self._clock.now()
        until = now + timedelta(days=wish.days)
        token = ApiToken(key_of(text), self._new_id(), account, name, frozenset(wish.scopes), now, until)
        event = TokenMade(
            actor=account.login,
            role=account.role.value,
            token_id=token.id,
            scopes=tuple(sorted(scope.value for scope in token.scopes)),
            until=until,
        )
        self._book.add(token, proven.password_hash, Entry(event))
        return MadeToken(token, text)

    def of(self, account: Account) -> list[ApiToken]:
        """This person's, the last made first; those that ended are not among them."""
        now = self._clock.now()
        return [one for one in self._book.of(account.id) if is_good(one, now)]

    def withdraw(self, account: Account, token_id: str) -> ApiToken:
        """End one of this person's, and return what it was. Raises ArchiveError when they have no such token."""
        found = next((one for one in self._book.of(account.id) if one.id == token_id), None)
        if found is None or not self._end(found, TokenEnd.ASKED):
            raise ArchiveError("there is no such token", remedy="see the list of your tokens")
        return found

    def resume(self, text: str) -> ApiToken | None:
        """Return the token that a program bears, with its account as it is now; None for one that is good no more."""
        if not self._longest or not text.startswith(PREFIX):
            return None
        found, now = self._book.token(key_of(text)), self._clock.now()
        if found is None or not is_good(found, now):
            if found is not None and (why := token_end(found, now)):
                self._end(found, why)
            return None
        if not used_today(found, now):
            self._note_use(found, now)
        return found

    def still(self, token: ApiToken) -> bool:
        """Whether it is good now, for what goes on after it was asked for; noted nowhere."""
        found = self._book.token(token.key)
        return found is not None and is_good(found, self._clock.now())

    def sweep(self) -> int:
        """End what ran out, so that the evidence says when; return how many."""
        found = self._book.expired(self._clock.now(), limit=_BATCH)
        return sum(self._end(one, TokenEnd.EXPIRED) for one in found)

    def _note_use(self, token: ApiToken, now: datetime) -> None:
        account = token.account
        event = TokenUsed(actor=account.login, role=account.role.value, token_id=token.id)
        self._book.used(token.key, now, Entry(event))

    def _end(self, token: ApiToken, why: TokenEnd) -> bool:
        account = token.account
        event = TokenEnded(actor=account.login, role=account.role.value, token_id=token.id, why=why.value)
        return self._book.remove(token.key, Entry(event))
