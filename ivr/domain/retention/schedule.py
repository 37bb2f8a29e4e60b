"""How long a thing is kept: schedules of calendar periods by tag, moved by business events, never beyond the law's cap.

Pure. Months are calendar months in the controller's time zone: six months from 31 August end on the last day of
February, at the time of day at which they began. Where a wall-clock time is ambiguous or missing (summer time), the
earlier reading is taken. So a deadline is never later than the rule, and a later start never falls due on an earlier
day (REC-007, RET-001).
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from ivr.errors import ComplianceError, nearest

RECORDED_AT = "recorded_at"


@dataclass(frozen=True)
class Duration:
    """Calendar months, then days. Both zero means at once."""

    months: int = 0
    days: int = 0

    def __str__(self) -> str:
        """Say it to people: whole years where the months allow it."""
        years, months = (0, self.months) if self.months % 12 else (self.months // 12, 0)
        named = ((years, "year"), (months, "month"), (self.days, "day"))
        return " and ".join(f"{n} {name}{'s' if n > 1 else ''}" for n, name in named if n) or "at once"

    @property
    def at_once(self) -> bool:
        return self == Duration()

    def can_outlast(self, other: Duration) -> bool:
        """Say whether there is a day of the four-year cycle from which this lasts longer than `other`.

        183 days outlast six calendar months that hold a short February; 181 never do (REC-007).
        """
        if self.months <= other.months and self.days <= other.days:
            return False  # from whatever day: most lengths need no search
        first = datetime(2027, 1, 1)  # noqa: DTZ001  (a wall-clock day, in no zone)
        return any(
            _count(first + timedelta(days=n), self) > _count(first + timedelta(days=n), other) for n in range(1461)
        )


@dataclass(frozen=True)
class Period:
    """From the event `event` on, keep for `keep`, and never longer than `cap`, which rule `cap_rule` orders.

    `start` says the event in French. `last`: the latest event of its kind counts, otherwise the first. `may_extend`: it
    may move a deadline that was fixed already, since a rule says so. `void_after`: it counts for nothing once one of
    these events lies before it. `archive_after`: from then on only the archive may hold it (None: it never moves).
    """

    event: str
    keep: Duration
    cap: Duration
    cap_rule: str
    rules: tuple[str, ...]
    start: str = ""
    last: bool = False
    may_extend: bool = False
    void_after: tuple[str, ...] = ()
    archive_after: Duration | None = None
    cap_param: str = ""

    def length(self, start: datetime, tz: str) -> Duration:
        """What is applied from the aware time `start` on: the house's value, unless it outlasts the cap."""
        return self.keep if self.keep == self.cap or after(start, self.keep, tz) == self.due(start, tz) else self.cap

    def due(self, start: datetime, tz: str) -> datetime:
        """Return the UTC time at which the period ends that begins at the aware time `start`."""
        kept = after(start, self.keep, tz)
        return kept if self.keep == self.cap else min(kept, after(start, self.cap, tz))


class AtEnd(Enum):
    """What follows when the last period has run out: destruction, or a review by a person (nothing goes by itself)."""

    DESTROY = "destroy"
    REVIEW = "review"


class OnObjection(Enum):
    """What an objection to the recording does to what is already stored for this purpose."""

    DESTROY = "destroy"
    KEEP = "keep"


class LawfulBasis(Enum):
    """What makes it lawful to keep a thing for a purpose: article 6(1) GDPR, by its letters (GDP-001)."""

    CONSENT = "6.1.a"
    CONTRACT = "6.1.b"
    LEGAL_OBLIGATION = "6.1.c"
    VITAL_INTERESTS = "6.1.d"
    PUBLIC_TASK = "6.1.e"
    LEGITIMATE_INTERESTS = "6.1.f"


@dataclass(frozen=True)
class Schedule:
    """The periods of one retention tag: the first whose event is known decides.

    `row` is the row of the retention table that it encodes, `access` the roles that may open the content for this
    purpose, `confidence` how sure we are of the length, `conflict` where sources disagree (French, empty when not).
    """

    tag: str
    title: str
    periods: tuple[Period, ...]
    basis: LawfulBasis
    row: str = ""
    access: tuple[str, ...] = ()
    on_objection: OnObjection = OnObjection.KEEP
    objection_rules: tuple[str, ...] = ()
    at_end: AtEnd = AtEnd.DESTROY
    confidence: str = ""
    conflict: str = ""
    note: str = ""


@dataclass(frozen=True)
class RetentionTable:
    """All schedules, by tag. `timezone` is where calendar months are counted."""

    schedules: Mapping[str, Schedule]
    timezone: str = "Europe/Paris"

    def schedule(self, tag: str) -> Schedule:
        """Raises ComplianceError naming the nearest tag when there is no such schedule."""
        try:
            return self.schedules[tag]
        except KeyError:
            raise ComplianceError(
                f"no retention schedule is called '{tag}'", remedy=nearest(tag, self.schedules)
            ) from None


def after(start: datetime, length: Duration, tz: str) -> datetime:
    """Return the UTC time that lies `length` after the aware time `start`, counted on the calendar of zone `tz`."""
    if length == Duration():
        return start.astimezone(UTC)
    zone = ZoneInfo(tz)
    wall = start.astimezone(zone).replace(tzinfo=None, fold=0)
    if wall.replace(tzinfo=zone).utcoffset() != wall.replace(tzinfo=zone, fold=1).utcoffset():
        wall = _hour(wall)  # the hour is lived twice: both passes count from its beginning
    return _instant(_count(wall, length), zone)


def day_of(at: datetime, tz: str) -> datetime:
    """Return the UTC time at which the day of the aware time `at` begins on the calendar of zone `tz`."""
    zone = ZoneInfo(tz)
    return _instant(at.astimezone(zone).replace(tzinfo=None, fold=0, hour=0, minute=0, second=0, microsecond=0), zone)


def _count(wall: datetime, length: Duration) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + length.months, 12)
    day = min(wall.day, calendar.monthrange(year, month + 1)[1])
    return wall.replace(year=year, month=month + 1, day=day) + timedelta(days=length.days)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return at
    # The wall-clock hour does not exist that night: the deadline is the moment the clocks jump.
    return _hour(wall).replace(tzinfo=zone).astimezone(UTC)


def _hour(wall: datetime) -> datetime:
    return wall.replace(minute=0, second=0, microsecond=0)
