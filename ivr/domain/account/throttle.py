"""How long whoever failed to sign in has to wait: slower and slower, never for good.

What is counted is not the account alone, or anybody could keep its holder out by failing on purpose: a browser from
which the holder has signed in before counts for itself (OWASP, "device cookies").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: So many failures cost nothing: people mistype.
FREE = 5
_FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=15)
#: After so long without a failure they are forgotten.
FORGOTTEN = timedelta(hours=24)


@dataclass(frozen=True)
class Failures:
    """How often it failed, the last time at `last_at`."""

    count: int
    last_at: datetime


def wait(failures: Failures | None, now: datetime) -> timedelta:
    """Return how long the next attempt must wait; nothing: it may be made now."""
    if failures is None or failures.count < FREE or now - failures.last_at >= FORGOTTEN:
        return timedelta()
    pause = min(_FIRST * (1 << min(failures.count - FREE, 20)), LONGEST)
    return max(failures.last_at + pause - now, timedelta())


def one_more(failures: Failures | None, now: datetime) -> Failures:
    """Return the failures with one more, at `now`."""
    before = failures.count if failures is not None and now - failures.last_at < FORGOTTEN else 0
    return Failures(before + 1, now)
