from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.evidence.clock_check import ClockBounds, EventTime, clock_fault

NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
BOUNDS = ClockBounds(ahead=timedelta(days=7), behind=timedelta(minutes=5))


def chain(*ages: timedelta) -> list[EventTime]:
    return [EventTime("node-1", seq, NOW - age) for seq, age in enumerate(ages, 1)]


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        ((), ""),
        ((timedelta(days=7),), ""),
        ((timedelta(days=7, seconds=1),), "without any evidence"),
        ((timedelta(minutes=-5),), ""),
        ((timedelta(minutes=-6),), "went back"),
        # A wrong clock that has written evidence already: the jump lies inside the chain.
        ((timedelta(days=3650), timedelta(0)), "event 2"),
        ((timedelta(days=-3650), timedelta(0)), "event 2"),
        ((timedelta(days=12), timedelta(days=6), timedelta(days=1)), ""),
    ],
)
def test_a_clock_is_held_against_every_step_of_the_evidence(ages: tuple[timedelta, ...], said: str) -> None:
    fault = clock_fault(chain(*ages), (), NOW, BOUNDS)
    assert said in fault
    assert bool(fault) is bool(said)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(minutes=6, seconds=29), "6 minutes"),
        (timedelta(hours=47), "2820 minutes"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_how_far_a_clock_went_is_told_in_days_from_two_of_them_on(span: timedelta, said: str) -> None:
    close = ClockBounds(ahead=timedelta(minutes=5), behind=timedelta(minutes=5))
    for age in (span, -span):
        assert said in clock_fault(chain(age), (), NOW, close)


def test_evidence_of_another_node_may_be_older_but_not_from_the_future() -> None:
    older, newer = EventTime("node-2", 9, NOW - timedelta(days=400)), EventTime("node-3", 9, NOW + timedelta(hours=1))
    assert clock_fault(chain(timedelta(0)), [older], NOW, BOUNDS) == ""
    assert "node-3" in clock_fault(chain(timedelta(0)), [older, newer], NOW, BOUNDS)


@given(st.lists(st.integers(0, 7 * 86_400), max_size=30))
def test_time_that_only_passes_is_never_doubted(steps: list[int]) -> None:
    ages = [timedelta(seconds=sum(steps[at:])) for at in range(len(steps))]
    assert clock_fault(chain(*ages), (), NOW, BOUNDS) == ""
