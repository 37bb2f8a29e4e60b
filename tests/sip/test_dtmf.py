"""Keys by RFC 4733, by INFO and as tones, as telephones and gateways really send them."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import numpy as np
import pytest

from ivr.audio.g711 import alaw_encode
from ivr.domain.call.dtmf_presses import Way
from ivr.services.ports.telephony import DigitPressed, DtmfAgreed, LegConfirmed
from ivr.sip.line import PjsuaLine
from ivr.sip.settings import SipSettings
from tests.dtmf_sounds import key, pcm
from tests.fakes.exchange import Exchange
from tests.sip.raw_peer import HANGS_S, HOST, RawPeer
from tests.sip.rig import Rig, rigged, run
from tests.sip.udp_phone import ALAW_SILENCE, UdpPhone, event


async def _told(rig: Rig, least: int = 0) -> str:
    """Return the digits that are told: at least so many, however long that takes, and what comes soon after them."""
    first = [(await rig.expect(DigitPressed)).digit for _ in range(least)]
    return "".join(first + [one.digit for one in await rig.silent(0.4) if isinstance(one, DigitPressed)])


def test_a_digit_as_rfc_4733_event_is_told_once() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            await phone.press("9", timestamp=4000, durations=(160, 320, 480, 640, 800))
            pressed = await rig.expect(DigitPressed)
            assert (pressed.digit, pressed.way) == ("9", Way.EVENT)
            assert await _told(rig) == ""

    run(scenario())


def test_two_presses_of_one_digit_are_two_though_the_seconds_first_packets_are_lost() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            await phone.press("9", timestamp=4000, durations=(160, 320))
            await phone.press("9", timestamp=8000, durations=(480, 640, 800))
            assert await _told(rig, 2) == "99"

    run(scenario())


def test_two_presses_are_two_though_a_gateway_writes_one_duration_into_every_packet() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            for begin in (4000, 8000, 12_000):
                await phone.press("9", timestamp=begin, durations=(800, 800, 800))
            assert await _told(rig, 3) == "999"

    run(scenario())


def test_a_press_in_whose_midst_a_re_invite_comes_is_one() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            await phone.press("9", timestamp=4000, durations=(160, 320, 480), ends=0)
            await phone.offered(phone.offer(formats="0 101"))
            await phone.press("9", timestamp=4000, durations=(1600, 1760))
            await phone.press("9", timestamp=9000, durations=(160, 320))
            assert await _told(rig, 2) == "99"

    run(scenario())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/dtmf", "9"),
        ("application/dtmf", "9\r\n"),
        ("Application/DTMF", "9"),
        ("application/dtmf-relay", "Signal=9\r\nDuration=160\r\n"),
        ("application/dtmf-relay", "signal=9\r\nduration=160\r\n"),
        ("application/dtmf-relay", "SIGNAL = 9\r\nDURATION = 160\r\n"),
        ("application/dtmf-relay; charset=utf-8", "Signal=9"),
    ],
)
def test_every_form_of_info_that_is_a_digit_is_one(kind: str, body: str) -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig, phone.offer(formats="8"))
            assert await phone.info(body, kind) == 200
            pressed = await rig.expect(DigitPressed)
            assert (pressed.digit, pressed.way) == ("9", Way.INFO)

    run(scenario())


def test_an_info_of_another_dialog_with_the_same_call_id_is_no_digit_of_this_leg() -> None:
    """Whoever was called knows the Call-ID and may call us with it: the legs differ in their tags alone."""

    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as called, UdpPhone(rig.line.port) as caller:
            rig.line.place("out", f"sip:peer@{HOST}:{called.port}", ring_timeout_s=HANGS_S)
            invite = await called.receive()
            await called.send(called.reply(invite, 200, body=called.offer()))
            await rig.expect(LegConfirmed)
            caller.call_id = called.call_id = invite.header("Call-ID")
            caller.tag = called.tag
            leg_id = await caller.dial(rig)
            assert leg_id != "out"
            assert await caller.info("Signal=9") == 200
            assert (await rig.expect(DigitPressed)).leg_id == leg_id
            called.to_tag = invite.header("From").partition(";tag=")[2]
            assert await called.info("Signal=8") == 200
            assert (await rig.expect(DigitPressed)).leg_id == "out"
            called.tag = "another"
            assert await called.info("Signal=7") == 481
            called.tag, called.to_tag = caller.tag, "another"
            assert await called.info("Signal=7") == 481
            assert await _told(rig) == ""
            called.to_tag = ""

    run(scenario())


def test_an_info_that_is_told_again_is_one_press_and_the_next_is_another() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            once = phone.request("INFO", body="Signal=9", kind="application/dtmf-relay")
            for _ in range(3):
                await phone.send(once)
                assert (await phone.final("INFO")).status == 200
            assert await phone.info("Signal=9") == 200
            assert await _told(rig, 2) == "99"

    run(scenario())


def test_an_info_out_of_order_is_no_press() -> None:
    """RFC 3261 section 12.2.2: one that was seen, under a branch of its own, is not another press."""

    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            first = phone.request("INFO", body="Signal=9", kind="application/dtmf-relay", cseq=40)
            await phone.send(first)
            assert (await phone.final("INFO")).status == 200
            for cseq in (40, 39):
                await phone.send(phone.request("INFO", body="Signal=9", kind="application/dtmf-relay", cseq=cseq))
                assert (await phone.final("INFO")).status == 500
            await phone.send(phone.request("INFO", body="Signal=8", kind="application/dtmf-relay", cseq=41))
            assert (await phone.final("INFO")).status == 200
            assert await _told(rig, 2) == "98"

    run(scenario())


def test_strangers_do_not_make_the_line_forget_a_digit_that_is_told_again() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone, RawPeer(rig.line.port) as stranger:
            await phone.dial(rig)
            once = phone.request("INFO", body="Signal=9", kind="application/dtmf-relay")
            await phone.send(once)
            assert (await phone.final("INFO")).status == 200
            for _ in range(600):
                assert (await stranger.ask("REFER")).status == 603
            await phone.send(once)
            assert (await phone.final("INFO")).status == 200
            assert await _told(rig, 1) == "9"

    run(scenario())


def test_a_party_that_floods_the_line_with_digits_is_held_back(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            begin = time.monotonic()
            statuses = [await phone.info("Signal=5") for _ in range(150)]
            for number in range(150):
                phone.send_rtp(event("7", 160, end=True), 101, timestamp=4000 + 800 * number)
            assert statuses.count(200) + statuses.count(503) == 150
            assert statuses[:40] == [200] * 40
            # Forty at once and twenty a second, however long the line takes to read them.
            told = await _told(rig, statuses.count(200))
            assert len(told) <= 40 + 20 * (time.monotonic() - begin)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "faster than anybody can" in caplog.text


def test_info_that_is_no_digit_is_refused_and_the_call_goes_on() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            other = await phone.ask("INFO", body="<x/>", kind="application/media_control+xml")
            assert other.status == 415
            assert "application/dtmf-relay" in other.header("Accept")
            assert await phone.info("Signal=\r\n") == 400
            assert await phone.info("hello", "text/plain") == 415
            assert await phone.info("Signal=16\r\n") == 200
            assert await _told(rig) == ""
            assert await phone.info("9", "application/dtmf") == 200
            assert await _told(rig, 1) == "9"

    run(scenario())


def test_the_line_tells_which_way_digits_were_agreed_and_when_that_changes() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig, phone.offer(formats="8"))
            up = rig.seen[-1]
            assert isinstance(up, LegConfirmed)
            assert not up.telephone_event
            await phone.offered(phone.offer(formats="8 101"))
            assert (await rig.expect(DtmfAgreed)).telephone_event
            await phone.offered(phone.offer(formats="8 101"))
            await phone.offered(phone.offer(formats="8"))
            assert not (await rig.expect(DtmfAgreed)).telephone_event
            assert not [one for one in await rig.silent(0.2) if isinstance(one, DtmfAgreed)]

    run(scenario())


def test_events_that_are_no_digits_are_ignored_and_nothing_to_warn_of(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            for number in (16, 17, 32, 66, 255):
                for flags in (10, 0x80 | 10):
                    phone.send_rtp(bytes([number, flags, 0, 160]), 101, timestamp=4000 + 800 * number)
                    await asyncio.sleep(0.005)
            await phone.press("D", timestamp=900_000, durations=(160, 320))
            assert await _told(rig, 1) == "D"

    with caplog.at_level(logging.INFO):
        run(scenario())
    assert not [record for record in caplog.records if "event" in record.message]


def test_a_digit_by_event_between_audio_is_told_and_an_unknown_event_is_not() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            await phone.speak(ALAW_SILENCE * 5)
            phone.send_rtp(bytes([200, 10, 0, 160]), 101, timestamp=phone.sender.timestamp)
            phone.send_rtp(event("9", 160)[:3], 101, timestamp=phone.sender.timestamp)
            await phone.press("#", timestamp=phone.sender.timestamp, durations=(160, 320))
            await asyncio.sleep(0.05)
            await phone.speak(ALAW_SILENCE * 5)
            assert await _told(rig, 1) == "#"

    run(scenario())


def test_nine_as_a_tone_in_the_audio_is_an_objection_where_no_events_were_agreed(tmp_path: Path) -> None:
    """A whole call: real packets, the line, the reader of tones and the policy; the vault alone is in memory."""
    press = alaw_encode(pcm(np.concatenate([key("9", 400), np.zeros(1600)]))).tobytes()

    async def scenario() -> None:
        line = await PjsuaLine.open(SipSettings())
        exchange = Exchange(tmp_path, options={"line": line})
        async with UdpPhone(line.port) as phone:
            try:
                assert (await phone.offered(phone.offer(formats="8"))).status == 200
                assert "telephone-event" not in phone.answer_sdp
                await exchange.until("prompt.ended", completed=True)
                await phone.speak(ALAW_SILENCE * 25)
                objecting = asyncio.create_task(exchange.until("objection"))
                async with asyncio.timeout(HANGS_S):
                    while not objecting.done():
                        await phone.speak(press)
                objection = await objecting
                assert (objection["basis"], objection["label"]) == ("DTMF", "objection_recording")
                await phone.ask("BYE")
                phone.to_tag = ""
                assert (await exchange.over()).recording_state in ("DISCARDED", "WITHHELD")
            finally:
                await exchange.close()
                await line.close()

    run(scenario())
