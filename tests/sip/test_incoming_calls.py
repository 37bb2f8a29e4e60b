"""Calls from sipp to the line: every way in which one begins and ends."""

from __future__ import annotations

import asyncio
import random
import socket
from pathlib import Path

import pytest

from ivr.services.ports.telephony import DigitPressed, IncomingCall, LegConfirmed, LegDisconnected, LegHeld
from tests.ports import free_rtp_range
from tests.sip.raw_peer import RawPeer
from tests.sip.rig import Rig, Sipp, frames_with_tone, level_at, rigged, run


def test_a_caller_is_answered_and_hangs_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_hangs_up", tmp_path, to=rig.line.port) as sipp:
            up = await rig.take_call()
            assert up.codec == "PCMA/8000"
            call = rig.seen[0]
            assert isinstance(call, IncomingCall)
            assert call.from_uri.startswith("sip:sipp@127.0.0.1")
            assert call.to_uri.startswith("sip:service@127.0.0.1")
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.hangup_cause, end.by_peer, end.was_confirmed) == (200, 16, True, True)
            await sipp.passed()
            assert up.sip_call_id in sipp.messages()
            await rig.all_free()

    run(scenario())


def test_a_caller_over_tcp_is_answered(tmp_path: Path) -> None:
    async def scenario() -> None:
        tcp = ("-t", "t1")
        async with rigged() as rig, Sipp("caller_hangs_up", tmp_path, to=rig.line.port, options=tcp) as sipp:
            await rig.take_call()
            await rig.expect(LegDisconnected)
            await sipp.passed()

    run(scenario())


def test_a_line_on_tcp_alone_answers(tmp_path: Path) -> None:
    async def scenario() -> None:
        tcp = ("-t", "t1")
        async with rigged(udp=False) as rig, Sipp("caller_waits", tmp_path, to=rig.line.port, options=tcp) as sipp:
            up = await rig.take_call()
            rig.line.hangup(up.leg_id)
            await rig.expect(LegDisconnected)
            await sipp.passed()

    run(scenario())


def test_a_line_on_all_addresses_names_one_that_can_be_reached(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = rigged(bind="0.0.0.0")
        async with settings as rig, Sipp("caller_hangs_up", tmp_path, to=rig.line.port) as sipp:
            await rig.take_call()
            await rig.expect(LegDisconnected)
            await sipp.passed()
            assert "0.0.0.0" not in rig.line.uri
            assert "@0.0.0.0" not in sipp.messages()
            assert "IN IP4 0.0.0.0" not in sipp.messages()

    run(scenario())


def test_a_caller_who_hangs_up_at_once_is_let_go(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_hangs_up_at_once", tmp_path, to=rig.line.port) as sipp:
            call = await rig.expect(IncomingCall)
            rig.line.answer(call.leg_id)
            end = await rig.expect(LegDisconnected)
            assert end.by_peer
            await sipp.passed()

    run(scenario())


def test_the_engine_ends_a_call_with_bye(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_waits", tmp_path, to=rig.line.port) as sipp:
            up = await rig.take_call()
            rig.line.hangup(up.leg_id)
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.hangup_cause, end.by_peer, end.was_confirmed) == (200, 16, False, True)
            await sipp.passed()

    run(scenario())


def test_a_caller_who_cancels_is_told_487(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_cancels", tmp_path, to=rig.line.port) as sipp:
            await rig.expect(IncomingCall)
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.by_peer, end.was_confirmed) == (487, True, False)
            await sipp.passed()

    run(scenario())


def test_a_call_that_nobody_answers_ends_with_480(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = rigged(answer_timeout_s=0.5)
        async with settings as rig, Sipp("caller_rings_out", tmp_path, to=rig.line.port) as sipp:
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.hangup_cause, end.by_peer) == (480, 18, False)
            await sipp.passed()

    run(scenario())


def test_a_rejected_call_ends_with_the_status_given(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_is_refused", tmp_path, to=rig.line.port) as sipp:
            call = await rig.expect(IncomingCall)
            rig.line.reject(call.leg_id, 486)
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.hangup_cause, end.by_peer) == (486, 17, False)
            await sipp.passed()

    run(scenario())


def test_one_call_too_many_is_refused_and_the_others_go_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig:
            assert rig.line.capacity >= 2
            calls = rig.line.capacity
            async with Sipp("caller_waits", tmp_path, to=rig.line.port, calls=calls) as sipp:
                legs = await rig.take_calls(calls)
                async with RawPeer(rig.line.port) as refused:
                    answer = await refused.invite()
                    assert (answer.status, answer.header("Retry-After")) == (503, "5")
                assert not await rig.silent(0.2)
                for leg_id in legs:
                    rig.line.hangup(leg_id)
                    await rig.expect(LegDisconnected)
                await sipp.passed()

    run(scenario())


def test_a_reserved_leg_is_not_given_to_a_caller(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged(max_calls=2) as rig, Sipp("caller_waits", tmp_path, to=rig.line.port) as sipp:
            up = await rig.take_call()
            assert rig.line.reserve("agent")
            assert not rig.line.reserve("another agent")
            async with RawPeer(rig.line.port) as refused:
                answer = await refused.invite()
                assert (answer.status, answer.header("Retry-After")) == (503, "5")
            rig.line.release("agent")
            assert rig.line.free_legs == 1
            rig.line.hangup(up.leg_id)
            await sipp.passed()

    run(scenario())


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
def test_hold_and_its_end_are_told(tmp_path: Path, direction: str) -> None:
    async def scenario() -> None:
        key = ("-key", "direction", direction)
        async with rigged() as rig, Sipp("caller_holds", tmp_path, to=rig.line.port, options=key) as sipp:
            await rig.take_call()
            assert (await rig.expect(LegHeld)).held
            assert not (await rig.expect(LegHeld)).held
            assert (await rig.expect(LegDisconnected)).by_peer
            await sipp.passed()

    run(scenario())


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
def test_frames_stay_without_a_hole_over_hold(tmp_path: Path, direction: str) -> None:
    async def scenario() -> None:
        key = ("-key", "direction", direction)
        async with rigged() as rig, Sipp("caller_holds", tmp_path, to=rig.line.port, options=key) as sipp:
            up = await rig.take_call()
            await rig.expect(LegDisconnected)
            frames = 0
            while audio := rig.line.drain(up.leg_id):
                assert (audio.first_frame, audio.lost_before) == (frames, 0)
                frames += len(audio.spoken)
            # The hold took 0.6 s; that a busy machine tells the end late makes no hole of it.
            assert -0.5 < frames * 0.02 - (rig.seen[-1].at - up.at) < 0.2
            await sipp.passed()

    run(scenario())


def test_a_digit_sent_by_info_is_told_without_showing_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_sends_info_digit", tmp_path, to=rig.line.port) as sipp:
            await rig.take_call()
            pressed = await rig.expect(DigitPressed)
            assert pressed.digit == "9"
            assert "9" not in repr(pressed).split("at=")[0].split("leg_id=")[0]
            await sipp.passed()

    run(scenario())


def test_what_the_caller_says_in_a_law_reaches_the_tap(tmp_path: Path) -> None:
    # 0xD5 is A-law silence; these two codes alternate as a 1 kHz square wave of about 8000.
    (tmp_path / "speech.al").write_bytes((b"\xb5" * 4 + b"\x35" * 4) * 1500)

    async def scenario() -> None:
        async with rigged() as rig, Sipp("caller_speaks", tmp_path, to=rig.line.port) as sipp:
            up = await rig.take_call()
            await rig.expect(LegDisconnected)
            spoken = b""
            while audio := rig.line.drain(up.leg_id):
                spoken += b"".join(audio.spoken)
            assert frames_with_tone(spoken, 1000) > 50
            await sipp.passed()

    run(scenario())


def test_options_are_answered(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, Sipp("options", tmp_path, to=rig.line.port) as sipp:
            await sipp.passed()

    run(scenario())


def test_garbage_on_the_sip_port_hurts_nobody(tmp_path: Path) -> None:
    torture = [
        b"",
        b"\0",
        b"\r\n\r\n",
        b"INVITE",
        b"INVITE sip:ivr@127.0.0.1 SIP/2.0\r\n\r\n",
        b"INVITE sip:ivr@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP \r\nCSeq: 99999999999999 INVITE\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK\r\nContent-Length: 999999\r\n\r\n",
        b"BYE sip:ivr@127.0.0.1 SIP/2.0\r\nTo: \xff\xfe<>;tag=\r\nFrom: ;;;\r\nCall-ID: \r\nCSeq: 0\r\n\r\n",
        b"\xff" * 4000,
    ]
    chance = random.Random(20261121)
    torture += [chance.randbytes(chance.randrange(1, 1400)) for _ in range(300)]

    async def scenario() -> None:
        async with rigged() as rig:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as vandal:
                for datagram in torture:
                    vandal.sendto(datagram, ("127.0.0.1", rig.line.port))
            async with Sipp("caller_hangs_up", tmp_path, to=rig.line.port) as sipp:
                await rig.take_call()
                await rig.expect(LegDisconnected)
                await sipp.passed()

    run(scenario())


def test_a_caller_without_rtp_is_silence_and_is_hung_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = rigged(rtp_timeout_s=1.0)
        async with settings as rig, Sipp("caller_waits", tmp_path, to=rig.line.port) as sipp:
            up = await rig.take_call()
            spoken, _ = await rig.hear(up.leg_id, 0.6)
            assert len(spoken) >= 20 * 320
            assert not any(spoken)
            end = await rig.expect(LegDisconnected)
            assert (end.hangup_cause, end.by_peer, end.was_confirmed) == (102, False, True)
            assert end.at - up.at > 0.8
            await sipp.passed()

    run(scenario())


def _rtp(sequence: int, payload: bytes, payload_type: int, *, marker: bool = False, timestamp: int = 0) -> bytes:
    first = bytes([0x80, payload_type | (0x80 if marker else 0)])
    return first + sequence.to_bytes(2, "big") + timestamp.to_bytes(4, "big") + b"\0\0\0\7" + payload


async def _waiting_caller(rig: Rig) -> str:
    return (await rig.expect(IncomingCall)).leg_id


def test_rtp_before_the_answer_is_not_heard_and_does_not_hurt(tmp_path: Path) -> None:
    first, last = free_rtp_range()
    loud = b"\xb5" * 80 + b"\x35" * 80

    async def scenario() -> None:
        settings = rigged(rtp_port_min=first, rtp_port_max=last)
        async with settings as rig, Sipp("caller_hangs_up", tmp_path, to=rig.line.port) as sipp:
            leg_id = await _waiting_caller(rig)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as early:
                for number in range(20):
                    early.sendto(_rtp(number, loud, 8, timestamp=160 * number), ("127.0.0.1", first))
                    await asyncio.sleep(0.005)
            assert rig.line.drain(leg_id) is None
            rig.line.answer(leg_id)
            await rig.expect(LegConfirmed)
            await rig.expect(LegDisconnected)
            audio = rig.line.drain(leg_id)
            assert audio is not None
            assert audio.first_frame == 0
            await sipp.passed()

    run(scenario())


def test_a_tone_is_measured_as_one() -> None:
    silence = bytes(320)
    assert level_at(silence, 1000) == 0
    assert frames_with_tone(silence * 5, 1000) == 0


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("believed", [("127.0.0.1",), ("192.0.2.10",), ()])
def test_who_calls_is_taken_from_the_network_where_it_is_believed(believed: tuple[str, ...], tcp: bool) -> None:
    async def scenario() -> None:
        async with rigged(asserted_by=believed) as rig, RawPeer(rig.line.port, tcp=tcp) as peer:
            inviting = asyncio.create_task(peer.invite("P-Asserted-Identity: <sip:+33612345678@op.example>"))
            call = await rig.expect(IncomingCall)
            assert call.from_uri.startswith("sip:peer@127.0.0.1")
            assert call.asserted_uri == ("sip:+33612345678@op.example" if "127.0.0.1" in believed else "")
            rig.line.reject(call.leg_id, 486)
            assert (await inviting).status == 486
            await rig.all_free()

    run(scenario())
