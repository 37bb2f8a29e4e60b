"""Where a period of months ends: regulation 1182/71, article 3, and French holidays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.profile import Profile
from ivr.domain.rights.working_days import easter, working_days
from ivr.errors import ComplianceError
from tests.retention_rig import settings

DAYS = working_days(settings().profile)


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        (1961, 4, 2),
        (2000, 4, 23),
        (2008, 3, 23),
        (2024, 3, 31),
        (2026, 4, 5),
        (2027, 3, 28),
        (2038, 4, 25),
        (2285, 3, 22),
    ],
)
def test_easter_is_where_the_tables_have_it(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


@pytest.mark.parametrize(
    "day",
    [
        date(2027, 1, 1),
        date(2027, 3, 29),  # Easter Monday
        date(2027, 5, 1),
        date(2027, 5, 6),  # Ascension
        date(2027, 5, 8),
        date(2027, 5, 17),  # Whit Monday
        date(2027, 7, 14),
        date(2027, 8, 15),
        date(2027, 11, 1),
        date(2027, 11, 11),
        date(2026, 12, 25),
        date(2027, 2, 27),  # a Saturday
        date(2027, 2, 28),  # a Sunday
    ],
)
def test_nobody_works_on_these_days(day: date) -> None:
    assert not DAYS.is_working(day)


def test_local_holidays_count_for_nobody() -> None:
    assert DAYS.is_working(date(2027, 3, 26))  # Good Friday, a holiday in Alsace-Moselle
    assert DAYS.is_working(date(2028, 12, 26))


@pytest.mark.parametrize(
    ("received", "months", "last"),
    [
        (date(2027, 3, 5), 1, date(2027, 4, 5)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),  # September has no 31st
        (date(2028, 1, 31), 1, date(2028, 2, 29)),  # a leap year
        (date(2029, 1, 31), 1, date(2029, 2, 28)),
        (date(2027, 1, 31), 1, date(2027, 3, 1)),  # 28 February is a Sunday
        (date(2027, 2, 28), 1, date(2027, 3, 30)),  # Easter Sunday, then Easter Monday
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 11, 25), 1, date(2026, 12, 28)),  # Christmas, then a weekend
        (date(2026, 12, 1), 1, date(2027, 1, 4)),  # New Year's Day, then a weekend
        (date(2026, 11, 30), 3, date(2027, 3, 1)),  # three months from receipt
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_next_that_is_worked(received: date, months: int, last: date) -> None:
    assert DAYS.months_after(received, months) == last


@given(st.dates(date(2020, 1, 1), date(2099, 1, 1)), st.integers(1, 3))
def test_an_end_is_worked_never_early_and_at_most_four_days_late(received: date, months: int) -> None:
    last = DAYS.months_after(received, months)
    assert DAYS.is_working(last)
    plain = last
    while plain.day != received.day and (plain + timedelta(days=1)).day != 1:
        plain -= timedelta(days=1)
        if (last - plain).days > 5:
            break
    assert (last - received).days >= 28 * months
    assert (last - received).days <= 31 * months + 4
    assert DAYS.months_after(received + timedelta(days=1), months) >= last


def without(**params: object) -> Profile:
    profile = settings().profile
    rule = profile.rule("TIM-002")
    return replace(profile, rules={**profile.rules, "TIM-002": replace(rule, params={**rule.params, **params})})


@pytest.mark.parametrize("params", [{"movable": ["corpus_christi"]}, {"fixed": ["13-41"]}, {"fixed": None}])
def test_a_holiday_that_nobody_can_compute_is_refused(params: dict[str, object]) -> None:
    with pytest.raises(ComplianceError):
        working_days(without(**params))
