"""The ear's queue: nothing is lost, nothing unbounded, the urgent first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.queue import EarQueue, Priority, Ticket, may_take_partial, priority_of

_TICKETS = st.builds(
    Ticket,
    channel=st.sampled_from(["a/caller", "a/agent", "b/caller"]),
    priority=st.sampled_from(Priority),
    partial=st.booleans(),
    start_ms=st.integers(0, 5).map(lambda n: n * 1000),
    end_ms=st.integers(6, 12).map(lambda n: n * 1000),
    deadline=st.floats(0, 30),
    item=st.just(0),
)
_STEPS = st.lists(st.tuples(st.one_of(_TICKETS, st.just("take"), st.just("expire")), st.floats(0, 1)), max_size=60)


def _ticket(item: str, priority: Priority = Priority.PARTIAL, **changes: object) -> Ticket[str]:
    base = Ticket(item, priority, priority is Priority.PARTIAL, 0, 1000, 100.0, item)
    return replace(base, **changes)  # type: ignore[arg-type]


@given(_STEPS, st.integers(1, 6))
def test_every_ticket_leaves_exactly_once_and_the_queue_never_overflows(
    steps: list[tuple[Ticket[int] | str, float]], capacity: int
) -> None:
    queue: EarQueue[int] = EarQueue(capacity)
    now, pushed, left = 0.0, 0, []
    for step, passed in steps:
        now += passed
        if isinstance(step, Ticket):
            pushed += 1
            admission = queue.push(replace(step, item=pushed), now)
            left += [ticket.item for ticket in admission.dropped]
            left += [admission.refused.item] if admission.refused else []
        elif step == "take":
            taken = queue.take(now)
            left += [taken.item] if taken else []
            assert taken is None or taken.deadline > now
        else:
            left += [ticket.item for ticket in queue.expire(now)]
        assert len(queue) <= capacity
    left += [ticket.item for ticket in queue.drain()]
    assert sorted(left) == list(range(1, pushed + 1))


@given(st.lists(_TICKETS, max_size=30))
def test_tickets_are_taken_by_priority_and_then_by_age(tickets: list[Ticket[int]]) -> None:
    queue: EarQueue[int] = EarQueue(50)
    for number, pushed in enumerate(tickets):
        queue.push(replace(pushed, item=number, deadline=100.0, partial=False), 0.0)
    taken = []
    while (ticket := queue.take(0.0)) is not None:
        taken.append((ticket.priority, ticket.item))
    assert taken == sorted(taken)
    assert len(taken) == len(tickets)


@given(st.lists(_TICKETS, min_size=1, max_size=30), st.integers(1, 5))
def test_overload_never_refuses_a_ticket_more_urgent_than_one_it_keeps(
    tickets: list[Ticket[int]], capacity: int
) -> None:
    queue: EarQueue[int] = EarQueue(capacity)
    for ticket in tickets:
        refused = queue.push(replace(ticket, deadline=100.0), 0.0).refused
        kept = list(queue._waiting)
        assert refused is None or all(refused.priority >= other.priority for other in kept)


def test_a_partial_is_dropped_when_a_longer_piece_of_its_channel_arrives() -> None:
    queue: EarQueue[str] = EarQueue(5)
    old = _ticket("old", channel="a")
    queue.push(old, 0.0)
    queue.push(_ticket("other", channel="b"), 0.0)
    dropped = queue.push(_ticket("new", Priority.FINAL, channel="a", end_ms=2000), 0.0).dropped
    assert [ticket.item for ticket in dropped] == ["old"]
    assert len(queue) == 2


def test_a_partial_stays_when_the_later_piece_does_not_hold_all_of_it() -> None:
    queue: EarQueue[str] = EarQueue(5)
    queue.push(_ticket("old", channel="a", start_ms=0), 0.0)
    assert queue.push(_ticket("new", channel="a", start_ms=500, end_ms=2000), 0.0).dropped == ()


def test_a_final_piece_is_never_superseded() -> None:
    queue: EarQueue[str] = EarQueue(5)
    queue.push(_ticket("old", Priority.FINAL, channel="a"), 0.0)
    assert queue.push(_ticket("new", Priority.FINAL, channel="a", end_ms=9000), 0.0).dropped == ()


def test_a_piece_past_its_deadline_makes_room_and_is_reported() -> None:
    queue: EarQueue[str] = EarQueue(1)
    queue.push(_ticket("late", channel="a", deadline=1.0), 0.0)
    admission = queue.push(_ticket("fresh", channel="b", deadline=9.0), 2.0)
    assert [ticket.item for ticket in admission.dropped] == ["late"]
    assert admission.refused is None


def test_speech_after_a_disclosure_comes_before_final_pieces_and_those_before_partials() -> None:
    assert priority_of(after_disclosure=True, final=False) < priority_of(after_disclosure=False, final=True)
    assert priority_of(after_disclosure=False, final=True) < priority_of(after_disclosure=False, final=False)


def test_a_queue_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        EarQueue(0)


def test_without_partials_only_whole_utterances_are_served_and_the_others_stay() -> None:
    queue: EarQueue[str] = EarQueue(4)
    queue.push(_ticket("partial", Priority.AFTER_DISCLOSURE, partial=True, channel="a"), 0.0)
    queue.push(_ticket("whole", Priority.FINAL, channel="b"), 0.0)
    taken = queue.take(0.0, partials=False)
    assert taken is not None
    assert taken.item == "whole"
    assert queue.take(0.0, partials=False) is None
    assert len(queue) == 1


@pytest.mark.parametrize(
    ("workers", "in_work", "allowed"),
    [(1, 0, True), (1, 1, False), (2, 0, True), (2, 1, False), (4, 2, True), (4, 3, False)],
)
def test_one_worker_of_several_is_kept_for_whole_utterances(workers: int, in_work: int, allowed: bool) -> None:
    assert may_take_partial(workers=workers, partials_in_work=in_work) is allowed
