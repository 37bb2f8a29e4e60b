"""Whoever guesses waits ever longer, and nobody is locked out for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.account.throttle import FORGOTTEN, FREE, LONGEST, Failures, one_more, wait
from tests.fakes.vault import START


def after(count: int, **ago: float) -> timedelta:
    return wait(Failures(count, START), START + timedelta(**ago))


def test_mistyping_costs_nothing() -> None:
    assert wait(None, START) == timedelta()
    assert after(FREE - 1) == timedelta()


@pytest.mark.parametrize(
    ("count", "seconds"), [(FREE, 2), (FREE + 1, 4), (FREE + 3, 16), (FREE + 30, 900), (10**6, 900)]
)
def test_each_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(count: int, seconds: int) -> None:
    assert after(count) == timedelta(seconds=seconds)


def test_the_wait_runs_down_and_ends() -> None:
    assert after(FREE + 3, seconds=10) == timedelta(seconds=6)
    assert after(FREE + 3, seconds=16) == timedelta()
    assert after(10**6, seconds=900) == timedelta()


def test_failures_are_forgotten_after_a_day() -> None:
    old = Failures(40, START)
    assert one_more(old, START + FORGOTTEN - timedelta(seconds=1)).count == 41
    assert one_more(old, START + FORGOTTEN) == Failures(1, START + FORGOTTEN)


@given(st.integers(0, 10**9), st.integers(-(10**6), 10**6))
def test_nobody_waits_longer_than_the_longest_whatever_the_clock_does_ahead(count: int, seconds: int) -> None:
    found = after(count, seconds=seconds)
    assert timedelta() <= found <= LONGEST + timedelta(seconds=max(-seconds, 0))
