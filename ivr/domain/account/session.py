"""When a session ends by itself, and why access is asked for in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ivr.domain.account.account import Account, AccountState


class SessionEnd(Enum):
    """Why a session is over."""

    ASKED = "asked"
    IDLE = "idle"
    EXPIRED = "expired"
    CLOSED = "closed"
    OVER = "over"


@dataclass(frozen=True)
class SessionBounds:
    """`idle` without a request, and `longest` in all, end a session."""

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True)
class Session:
    """Somebody who has signed in. `purpose` is the one chosen for what is sensitive, empty before; `reason` its words.

    `key` names the session in the database: a digest, with which nobody signs in.
    """

    key: str
    account: Account
    began_at: datetime
    seen_at: datetime
    purpose: str = ""
    reason: str = ""


def session_end(session: Session, now: datetime, bounds: SessionBounds) -> SessionEnd | None:
    """Return why the session is over at `now`; nothing while it goes on. A clock that went back ends none early."""
    if session.account.state is not AccountState.ACTIVE:
        return SessionEnd.CLOSED
    if session.account.is_over(now):
        return SessionEnd.OVER
    if now - session.began_at >= bounds.longest:
        return SessionEnd.EXPIRED
    if now - session.seen_at >= bounds.idle:
        return SessionEnd.IDLE
    return None
