"""What is announced, and when."""

from __future__ import annotations

import pytest

from ivr.domain.queue.announcement import Standing, announced, announcement_due, prompts_of_queues
from ivr.domain.queue.queue import Queue
from tests.fakes.exchange import shipped

QUEUE = Queue("health", first_announcement_s=15, announce_every_s=60)


@pytest.mark.parametrize(
    ("waited_s", "last_s", "due"), [(14, None, False), (15, None, True), (70, 15, False), (75, 15, True)]
)
def test_it_is_told_first_after_a_while_and_then_now_and_then(waited_s: float, last_s: float | None, due: bool) -> None:
    assert announcement_due(QUEUE, waited_s, last_s) is due
    assert not announcement_due(Queue("quiet", announce_every_s=0), waited_s, last_s)


@pytest.mark.parametrize(
    ("standing", "prompts"),
    [
        (Standing(1), ("queue-place-1",)),
        (Standing(10, 59), ("queue-place-10", "queue-wait-1")),
        (Standing(11, 61), ("queue-place-more", "queue-wait-2")),
        (Standing(2, 121), ("queue-place-2", "queue-wait-5")),
        (Standing(2, 1800), ("queue-place-2", "queue-wait-30")),
        (Standing(2, 1801), ("queue-place-2", "queue-wait-more")),
    ],
)
def test_a_wait_is_rounded_up(standing: Standing, prompts: tuple[str, ...]) -> None:
    assert announced(standing) == prompts


def test_every_sentence_is_shipped() -> None:
    assert set(prompts_of_queues()) <= shipped().prompts.keys()
    assert {prompt for n in range(1, 40) for prompt in announced(Standing(n, n * 60.0))} <= set(prompts_of_queues())
