"""When a menu is open: a weekly table, exceptional days, and public holidays that are handed in. Pure; by wall clock.

Which days are public holidays is data: they are computed at the edge (`ivr/bootstrap/public_holidays.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from zoneinfo import ZoneInfo

#: Whose public holidays can close: of the whole of France; Moselle ('57') and Alsace ('6AE'), which have two more; the
#: departments and collectivities overseas.
REGIONS = ("FR", "57", "6AE", "971", "972", "973", "974", "976", "BL", "MF", "NC", "PF", "PM", "TF", "WF")


class Opening(Enum):
    """Why a menu is open or closed: by the week, an exceptional day, or a public holiday."""

    ALWAYS = "always"
    WEEK = "week"
    OUTSIDE_HOURS = "outside_hours"
    EXCEPTION = "exception"
    HOLIDAY = "holiday"


@dataclass(frozen=True)
class Span:
    """From `begins` up to, and without, `ends`; `ends` None: to the end of the day."""

    begins: time
    ends: time | None

    def holds(self, moment: time) -> bool:
        return self.begins <= moment and (self.ends is None or moment < self.ends)


@dataclass(frozen=True)
class OpeningHours:
    """`week` has the spans of Monday (0) to Sunday (6); a day without any is closed.

    `exceptions` win over public holidays, and those over the week. `region` says whose public holidays close: 'FR' for
    those of the whole of France, the code of a place that has more, or '' for none.
    """

    timezone: str
    week: Mapping[int, tuple[Span, ...]]
    exceptions: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    region: str = "FR"

    def day_of(self, at: datetime) -> date:
        """Return the local day of a moment, whose holidays are needed to decide."""
        return at.astimezone(ZoneInfo(self.timezone)).date()


@dataclass(frozen=True)
class OpeningDecision:
    """Whether a menu is open, why, and of a public holiday its name."""

    open: bool
    why: Opening
    holiday: str = ""


def decide_opening(hours: OpeningHours | None, at: datetime, holidays: Mapping[date, str]) -> OpeningDecision:
    """Say whether a menu is open at a moment, which is an aware time; `holidays` are those of the local year."""
    if hours is None:
        return OpeningDecision(True, Opening.ALWAYS)
    local = at.astimezone(ZoneInfo(hours.timezone))
    day, moment = local.date(), local.time()
    exceptional = hours.exceptions.get(day)
    if exceptional is not None:
        return OpeningDecision(_within(exceptional, moment), Opening.EXCEPTION)
    if hours.region and day in holidays:
        return OpeningDecision(False, Opening.HOLIDAY, holidays[day])
    if _within(hours.week.get(day.weekday(), ()), moment):
        return OpeningDecision(True, Opening.WEEK)
    return OpeningDecision(False, Opening.OUTSIDE_HOURS)


def _within(spans: tuple[Span, ...], moment: time) -> bool:
    return any(span.holds(moment) for span in spans)
