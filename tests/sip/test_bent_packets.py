"""Thousands of bent packets, and then a normal call; `make fuzz` sends 20,000."""

from __future__ import annotations

from tests.sip.bent_packets import BentPackets
from tests.sip.fuzz import fuzz
from tests.sip.rig import run


def test_after_thousands_of_bent_packets_a_normal_call_is_taken_and_nothing_more_is_held() -> None:
    outcome = run(fuzz(3_000, seed=20261129), limit_s=540)
    assert outcome.sent == 3_000
    assert outcome.held, outcome


def test_a_seed_makes_the_same_packets_again_and_another_seed_others() -> None:
    def made(seed: int) -> list[bytes]:
        bent = BentPackets(seed, line_port=5060, answer_to=5062)
        return [bent.sip(("call", "theirs", "ours")) for _ in range(200)] + [bent.rtp() for _ in range(200)]

    first = made(1)
    assert first == made(1)
    assert first != made(2)
    assert len(set(first)) > 390
