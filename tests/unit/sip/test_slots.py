"""Places for legs, and the one that is kept for an agent."""

from __future__ import annotations

from ivr.sip.slots import Slots


def test_a_reserved_slot_is_kept_for_its_leg_alone() -> None:
    slots = Slots(2)
    assert slots.take("a")
    assert slots.reserve("b")
    assert not slots.take("c")
    assert slots.take("b")
    assert slots.free == 0
    slots.give_back_reserved("b")
    assert slots.free == 0
    slots.give_back("a")
    assert slots.reserve("c")
    slots.give_back_reserved("c")
    assert slots.free == 1
