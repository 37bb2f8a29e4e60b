"""Legs of an example call, as a line would report them: now and then a bad one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from ivr.domain.call.masked_party import masked_party
from ivr.domain.call.voice_quality import estimate
from ivr.services.ports.evidence import CallRow, LegRow

_CODEC = "PCMA/8000"
_PACKETS_A_SECOND = 50
_PACKET_MS = 20
_BAD = 0.06


def legs_of(call: CallRow, dice: random.Random) -> tuple[LegRow, ...]:
    """Return the person's leg, and an agent's where one was called; `call.queue_wait_ms` lies before the agent's."""
    person = _leg(call, "caller", call.direction, masked_party(call.party), dice)
    if call.answered_at is None:
        return (person,)
    agent = _leg(call, "agent", "outbound", call.agent, dice, later_ms=call.queue_wait_ms or 0)
    return (person, agent)


def _leg(call: CallRow, role: str, direction: str, peer: str, dice: random.Random, *, later_ms: int = 0) -> LegRow:
    began = call.started_at + timedelta(milliseconds=later_ms)
    answered = call.answered_at + timedelta(milliseconds=later_ms) if call.answered_at else None
    leg = LegRow(
        f"{call.call_id}-{role}", call.call_id, role, direction, peer, began, answered, call.ended_at,
        "peer" if role == "caller" else "engine", call.sip_status, call.hangup_cause,
    )  # fmt: skip
    return leg if answered is None else _heard(leg, dice)


def _heard(leg: LegRow, dice: random.Random) -> LegRow:
    assert leg.answered_at is not None
    packets = round((leg.ended_at - leg.answered_at).total_seconds() * _PACKETS_A_SECOND)
    bad = dice.random() < _BAD
    share = dice.uniform(0.01, 0.06) if bad else dice.choice((0.0, 0.0, 0.001, 0.004))
    lost, far_lost = round(packets * share), round(packets * share / 2)
    jitter, trip = (
        (dice.uniform(12, 35), dice.uniform(120, 260)) if bad else (dice.uniform(0.4, 4), dice.uniform(12, 60))
    )
    buffer = jitter * 2 + _PACKET_MS
    delay = trip / 2 + _PACKET_MS
    return replace(
        leg, codec=_CODEC, received=packets - lost, lost=lost, discarded=lost // 4,
        jitter_ms=round(jitter, 1), jitter_max_ms=round(jitter * 3, 1), buffer_ms=round(buffer, 1), sent=packets,
        far_lost=far_lost, far_jitter_ms=round(jitter * 0.8, 1), round_trip_ms=round(trip, 1),
        mos=estimate(_CODEC, loss=share * 1.25, delay_ms=delay + buffer),
        far_mos=estimate(_CODEC, loss=share / 2, delay_ms=delay),
    )  # fmt: skip
