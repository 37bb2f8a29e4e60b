"""What is told of a leg at its end: packets, loss, jitter and round trip, by peers that lose, stagger and report."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ivr.domain.call.party import Direction, PartyRole
from ivr.services.call.leg_records import LegRecords
from ivr.services.ports.evidence import LegRow
from ivr.services.ports.telephony import IncomingCall, LegDisconnected
from ivr_demo.softphone_process import SoftphoneProcess
from tests.fakes.vault import START
from tests.sip.rig import Rig, Sipp, rigged, run, until
from tests.sip.udp_phone import ALAW_SILENCE, UdpPhone, paced

_PACKETS = 150


async def end_of(rig: Rig) -> LegDisconnected:
    return await rig.expect(LegDisconnected)


async def say(phone: UdpPhone, *, lose_every: int = 0, late_every: int = 0, late_s: float = 0.0) -> int:
    """Send packets at their pace; some are never sent, some too late. Returns how many are missing."""
    lost = 0
    loop = asyncio.get_running_loop()

    def send(payload: bytes) -> None:
        nonlocal lost
        number = phone.sender.sequence
        packet = phone.sender.packet(payload)
        # The first and the last ones come, so that what is missing lies between two that were received.
        if lose_every and number % lose_every == 0 and number > 110:
            lost += 1
        elif late_every and number % late_every == 0:
            loop.call_later(late_s, phone.media.sendto, packet, phone.remote_rtp)
        else:
            phone.media.sendto(packet, phone.remote_rtp)

    await paced(send, [ALAW_SILENCE] * _PACKETS)
    return lost


def test_packets_that_were_lost_are_counted_and_cost_the_estimate() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            lost = await say(phone, lose_every=10)
            assert lost >= 10
            await phone.ask("BYE")
            phone.to_tag = ""
            end = await end_of(rig)
            media = end.media
            assert media is not None
            assert (media.codec, media.lost) == ("PCMA/8000", lost)
            # The first packets prove the source (RFC 3550 appendix A.1), and are not counted.
            assert _PACKETS - lost - 2 <= media.received <= _PACKETS - lost
            assert media.sent > 0
            # It sent no report: nobody knows how we sounded there.
            assert (media.far_lost, media.far_jitter_ms, media.round_trip_ms) == (None, None, None)
            row = reported(end)
            # A loss of 9 % in G.711: R = 93.2 - 95 x 9 / (9 + 25.1) is 68 at most.
            assert row.mos is not None
            assert 2.5 < row.mos < 3.7
            assert row.far_mos is None

    run(scenario())


def test_packets_that_come_unevenly_are_jitter() -> None:
    async def scenario() -> None:
        jitter: list[float] = []
        for late_every in (0, 2):
            async with rigged() as rig, UdpPhone(rig.line.port) as phone:
                await phone.dial(rig)
                await say(phone, late_every=late_every, late_s=0.015)
                await phone.ask("BYE")
                phone.to_tag = ""
                media = (await end_of(rig)).media
                assert media is not None
                assert media.lost == 0
                assert media.jitter_ms is not None
                assert media.jitter_max_ms is not None
                assert media.jitter_max_ms >= media.jitter_ms > 0
                jitter.append(media.jitter_ms)
        even, uneven = jitter
        # 15 ms of difference from each packet to the next: the estimate of RFC 3550 comes near it.
        assert uneven > 6 + even / 2, jitter

    run(scenario())


def test_what_the_party_reports_by_rtcp_is_told_as_the_far_side() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            await say(phone)
            await until(lambda: phone.heard, "we are sent RTP")
            lost, jitter = (7).to_bytes(3, "big"), (40).to_bytes(4, "big")
            last = phone.heard[-1]
            about = last[8:12] + bytes(1) + lost + bytes(2) + last[2:4] + jitter + bytes(8)
            packet = bytes([0x81, 201, 0, 7]) + phone.sender.ssrc.to_bytes(4, "big") + about
            phone.rtcp.sendto(packet, (phone.remote_rtp[0], phone.remote_rtp[1] + 1))
            await say(phone)
            await phone.ask("BYE")
            phone.to_tag = ""
            media = (await end_of(rig)).media
            assert media is not None
            # Seven packets, and 40 units of a clock of 8,000 a second.
            assert (media.far_lost, media.far_jitter_ms) == (7, 5.0)
            assert media.round_trip_ms is None

    run(scenario())


def test_a_telephone_that_sends_reports_gives_a_round_trip_and_both_estimates() -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess() as phone:
            await phone.call(rig.line.uri)
            up = await rig.take_call()
            # Two reports: the second answers ours.
            await rig.hear(up.leg_id, 12.0)
            await phone.hangup()
            end = await end_of(rig)
            media = end.media
            assert media is not None
            assert media.round_trip_ms is not None
            assert media.round_trip_ms < 500
            assert media.received > 500
            row = reported(end)
            assert row.mos is not None
            assert row.far_mos is not None
            assert min(row.mos, row.far_mos) > 3.0

    run(scenario())


def test_a_re_invite_adds_to_what_was_counted_before() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            leg_id = await phone.dial(rig)
            await say(phone)
            assert (await phone.offered(phone.offer(formats="0 101"))).status == 200
            await rig.hear(leg_id, 0.2)
            await paced(lambda payload: phone.send_rtp(payload, 0), [b"\xff" * 160] * 50)
            await phone.ask("BYE")
            phone.to_tag = ""
            media = (await end_of(rig)).media
            assert media is not None
            assert media.codec == "PCMU/8000"
            assert media.received > _PACKETS + 25

    run(scenario())


def test_a_caller_who_cancels_leaves_a_leg_with_its_cause_and_no_media(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_cancels", tmp_path, to=rig.line.port) as sipp:
            await rig.expect(IncomingCall)
            row = reported(await end_of(rig))
            assert (row.sip_status, row.hangup_cause, row.ended_by, row.answered_at) == (487, 16, "peer", None)
            assert (row.codec, row.received, row.mos) == ("", None, None)
            await sipp.passed()

    run(scenario())


def reported(end: LegDisconnected) -> LegRow:
    """The row that a call would report of this leg."""
    records = LegRecords()
    records.began(end.leg_id, PartyRole.CALLER, Direction.INBOUND, "sip:peer@127.0.0.1", START)
    records.ended(end, START)
    (row,) = records.rows("call", START)
    return row
