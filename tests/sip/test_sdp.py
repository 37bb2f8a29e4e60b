"""Offers that are unusual and allowed: which line is the audio, who may be silent on it, which DTMF is agreed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from ivr.services.ports.telephony import DigitPressed, LegConfirmed, LegDisconnected, LegHeld
from tests.sip.rig import LONGER_S, RTP_TIMEOUT_S, Rig, frames_with_tone, rigged, run, until
from tests.sip.udp_phone import LOUD, UdpPhone


def _no_end(events: Sequence[object]) -> bool:
    return not [one for one in events if isinstance(one, (LegDisconnected, LegHeld))]


async def _gone(rig: Rig) -> LegDisconnected:
    end = await rig.expect(LegDisconnected)
    assert (end.hangup_cause, end.by_peer) == (102, False)
    return end


def test_a_party_that_only_listens_from_the_start_stays() -> None:
    async def scenario() -> None:
        async with rigged(rtp_timeout_s=RTP_TIMEOUT_S) as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig, phone.offer("a=recvonly"))
            assert "a=sendonly" in phone.answer_sdp
            assert _no_end(await rig.silent(LONGER_S))
            await until(lambda: len(phone.heard) > 40, "it is sent our audio")
            await phone.hang_up()

    run(scenario())


def test_a_phone_that_is_muted_by_a_re_invite_stays_and_must_speak_again_once_it_is_not() -> None:
    async def scenario() -> None:
        async with rigged(rtp_timeout_s=RTP_TIMEOUT_S) as rig, UdpPhone(rig.line.port) as phone:
            leg_id = await phone.dial(rig)
            await phone.speak(LOUD * 10)
            await rig.hear(leg_id, 0.3)
            await phone.offered(phone.offer("a=recvonly"))
            assert _no_end(await rig.silent(LONGER_S))
            await phone.offered(phone.offer("a=sendrecv"))
            await phone.speak(LOUD * 15)
            await rig.hear_until(leg_id, lambda spoken, _: frames_with_tone(spoken, 1000) > 5)
            await _gone(rig)

    run(scenario())


def test_rtcp_is_a_sign_of_life_until_it_stops() -> None:
    """Of a party that sends no RTP while it may (silence suppression), and of one that only listens."""

    async def scenario() -> None:
        async with rigged(rtp_timeout_s=RTP_TIMEOUT_S) as rig:
            for direction in ("a=sendrecv", "a=recvonly"):
                async with UdpPhone(rig.line.port) as phone:
                    await phone.dial(rig, phone.offer(direction))
                    for _ in range(8):
                        phone.report()
                        assert _no_end(await rig.silent(0.3))
                    stopped = asyncio.get_running_loop().time()
                    end = await _gone(rig)
                    assert end.at - stopped > RTP_TIMEOUT_S - 0.5
                    await phone.next_request("BYE")
                await rig.all_free()

    run(scenario())


@pytest.mark.parametrize("address", ["224.0.0.1", "239.1.2.3", "255.255.255.255", "0.0.0.1"])
def test_audio_for_a_group_or_a_broadcast_is_refused_at_first_and_in_a_call(address: str) -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            group = phone.offer().replace("c=IN IP4 127.0.0.1", f"c=IN IP4 {address}")
            assert (await phone.offered(group)).status == 488
            phone.call_id += "-again"
            await phone.dial(rig)
            await phone.acknowledge(refusal := await phone.ask("INVITE", body=group))
            assert refusal.status == 488
            assert _no_end(await rig.silent(0.2)), "the call goes on as it was"

    run(scenario())


def test_a_call_whose_audio_was_taken_away_by_a_re_invite_ends() -> None:
    async def scenario() -> None:
        async with rigged(rtp_timeout_s=RTP_TIMEOUT_S) as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            await phone.offered(phone.offer(port=0))
            await _gone(rig)

    run(scenario())


@pytest.mark.parametrize(
    "before",
    [
        ("m=video {port} RTP/AVP 96", "a=rtpmap:96 H264/90000"),
        ("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"),
        ("m=image {port} udptl t38",),
        ("m=audio 0 RTP/AVP 8",),
        ("m=audio 0 RTP/AVP 8", "m=video {port} RTP/AVP 96", "a=rtpmap:96 H264/90000"),
    ],
    ids=["video", "refused video", "fax", "refused audio", "refused audio and video"],
)
def test_what_stands_before_the_audio_does_not_hide_it(before: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with rigged(rtp_timeout_s=RTP_TIMEOUT_S) as rig, UdpPhone(rig.line.port) as phone:
            offer = phone.offer(before=tuple(line.format(port=phone.media_port + 10) for line in before))
            leg_id = await phone.dial(rig, offer)
            up = rig.seen[-1]
            assert isinstance(up, LegConfirmed)
            assert up.codec == "PCMA/8000"
            await phone.speak(LOUD * 100)
            await rig.hear_until(leg_id, lambda spoken, _: frames_with_tone(spoken, 1000) > 50)
            await phone.press("9", timestamp=99_000, durations=(160, 320, 480))
            assert (await rig.expect(DigitPressed)).digit == "9"
            await _gone(rig)

    run(scenario())


@pytest.mark.parametrize(
    ("formats", "maps"),
    [
        ("8 101 102", ("101 telephone-event/16000", "102 telephone-event/8000")),
        ("8 102 101", ("102 telephone-event/8000", "101 telephone-event/16000")),
        ("9 8 96 101 102", ("96 opus/48000/2", "101 telephone-event/16000", "102 telephone-event/8000")),
        ("101 100 102 8", ("101 telephone-event/48000", "100 telephone-event/16000", "102 telephone-event/8000")),
    ],
)
def test_of_several_telephone_events_the_one_of_the_codecs_clock_is_agreed_and_heard(
    formats: str, maps: tuple[str, ...]
) -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            lines = [line for one in maps for line in (f"a=rtpmap:{one}", f"a=fmtp:{one.split()[0]} 0-15")]
            await phone.dial(rig, phone.offer(*lines, formats=formats, maps=False))
            events = [line for line in phone.answer_sdp.splitlines() if "telephone-event" in line]
            assert events == ["a=rtpmap:102 telephone-event/8000"]
            await phone.press("9", timestamp=99_000, durations=(160, 320, 480), payload_type=102)
            assert (await rig.expect(DigitPressed)).digit == "9"
            await phone.hang_up()

    run(scenario())
