"""Sessions: looked up with each request, ended by their bounds, by whoever signs out, or with their account."""

from __future__ import annotations

from datetime import timedelta

from ivr.domain.account.session import Session, SessionBounds, SessionEnd, session_end
from ivr.domain.account.throttle import FORGOTTEN
from ivr.domain.evidence.events.console import PurposeChosen, SessionEnded
from ivr.services.account.token import key_of
from ivr.services.ports.accounts import AccountBook
from ivr.services.ports.evidence import Entry
from ivr.services.ports.runtime import Clock

#: Noting each request would be a write each; this much earlier a session may end.
_SEEN_EVERY = timedelta(seconds=30)
_BATCH = 100


class Sessions:
    def __init__(self, book: AccountBook, clock: Clock, *, bounds: SessionBounds) -> None:
        self._book = book
        self._clock = clock
        self._bounds = bounds

    def resume(self, token: str) -> Session | SessionEnd | None:
        """Return the session of a token, or why it has just ended; None: there is none, or no more."""
        found = self._book.session(key_of(token)) if token else None
        if found is None:
            return None
        now = self._clock.now()
        ended = session_end(found, now, self._bounds)
        if ended is not None:
            self._end(found, ended)
            return ended
        if now - found.seen_at >= _SEEN_EVERY:
            self._book.seen(found.key, now)
        return found

    def still(self, token: str) -> Session | SessionEnd | None:
        """As `resume`, for a page that is open: it neither ends the session nor counts as a request in it."""
        found = self._book.session(key_of(token)) if token else None
        return (session_end(found, self._clock.now(), self._bounds) or found) if found else None

    def choose_purpose(self, session: Session, purpose: str, reason: str) -> None:
        """What is sensitive is opened for this purpose, from the next request on."""
        account = session.account
        event = PurposeChosen(actor=account.login, role=account.role.value, purpose=purpose, reason=reason)
        self._book.choose(session.key, purpose, reason, Entry(event))

    def sign_out(self, session: Session) -> None:
        self._end(session, SessionEnd.ASKED)

    def leave(self, token: str) -> Session | None:
        """End the session of a token, if there is one, and return it: who signs in again has left it."""
        found = self._book.session(key_of(token)) if token else None
        if found is not None:
            self._end(found, session_end(found, self._clock.now(), self._bounds) or SessionEnd.ASKED)
        return found

    def sweep(self) -> int:
        """End the sessions that nobody came back to, so that the evidence says when; return how many."""
        now = self._clock.now()
        self._book.forget_before(now - FORGOTTEN, now=now)
        found = self._book.stale(
            began_before=now - self._bounds.longest, seen_before=now - self._bounds.idle, over_at=now, limit=_BATCH
        )
        for session in found:
            self._end(session, session_end(session, now, self._bounds) or SessionEnd.IDLE)
        return len(found)

    def _end(self, session: Session, why: SessionEnd) -> None:
        account = session.account
        event = SessionEnded(actor=account.login, role=account.role.value, why=why.value)
        self._book.end(session.key, Entry(event))
