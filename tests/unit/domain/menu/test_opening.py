"""When a menu is open: the week, exceptional days before holidays before the week, wall clock in every zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.menu.opening import Opening, OpeningHours, Span, decide_opening
from tests.unit.domain.menu.rig import HOURS

PARIS = ZoneInfo("Europe/Paris")


def decided(day: int, hour: int, minute: int = 0, *, month: int = 3) -> tuple[bool, Opening]:
    found = decide_opening(HOURS, datetime(2027, month, day, hour, minute, tzinfo=PARIS), {})
    return found.open, found.why


@pytest.mark.parametrize(
    ("hour", "minute", "is_open"),
    [(8, 29, False), (8, 30, True), (11, 59, True), (12, 0, False), (13, 30, True), (17, 59, True), (18, 0, False)],
)
def test_a_span_begins_with_its_first_minute_and_ends_before_its_last(hour: int, minute: int, is_open: bool) -> None:
    assert decided(8, hour, minute)[0] is is_open


def test_a_day_without_hours_is_closed() -> None:
    assert decided(13, 10) == (False, Opening.OUTSIDE_HOURS)


def test_no_hours_at_all_are_always_open() -> None:
    assert decide_opening(None, datetime(2027, 1, 1, tzinfo=UTC), {date(2027, 1, 1): "x"}).why is Opening.ALWAYS


def test_a_public_holiday_closes_and_is_named() -> None:
    found = decide_opening(HOURS, datetime(2027, 3, 29, 10, tzinfo=PARIS), {date(2027, 3, 29): "Lundi de Pâques"})
    assert (found.open, found.why, found.holiday) == (False, Opening.HOLIDAY, "Lundi de Pâques")


def test_where_no_holidays_count_none_closes() -> None:
    hours = replace(HOURS, region="")
    assert decide_opening(hours, datetime(2027, 3, 29, 10, tzinfo=PARIS), {date(2027, 3, 29): "x"}).open


def test_an_exceptional_day_wins_over_a_holiday_and_over_the_week() -> None:
    day = date(2027, 3, 29)
    hours = replace(HOURS, exceptions={day: (Span(time(9), time(11)),), date(2027, 3, 30): ()})
    for hour, is_open in ((10, True), (12, False)):
        found = decide_opening(hours, datetime(2027, 3, 29, hour, tzinfo=PARIS), {day: "Lundi de Pâques"})
        assert (found.open, found.why) == (is_open, Opening.EXCEPTION)
    assert not decide_opening(hours, datetime(2027, 3, 30, 10, tzinfo=PARIS), {}).open


def test_hours_may_go_on_to_midnight() -> None:
    hours = OpeningHours("Europe/Paris", {0: (Span(time(20), None),)})
    assert decide_opening(hours, datetime(2027, 3, 8, 23, 59, 59, tzinfo=PARIS), {}).open
    assert not decide_opening(hours, datetime(2027, 3, 9, 0, 0, tzinfo=PARIS), {}).open


def test_the_same_moment_is_another_hour_elsewhere() -> None:
    """08:00 in Paris is 11:00 in Réunion in winter, and another day in Nouméa late in the evening."""
    reunion = replace(HOURS, timezone="Indian/Reunion")
    moment = datetime(2027, 3, 8, 8, 0, tzinfo=PARIS)
    assert decide_opening(reunion, moment, {}).open
    assert not decide_opening(HOURS, moment, {}).open
    assert replace(HOURS, timezone="Pacific/Noumea").day_of(datetime(2026, 12, 31, 20, tzinfo=PARIS)) == date(
        2027, 1, 1
    )


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
def test_when_clocks_are_turned_it_opens_by_the_wall_clock(day: date) -> None:
    """Sunday hours from 02:30 to 04:00: in October the hour from 2 to 3 comes twice, in March never."""
    hours = OpeningHours("Europe/Paris", {6: (Span(time(2, 30), time(4)),)})
    midnight = datetime(day.year, day.month, day.day, tzinfo=PARIS).astimezone(UTC)
    opened = [
        (midnight + timedelta(minutes=minute)).astimezone(PARIS)
        for minute in range(8 * 60)
        if decide_opening(hours, midnight + timedelta(minutes=minute), {}).open
    ]
    walls = [(moment.hour, moment.minute) for moment in opened]
    if day.month == 10:
        # From 02:30 to 03:00 once more, in winter time; closed again between the two.
        assert len(opened) == 120
        assert walls.count((2, 45)) == 2
        assert not decide_opening(hours, datetime(2027, 10, 31, 2, 15, fold=1, tzinfo=PARIS), {}).open
    else:
        assert len(opened) == 60
        assert walls[0] == (3, 0)


@given(st.integers(0, 16 * 366 * 24 * 60), st.sampled_from(["Europe/Paris", "America/Cayenne"]))
def test_every_moment_is_open_or_closed_by_its_own_wall_clock(minute: int, zone: str) -> None:
    hours = replace(HOURS, timezone=zone)
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    local = moment.astimezone(ZoneInfo(zone))
    wanted = local.weekday() < 5 and any(
        begins <= local.time() < ends for begins, ends in ((time(8, 30), time(12)), (time(13, 30), time(18)))
    )
    assert decide_opening(hours, moment, {}).open is wanted
