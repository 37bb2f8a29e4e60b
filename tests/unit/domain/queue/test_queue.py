"""What a call needs after so long a wait."""

from __future__ import annotations

import pytest

from ivr.domain.queue.queue import Need, Overflow, OverflowAction, Queue, need_at
from tests.queue_rig import HEALTH, NOW, PLAN, at

NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("waited_s", "need"),
    [
        (0, Need("health", HEALTH)),
        (119.9, Need("health", HEALTH)),
        (120, Need("health", NOBODY)),
        (300, Need("all", NOBODY)),
        (899.9, Need("all", NOBODY)),
        (900, Need("all", NOBODY, over=True)),
        (90_000, Need("all", NOBODY, over=True)),
    ],
)
def test_the_steps_are_taken_in_order_each_from_the_moment_of_its_own_queue(waited_s: float, need: Need) -> None:
    assert need_at("health", NOW, PLAN.queues, at(waited_s)) == need


def test_a_queue_that_is_no_more_ends_the_wait() -> None:
    assert need_at("gone", NOW, PLAN.queues, NOW).over


def test_a_circle_ends_the_wait() -> None:
    there = Queue("there", overflow=(Overflow(1, OverflowAction.MOVE, queue="back"),))
    back = Queue("back", overflow=(Overflow(1, OverflowAction.MOVE, queue="there"),))
    assert need_at("there", NOW, {"there": there, "back": back}, at(10)).over


def test_a_clock_that_is_behind_takes_no_step() -> None:
    assert need_at("health", NOW, PLAN.queues, at(-5)) == Need("health", HEALTH)
