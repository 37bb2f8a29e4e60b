"""Whole months of a time zone: what figures are counted over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from ivr.errors import ConfigurationError

#: In months. More is no page that a person reads, and takes the database long.
LONGEST = 24
#: Of this century: no call is older, and a month has a next one.
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_MONTHS = 12


@dataclass(frozen=True)
class Month:
    """`index` counts months since the year 0."""

    index: int

    @property
    def text(self) -> str:
        """As `2026-11`."""
        return f"{self.index // _MONTHS:04}-{self.index % _MONTHS + 1:02}"

    def begins(self, zone: tzinfo) -> datetime:
        return datetime(self.index // _MONTHS, self.index % _MONTHS + 1, 1, tzinfo=zone)


@dataclass(frozen=True)
class Period:
    """From the beginning of `first` to the end of `last`."""

    first: Month
    last: Month

    def months(self) -> Iterator[Month]:
        return (Month(index) for index in range(self.first.index, self.last.index + 1))

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """From when, and up to when (exclusive)."""
        return self.first.begins(zone), Month(self.last.index + 1).begins(zone)


def month_of(day: date) -> Month:
    return Month(day.year * _MONTHS + day.month - 1)


def latest(day: date, *, months: int = _MONTHS) -> Period:
    """Return the period of so many months that ends with the day's."""
    last = month_of(day)
    return Period(Month(last.index - months + 1), last)


def parse_period(first: str, last: str, *, today: date) -> Period:
    """Read two months as `2026-11`; an empty one is that of the last twelve months.

    Raises ConfigurationError for what is no month, is turned round, or is longer than two years.
    """
    usual = latest(today)
    period = Period(
        _month(first, "first") if first else usual.first,
        _month(last, "last") if last else usual.last,
    )
    length = period.last.index - period.first.index + 1
    if not 1 <= length <= LONGEST:
        raise ConfigurationError(
            f"figures are counted over 1 to {LONGEST} months",
            key="last",
            value=last,
            remedy="choose a last month that is not before the first, at most two years",
        )
    return period


def _month(text: str, key: str) -> Month:
    found = _MONTH.fullmatch(text)
    if not found:
        raise ConfigurationError("this is no month", key=key, value=text, remedy="write e.g. 2026-11")
    return Month(int(found[1]) * _MONTHS + int(found[2]) - 1)
