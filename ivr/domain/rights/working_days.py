"""French working days, and where a period of months ends (regulation 1182/71, article 3).

Pure. The period ends on the day of the same number as the day it runs from, or on the last day of a month that has no
such day (2, c). An end on a Saturday, a Sunday or a public holiday moves to the next working day (4). Only holidays of
the whole of France count: a local one would move an end later than the law of the controller may.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from ivr.domain.profile import Profile
from ivr.errors import ComplianceError, nearest

_RULE = "TIM-002"
#: Days after Easter Sunday.
_MOVABLE = {"easter_monday": 1, "ascension_thursday": 39, "whit_monday": 50}
_SATURDAY = 5


@dataclass(frozen=True)
class WorkingDays:
    """The public holidays of a profile: `fixed` as month and day, `movable` as days after Easter Sunday."""

    fixed: frozenset[tuple[int, int]]
    movable: frozenset[int]

    def is_working(self, day: date) -> bool:
        if day.weekday() >= _SATURDAY or (day.month, day.day) in self.fixed:
            return False
        return (day - easter(day.year)).days not in self.movable

    def from_day(self, day: date) -> date:
        """Return `day`, or the first working day after it when it is none."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def months_after(self, day: date, months: int) -> date:
        """Return the last day of a period of `months` that runs from `day`: it may still be used to its end."""
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return self.from_day(date(year, month + 1, min(day.day, last)))


def working_days(profile: Profile) -> WorkingDays:
    """Read the holidays of rule TIM-002; raises ComplianceError for one that nobody can compute."""
    names = profile.names(_RULE, "movable")
    for name in names:
        if name not in _MOVABLE:
            raise ComplianceError(
                f"'{name}' is no holiday that can be computed", rules=(_RULE,), remedy=nearest(name, _MOVABLE)
            )
    fixed = []
    for text in profile.names(_RULE, "fixed"):
        try:
            day = date.fromisoformat(f"2000-{text}")
        except ValueError:
            raise ComplianceError(
                f"'{text}' is no day of the year", rules=(_RULE,), remedy="write month and day, e.g. 05-01"
            ) from None
        fixed.append((day.month, day.day))
    return WorkingDays(frozenset(fixed), frozenset(_MOVABLE[name] for name in names))


def easter(year: int) -> date:
    """Return Easter Sunday of a Gregorian year (Meeus, Jones and Butcher)."""
    century, place = divmod(year, 100)
    golden = year % 19
    skipped, rest = divmod(century, 4)
    moon = (19 * golden + century - skipped - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * rest + 2 * (place // 4) - moon - place % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)
