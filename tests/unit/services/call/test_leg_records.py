"""What is reported of each leg of a call."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.domain.call.party import Direction, PartyRole
from ivr.services.call.agent_label import agent_label
from ivr.services.call.leg_records import LegRecords, legs_body, legs_in
from ivr.services.ports.evidence import LegRow
from ivr.services.ports.telephony import LegConfirmed, LegDisconnected, LegMedia
from tests.fakes.exchange import AGENT, Exchange, play
from tests.fakes.line import answers, busy

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
CLEAN = LegMedia("PCMA/8000", 1000, 0, 0, 1.5, 9.0, 40.0, 990, 0, 0.8, 30.0)


def a_leg(media: LegMedia | None, *, codec: str = "PCMA/8000") -> LegRow:
    records = LegRecords()
    records.began("a", PartyRole.CALLER, Direction.INBOUND, "sip:+33612345678@trunk", AT)
    records.answered(LegConfirmed("a", "x@y", codec, 1.0), AT + timedelta(seconds=2))
    end = LegDisconnected("a", 200, 16, True, True, 30.0, media)
    records.ended(end, AT + timedelta(seconds=32))
    (row,) = records.rows("call", AT + timedelta(seconds=40))
    return row


def test_a_leg_is_reported_with_its_times_its_end_and_a_number_that_is_masked() -> None:
    row = a_leg(None)
    assert row == LegRow(
        leg_id="a", call_id="call", role="caller", direction="inbound", peer="…78", began_at=AT,
        answered_at=AT + timedelta(seconds=2), ended_at=AT + timedelta(seconds=32), ended_by="peer", sip_status=200,
        hangup_cause=16, codec="PCMA/8000",
    )  # fmt: skip


def test_what_rtp_and_rtcp_told_stands_there_with_what_it_lets_one_think_of_the_sound() -> None:
    row = a_leg(CLEAN)
    assert (row.received, row.lost, row.jitter_ms, row.jitter_max_ms, row.round_trip_ms) == (1000, 0, 1.5, 9.0, 30.0)
    # 15 + 20 + 40 ms one way: R = 93.2 - 1.8; the other way nobody tells of a jitter buffer.
    assert (row.mos, row.far_mos) == (4.37, 4.39)


@pytest.mark.parametrize(
    ("changes", "mos", "far_mos"),
    [
        ({"lost": 20, "received": 980}, 4.18, 4.39),
        # What came and was not heard is as good as lost.
        ({"discarded": 20}, 4.18, 4.39),
        ({"far_lost": 50}, 4.37, 3.88),
        ({"far_lost": None, "round_trip_ms": None}, 4.38, None),
        ({"received": 0}, None, 4.39),
        ({"codec": "G722/16000"}, None, None),
    ],
)
def test_the_estimate_follows_what_was_lost_each_way(
    changes: dict[str, object], mos: float | None, far_mos: float | None
) -> None:
    row = a_leg(replace(CLEAN, **changes))  # type: ignore[arg-type]
    assert row.mos == (None if mos is None else pytest.approx(mos, abs=0.006))
    assert row.far_mos == (None if far_mos is None else pytest.approx(far_mos, abs=0.006))


def test_the_codec_of_the_last_negotiation_counts() -> None:
    assert a_leg(replace(CLEAN, codec="PCMU/8000")).codec == "PCMU/8000"


def test_a_leg_whose_end_nobody_told_ends_with_its_call() -> None:
    records = LegRecords()
    records.began("a", PartyRole.CALLER, Direction.INBOUND, "", AT)
    (row,) = records.rows("call", AT + timedelta(seconds=9))
    assert (row.ended_at, row.ended_by, row.sip_status, row.peer) == (AT + timedelta(seconds=9), "", 0, "")


def test_events_of_a_leg_that_never_began_change_nothing() -> None:
    records = LegRecords()
    records.answered(LegConfirmed("a", "x@y", "PCMA/8000", 1.0), AT)
    records.ended(LegDisconnected("a", 200, 16, True, True, 30.0), AT)
    assert records.rows("call", AT) == ()


def test_legs_wait_in_a_note_as_they_are() -> None:
    rows = (a_leg(CLEAN), replace(a_leg(None), answered_at=None))
    assert legs_in(json.loads(json.dumps(legs_body(rows)))) == rows
    assert legs_in(None) == ()


def test_caller_and_agent_have_a_leg_each_and_the_wait_ends_with_the_bridge(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(3)
        x.ring()
        agent = await x.agent_speaks((7000, 9000))
        await x.until("agent.bridged")
        waited_s = x.time_of("agent.bridged") - x.time_of("agent.calling")
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert waited_s > 3
        assert row.queue_wait_ms == pytest.approx(waited_s * 1000, abs=20)
        a_leg, b_leg = x.call_log.legs[row.call_id]
        assert (a_leg.leg_id, a_leg.role, a_leg.direction, a_leg.ended_by) == ("a", "caller", "inbound", "peer")
        assert (b_leg.leg_id, b_leg.role, b_leg.direction, b_leg.ended_by) == (agent, "agent", "outbound", "engine")
        assert (b_leg.peer, b_leg.codec, b_leg.sip_status) == (agent_label(AGENT), "PCMA/8000", 200)
        assert a_leg.began_at <= b_leg.began_at < (b_leg.answered_at or AT) < b_leg.ended_at

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_whoever_hangs_up_while_waiting_has_waited_until_then(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(60)
        x.ring()
        await x.until("agent.calling")
        called_at = x.time_of("agent.calling")
        await x.media(12_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        gone_at = x.time_of("leg.disconnected")
        assert row.queue_wait_ms == pytest.approx((gone_at - called_at) * 1000, abs=50)
        _, b_leg = x.call_log.legs[row.call_id]
        assert (b_leg.sip_status, b_leg.answered_at, b_leg.ended_by) == (487, None, "engine")

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_an_agent_who_is_busy_has_a_leg_with_its_cause(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = busy()
        x.ring()
        row = await x.over()
        _, b_leg = x.call_log.legs[row.call_id]
        assert (b_leg.sip_status, b_leg.hangup_cause, b_leg.ended_by) == (486, 17, "peer")
        assert row.queue_wait_ms is not None

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_a_call_without_an_agent_waits_for_nobody(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(4_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.queue_wait_ms is None
        assert [leg.role for leg in x.call_log.legs[row.call_id]] == ["caller"]

    play(tmp_path, scene)
