"""Which reports of calls may be shown: those whose time is not over. A hold keeps a report, and opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: No report is kept for longer.
_LONGEST: Final = timedelta(days=36_525)
#: The report of a call may end by a calendar day before that of an earlier one: 29 and 28 February.
_SLACK: Final = timedelta(days=2)
_NEAR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class ReportTerm:
    """Of calls that began before `oldest` no report may be shown at `now`, of those from `sure` on each may be."""

    now: datetime
    due: Callable[[datetime], datetime]
    oldest: datetime
    sure: datetime

    @classmethod
    def at(cls, now: datetime, due: Callable[[datetime], datetime]) -> ReportTerm:
        """`due` returns when the report of a call that began then ends. It is asked a few dozen times."""
        over, kept = now - _LONGEST, now
        while kept - over > _NEAR:
            middle = over + (kept - over) / 2
            if due(middle) > now:
                kept = middle
            else:
                over = middle
        return cls(now, due, over - _SLACK, kept + _SLACK)

    def holds(self, began: datetime) -> bool:
        """Whether the report of a call that began then may be shown."""
        return began >= self.sure or self.due(began) > self.now
