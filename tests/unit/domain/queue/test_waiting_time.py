"""How long it may still take: what is measured, and nothing else."""

from __future__ import annotations

import pytest

from ivr.domain.queue.waiting_time import Handling, estimated_wait_s


def measured(*seconds: float) -> Handling:
    found = Handling("health")
    for one in seconds:
        found = found.after(one)
    return found


def test_the_first_calls_weigh_alike_and_later_ones_more_than_those_before() -> None:
    assert measured(60, 120, 180).mean_s == pytest.approx(120)
    assert measured(*[60] * 50, 160).mean_s == pytest.approx(70)


def test_nothing_is_told_before_it_was_measured_or_while_nobody_works() -> None:
    assert estimated_wait_s(1, measured(60, 60), 3) is None
    assert estimated_wait_s(1, measured(60, 60, 60), 0) is None


def test_the_wait_is_what_those_before_take_shared_by_those_who_work() -> None:
    assert estimated_wait_s(4, measured(60, 60, 60), 2) == pytest.approx(120)
