"""Legs of example calls: believable, of both sides, and within their call."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from ivr_demo.example_legs import legs_of
from tests.contract.test_call_log import a_call

CALL = replace(
    a_call(1), direction="inbound", party="sip:+33639981234@example.org", agent="emma.petit", queue_wait_ms=9_000
)


def test_an_answered_call_has_a_leg_of_the_person_and_one_of_the_agent() -> None:
    dice = random.Random(1)
    for number in range(200):
        call = replace(CALL, call_id=f"call-{number}", ended_at=CALL.started_at + timedelta(seconds=40))
        person, agent = legs_of(call, dice)
        assert (person.role, person.direction, person.peer) == ("caller", "inbound", "…34")
        assert (agent.role, agent.direction, agent.peer) == ("agent", "outbound", "emma.petit")
        assert agent.began_at - person.began_at == timedelta(seconds=9)
        for leg in (person, agent):
            assert leg.answered_at is not None
            assert leg.began_at <= leg.answered_at < leg.ended_at
            assert leg.received is not None
            assert leg.received > 0
            assert leg.mos is not None
            assert 1 <= leg.mos <= 4.5
    assert len({leg.leg_id for leg in legs_of(CALL, dice)}) == 2


def test_nobody_was_called_for_a_call_that_was_not_answered() -> None:
    (person,) = legs_of(replace(CALL, answered_at=None, sip_status=486, hangup_cause=17), random.Random(1))
    assert (person.sip_status, person.received, person.mos, person.answered_at) == (486, None, None, None)
