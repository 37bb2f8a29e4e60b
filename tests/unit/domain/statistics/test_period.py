from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.statistics.period import LONGEST, latest, month_of, parse_period
from ivr.errors import ConfigurationError

PARIS = ZoneInfo("Europe/Paris")
TODAY = date(2026, 11, 30)


def test_months_begin_where_the_house_is_summer_or_winter() -> None:
    period = parse_period("2026-03", "2026-10", today=TODAY)
    since, until = period.bounds(PARIS)
    assert since.astimezone(UTC) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert until.astimezone(UTC) == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert month_of(date(2026, 7, 1)).begins(PARIS).astimezone(UTC) == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_without_a_choice_it_is_the_last_twelve_months() -> None:
    period = parse_period("", "", today=TODAY)
    assert period == latest(TODAY)
    months = [month.text for month in period.months()]
    assert (months[0], months[-1], len(months)) == ("2025-12", "2026-11", 12)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-13", ""), ("2026-1", ""), ("x", ""), ("", "2026-11-01"), ("0000-01", ""), ("2026-11", "2026-10"),
     ("2024-11", "2026-11"), ("", "9999-12"),
     ("9999-12", "9999-12"), ("0001-01", "0001-02")],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_its_key(first: str, last: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_period(first, last, today=TODAY)
    assert caught.value.key in ("first", "last")


def test_two_years_are_the_longest() -> None:
    assert len(list(parse_period("2024-12", "2026-11", today=TODAY).months())) == LONGEST
