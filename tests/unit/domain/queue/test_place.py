"""A place is claimed once, kept, and ranked by time and priority."""

from __future__ import annotations

import pytest

from ivr.domain.queue.place import LEASE, PlaceState
from ivr.errors import TransitionError
from tests.queue_rig import NOW, at, place


def test_a_place_is_claimed_by_one_agent() -> None:
    claimed = place("one").claim("marie")
    assert (claimed.state, claimed.agent_id) == (PlaceState.CLAIMED, "marie")
    with pytest.raises(TransitionError, match="place in CLAIMED cannot take CLAIM"):
        claimed.claim("paul")
    with pytest.raises(TransitionError):
        claimed.answer().back()


def test_an_agent_who_does_not_answer_costs_the_caller_no_place() -> None:
    before = place("one")
    assert before.claim("marie").back() == before


def test_a_level_of_priority_is_worth_two_minutes_and_no_more() -> None:
    early, urgent, late = place("a"), place("b", joined_s=119, priority=1), place("c", joined_s=121, priority=1)
    assert sorted([early, late, urgent], key=lambda one: one.rank) == [urgent, early, late]


def test_a_lease_is_counted_from_now() -> None:
    assert place("one").leased(at(7)).lease_until == at(7) + LEASE
    assert place("one").joined_at == NOW
