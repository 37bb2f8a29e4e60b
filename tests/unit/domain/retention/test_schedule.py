"""Retention schedules: calendar months, events, caps, leap days and summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ivr.domain.retention.schedule import Duration, LawfulBasis, Period, RetentionTable, Schedule, after, day_of
from ivr.errors import ComplianceError
from ivr.french import french

PARIS = ZoneInfo("Europe/Paris")
TZ = "Europe/Paris"
SIX_MONTHS = Duration(months=6)


def paris(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=PARIS, fold=fold)  # type: ignore[arg-type,misc]


CALENDAR = [
    ("an ordinary day", paris(2026, 11, 21, 14, 30), SIX_MONTHS, paris(2027, 5, 21, 14, 30)),
    ("31 August, short February", paris(2026, 8, 31, 9), SIX_MONTHS, paris(2027, 2, 28, 9)),
    ("31 August, leap February", paris(2027, 8, 31, 9), SIX_MONTHS, paris(2028, 2, 29, 9)),
    ("29 August, short February", paris(2026, 8, 29, 9), SIX_MONTHS, paris(2027, 2, 28, 9)),
    ("31 March to September", paris(2026, 3, 31, 9), SIX_MONTHS, paris(2026, 9, 30, 9)),
    ("leap day plus two years", paris(2028, 2, 29, 9), Duration(months=24), paris(2030, 2, 28, 9)),
    ("leap day plus four years", paris(2028, 2, 29, 9), Duration(months=48), paris(2032, 2, 29, 9)),
    ("over new year", paris(2026, 12, 31, 23, 59), Duration(months=1), paris(2027, 1, 31, 23, 59)),
    ("31 January plus a month", paris(2027, 1, 31, 9), Duration(months=1), paris(2027, 2, 28, 9)),
    ("summer start, winter end, same wall clock", paris(2026, 7, 1, 9), SIX_MONTHS, paris(2027, 1, 1, 9)),
    ("into the hour that does not exist", paris(2026, 9, 28, 2, 30), SIX_MONTHS, paris(2027, 3, 28, 3, 0)),
    ("into the hour that exists twice", paris(2026, 4, 25, 2, 30), SIX_MONTHS, paris(2026, 10, 25, 2, 30, fold=0)),
    ("from the hour lived twice", paris(2026, 10, 25, 2, 30, fold=1), SIX_MONTHS, paris(2027, 4, 25, 2, 0)),
    ("the next day in Paris", datetime(2026, 8, 30, 22, 30, tzinfo=UTC), SIX_MONTHS, paris(2027, 2, 28, 0, 30)),
    ("days", paris(2026, 1, 31, 9), Duration(days=30), paris(2026, 3, 2, 9)),
    ("at once", paris(2026, 10, 25, 2, 30, fold=1), Duration(), paris(2026, 10, 25, 2, 30, fold=1)),
]  # fmt: skip


@pytest.mark.parametrize(("start", "length", "end"), [row[1:] for row in CALENDAR], ids=[row[0] for row in CALENDAR])
def test_time_is_counted_on_the_calendar(start: datetime, length: Duration, end: datetime) -> None:
    assert after(start, length, TZ) == end.astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "tz", "begins"),
    [
        (datetime(2027, 7, 1, 21, 59, tzinfo=UTC), "Europe/Paris", datetime(2027, 6, 30, 22, tzinfo=UTC)),
        (datetime(2027, 7, 1, 22, 0, tzinfo=UTC), "Europe/Paris", datetime(2027, 7, 1, 22, tzinfo=UTC)),
        (datetime(2027, 3, 28, 12, tzinfo=UTC), "Europe/Paris", datetime(2027, 3, 27, 23, tzinfo=UTC)),
        # The clocks of Havana jump at midnight: that day begins at one o'clock.
        (datetime(2027, 3, 14, 12, tzinfo=UTC), "America/Havana", datetime(2027, 3, 14, 5, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_midnight_where_time_is_counted(at: datetime, tz: str, begins: datetime) -> None:
    assert day_of(at, tz) == begins
    assert day_of(begins, tz) == begins


def test_an_unknown_tag_names_the_nearest() -> None:
    with pytest.raises(ComplianceError, match="did you mean 'quality_audio'"):
        RetentionTable({"quality_audio": Schedule("quality_audio", "", (), LawfulBasis.LEGITIMATE_INTERESTS)}).schedule(
            "quality_audoi"
        )


@pytest.mark.parametrize(
    ("keep", "cap", "outlasts"),
    [
        (Duration(days=181), SIX_MONTHS, False),
        (Duration(days=182), SIX_MONTHS, True),
        (SIX_MONTHS, SIX_MONTHS, False),
        (Duration(months=7), SIX_MONTHS, True),
        (Duration(days=365), Duration(months=12), False),
        (Duration(days=366), Duration(months=12), True),
        (Duration(days=1), Duration(), True),
        (Duration(), Duration(months=1), False),
        (Duration(5, 30), SIX_MONTHS, True),
        (Duration(5, 28), SIX_MONTHS, False),
        (Duration(6, 1), Duration(6, 2), False),
        (Duration(6, 2), Duration(6, 1), True),
    ],
)
def test_a_length_that_can_outlast_the_cap_is_known(keep: Duration, cap: Duration, outlasts: bool) -> None:
    assert keep.can_outlast(cap) is outlasts


# ---------------------------------------------------------------- properties

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.builds(Duration, months=st.integers(0, 120), days=st.integers(0, 400))
#: Months beside about as many days, where only the calendar tells.
about_as_long = st.builds(
    lambda months, days, by: (Duration(months, days), Duration(days=max(0, months * 365 // 12 + days + by))),
    st.integers(0, 120),
    st.integers(0, 40),
    st.integers(-9, 9),
)
# Hours around the changes to and from summer time, where mistakes live.
changes = st.builds(
    lambda day, minutes: datetime.fromisoformat(f"{day}T00:00Z") + timedelta(minutes=minutes),
    st.sampled_from(["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31", "2028-02-29", "2026-09-28"]),
    st.integers(-180, 300),
)


def day_due(start: datetime, length: Duration) -> date:
    return after(start, length, TZ).astimezone(PARIS).date()


@settings(max_examples=60)
@given(st.one_of(st.tuples(lengths, lengths), about_as_long))
def test_a_length_outlasts_another_if_it_does_from_some_day_of_four_years(pair: tuple[Duration, Duration]) -> None:
    one, other = pair
    days = [datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(1461)]
    ends = [(after(day, one, "UTC"), after(day, other, "UTC")) for day in days]
    assert one.can_outlast(other) is any(end > others for end, others in ends)
    assert other.can_outlast(one) is any(end < others for end, others in ends)


@given(st.one_of(moments, changes), st.integers(0, 400_000), lengths)
def test_a_later_start_never_falls_due_on_an_earlier_day(start: datetime, later_s: int, length: Duration) -> None:
    assert day_due(start, length) <= day_due(start + timedelta(seconds=later_s), length)


@given(changes, st.integers(0, 300), st.integers(1, 24))
def test_a_later_start_on_the_same_day_never_ends_earlier(start: datetime, later_min: int, months: int) -> None:
    later = start + timedelta(minutes=later_min)
    assume(start.astimezone(PARIS).date() == later.astimezone(PARIS).date())
    assert after(start, Duration(months=months), TZ) <= after(later, Duration(months=months), TZ)


@given(st.one_of(moments, changes), st.integers(0, 120))
def test_months_never_run_past_the_same_day_of_the_last_month(start: datetime, months: int) -> None:
    end, begin = after(start, Duration(months=months), TZ).astimezone(PARIS), start.astimezone(PARIS)
    assert (end.year * 12 + end.month) - (begin.year * 12 + begin.month) == months
    assert end.day <= begin.day
    assert end.day == begin.day or (end + timedelta(days=1)).month != end.month


@given(st.one_of(moments, changes), lengths, lengths)
def test_a_deadline_never_lies_beyond_the_cap(recorded: datetime, keep: Duration, cap: Duration) -> None:
    due = Period("recorded_at", keep, cap, "REC-007", ("REC-007",)).due(recorded, TZ)
    assert due <= after(recorded, cap, TZ)
    assert due <= after(recorded, keep, TZ)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (Duration(), "aussitôt"),
        (Duration(days=1), "1 jour"),
        (Duration(days=365), "365 jours"),
        (Duration(months=1), "1 mois"),
        (Duration(months=6), "6 mois"),
        (Duration(months=12), "1 an"),
        (Duration(months=15), "15 mois"),
        (Duration(months=24, days=14), "2 ans et 14 jours"),
        (Duration(months=12, days=1), "1 an et 1 jour"),
        (Duration(months=12, days=2), "1 an et 2 jours"),
        (Duration(months=36, days=1), "3 ans et 1 jour"),
        (Duration(months=1, days=1), "1 mois et 1 jour"),
        (Duration(months=1, days=2), "1 mois et 2 jours"),
        (Duration(months=6, days=1), "6 mois et 1 jour"),
        (Duration(months=6, days=3), "6 mois et 3 jours"),
    ],
)
def test_a_length_is_said_in_french(length: Duration, words: str) -> None:
    assert french(str(length)) == words
