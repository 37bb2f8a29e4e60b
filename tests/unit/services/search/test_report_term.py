"""Which reports of calls may be shown still, by their schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.access import CALL_REPORT
from ivr.domain.retention.decision import deadline
from ivr.services.search.report_term import ReportTerm
from tests.retention_rig import settings

PARIS = ZoneInfo("Europe/Paris")


def due(at: datetime) -> datetime:
    return deadline(CALL_REPORT, at, settings().retention, settings().profile)


def at(*day: int) -> datetime:
    year, month, of_month, hour = day
    return datetime(year, month, of_month, hour, tzinfo=PARIS).astimezone(UTC)


def test_a_report_is_shown_for_a_calendar_year_and_not_a_second_longer() -> None:
    now = at(2027, 3, 28, 12)
    term = ReportTerm.at(now, due)
    began = at(2026, 3, 28, 12)
    assert not term.holds(began)
    assert term.holds(began + timedelta(seconds=1))
    assert term.oldest < began < term.sure


def test_one_of_the_29_of_february_may_be_over_before_one_of_the_28() -> None:
    term = ReportTerm.at(at(2029, 2, 28, 10), due)
    earlier, later = at(2028, 2, 28, 15), at(2028, 2, 29, 9)
    assert (term.holds(earlier), term.holds(later)) == (True, False)
    assert term.oldest < earlier < later < term.sure


@pytest.mark.parametrize("kept", [timedelta(), timedelta(days=20_000)])
def test_a_schedule_of_any_length_is_found(kept: timedelta) -> None:
    now = at(2029, 2, 28, 10)
    term = ReportTerm.at(now, lambda began: began + kept)
    assert not term.holds(now - kept - timedelta(seconds=1))
    assert kept == timedelta() or term.holds(now - kept + timedelta(seconds=1))


def test_it_is_not_asked_of_each_call() -> None:
    asked = list[datetime]()

    def counted(began: datetime) -> datetime:
        asked.append(began)
        return due(began)

    now = at(2029, 2, 28, 10)
    term = ReportTerm.at(now, counted)
    assert all(term.holds(now - timedelta(minutes=number)) for number in range(1_000))
    assert len(asked) < 40
