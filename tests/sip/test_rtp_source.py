"""Whose RTP a leg takes: that of its party, whoever else sends to the same port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from ivr.services.ports.telephony import DigitPressed, ForeignRtp, IncomingCall, LegConfirmed, LegDisconnected
from ivr.sip import audio_stream
from ivr.sip.source_lock import ANY_PORT, dropped, lock, unlock
from ivr_demo.softphone_process import SoftphoneProcess
from tests.ports import free_rtp_range
from tests.sip.raw_peer import HANGS_S
from tests.sip.rig import Rig, frames_with_tone, rigged, run, until
from tests.sip.udp_phone import ALAW_SILENCE, LOUD, RtpSender, UdpPhone, event, paced


class Stranger:
    """Somebody who knows the line's RTP port and nothing else; keeps what is sent to it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))
        self._sender = RtpSender(ssrc=99, sequence=5000, timestamp=777_000)

    def send(self, to: tuple[str, int], payload: bytes, payload_type: int = 8) -> None:
        self._socket.sendto(self._sender.packet(payload, payload_type), to)

    async def burst(self, to: tuple[str, int], packets: int) -> None:
        await paced(lambda payload: self.send(to, payload), [LOUD] * packets)

    def was_sent(self) -> int:
        count = 0
        while True:
            try:
                self._socket.recv(2048)
            except BlockingIOError:
                return count
            count += 1

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    one = Stranger()
    yield one
    one.close()


#: Of the 25 frames that a party says: the others may be cut off by the jitter buffer, when a busy machine brings them
#: late and at once. Whoever is not heard has none.
_HEARD = 8


async def heard_of(rig: Rig, leg_id: str) -> int:
    """How many frames of the loud tone the leg has said so far."""
    spoken, _ = await rig.hear(leg_id, 0.3)
    return frames_with_tone(spoken, 1000)


def test_a_stranger_who_sends_before_the_caller_does_is_not_heard_and_is_sent_nothing(stranger: Stranger) -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            leg_id = await phone.dial(rig)
            await stranger.burst(phone.remote_rtp, 50)
            assert await heard_of(rig, leg_id) == 0
            assert stranger.was_sent() == 0
            await until(lambda: len(phone.heard) > 40, "the party itself is sent our audio all the time")
            await phone.speak(LOUD * 25)
            assert await heard_of(rig, leg_id) > _HEARD
            await phone.hang_up()

    run(scenario())


def test_bursts_while_the_caller_is_silent_take_nothing_over_and_are_told(stranger: Stranger) -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            leg_id = await phone.dial(rig)
            await phone.speak(ALAW_SILENCE * 20)
            for _ in range(3):
                await stranger.burst(phone.remote_rtp, 30)
                assert await heard_of(rig, leg_id) == 0
            stranger.send(phone.remote_rtp, event("9", 800, end=True), 101)
            assert stranger.was_sent() == 0
            before = len(phone.heard)
            await phone.speak(LOUD * 25)
            assert await heard_of(rig, leg_id) > _HEARD
            await until(lambda: len(phone.heard) > before + 20, "the party is sent our audio as before")
            foreign = await rig.expect(ForeignRtp)
            assert foreign.leg_id == leg_id
            assert foreign.packets > 0
            await phone.hang_up()
            await rig.expect(LegDisconnected)
            assert not [one for one in rig.seen if isinstance(one, DigitPressed)]

    run(scenario())


def test_packets_that_wait_in_the_port_when_the_call_is_answered_are_thrown_away(stranger: Stranger) -> None:
    first, last = free_rtp_range()

    async def scenario() -> None:
        async with rigged(rtp_port_min=first, rtp_port_max=last) as rig, UdpPhone(rig.line.port) as phone:
            for _ in range(10):
                stranger.send(("127.0.0.1", first), LOUD)
            inviting = asyncio.create_task(phone.offered())
            await asyncio.sleep(0.1)
            for _ in range(50):
                stranger.send(("127.0.0.1", first), LOUD)
            up = await rig.take_call()
            assert (await inviting).status == 200
            assert await heard_of(rig, up.leg_id) == 0
            assert stranger.was_sent() == 0
            await phone.hang_up()

    run(scenario())


def test_strangers_rtcp_goes_nowhere(stranger: Stranger) -> None:
    """Three RTCP packets of a stranger would make the library send its reports to them."""

    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            await phone.dial(rig)
            host, port = phone.remote_rtp
            report = bytes([0x80, 201, 0, 1]) + (99).to_bytes(4, "big")
            for _ in range(5):
                stranger._socket.sendto(report, (host, port + 1))
                await asyncio.sleep(0.02)
            await phone.speak(ALAW_SILENCE * 20)
            await phone.hang_up()
            await rig.expect(LegDisconnected)
            assert stranger.was_sent() == 0

    run(scenario())


def test_a_re_invite_moves_the_party_and_leaves_its_old_place_to_nobody() -> None:
    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone, UdpPhone(rig.line.port) as place:
            leg_id = await phone.dial(rig)
            await phone.speak(LOUD * 25)
            assert await heard_of(rig, leg_id) > _HEARD
            assert (await phone.offered(phone.offer(port=place.media_port))).status == 200
            await phone.speak(LOUD * 25)
            assert await heard_of(rig, leg_id) == 0
            sender = RtpSender(ssrc=8, sequence=9000, timestamp=99_000)
            await paced(lambda payload: place.media.sendto(sender.packet(payload), phone.remote_rtp), [LOUD] * 25)
            assert await heard_of(rig, leg_id) > _HEARD
            await until(lambda: len(place.heard) > 20, "the new place is sent our audio")
            await phone.hang_up()

    run(scenario())


def test_a_hold_that_names_no_address_keeps_the_port_for_the_party(stranger: Stranger) -> None:
    """RFC 2543 held with c=0.0.0.0."""

    async def scenario() -> None:
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            leg_id = await phone.dial(rig)
            held = phone.offer("a=sendonly").replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0")
            assert (await phone.offered(held)).status == 200
            await stranger.burst(phone.remote_rtp, 30)
            assert await heard_of(rig, leg_id) == 0
            assert (await phone.offered(phone.offer())).status == 200
            await stranger.burst(phone.remote_rtp, 30)
            assert await heard_of(rig, leg_id) == 0
            await phone.speak(LOUD * 25)
            assert await heard_of(rig, leg_id) > _HEARD
            await phone.hang_up()

    run(scenario())


@pytest.mark.parametrize("source", ["negotiated", "first"])
def test_audio_that_was_refused_and_comes_back_is_the_partys_again(stranger: Stranger, source: str) -> None:
    async def scenario() -> None:
        async with rigged(rtp_source=source) as rig, UdpPhone(rig.line.port) as phone:
            leg_id = await phone.dial(rig)
            await phone.speak(LOUD * 10)
            await phone.offered(phone.offer(port=0))
            assert await heard_of(rig, leg_id) >= 0
            assert (await phone.offered(phone.offer())).status == 200
            await phone.speak(LOUD * 25)
            assert await heard_of(rig, leg_id) > _HEARD
            await stranger.burst(phone.remote_rtp, 30)
            assert await heard_of(rig, leg_id) == 0
            assert stranger.was_sent() == 0
            await phone.hang_up()

    run(scenario())


def test_with_the_first_source_a_party_behind_nat_is_heard_and_nobody_after_it(stranger: Stranger) -> None:
    async def scenario() -> None:
        async with (
            rigged(rtp_source="first") as rig,
            UdpPhone(rig.line.port) as phone,
            UdpPhone(rig.line.port) as inner,
        ):
            # The SDP names a place that nobody sends from; what comes through the NAT has another.
            leg_id = await phone.dial(rig, phone.offer(port=inner.media_port))
            await phone.speak(LOUD * 25)
            assert await heard_of(rig, leg_id) > _HEARD
            await until(lambda: len(phone.heard) > 5, "we send to where it comes from")
            await stranger.burst(phone.remote_rtp, 50)
            assert await heard_of(rig, leg_id) == 0
            assert stranger.was_sent() == 0
            await phone.speak(LOUD * 25)
            assert await heard_of(rig, leg_id) > _HEARD
            await phone.hang_up()

    run(scenario())


def test_with_srtp_the_port_is_locked_as_well(stranger: Stranger) -> None:
    async def scenario() -> None:
        first, last = free_rtp_range()
        settings = rigged(srtp="mandatory", rtp_port_min=first, rtp_port_max=last)
        async with settings as rig, SoftphoneProcess("--srtp", "mandatory") as phone:
            await phone.call(rig.line.uri)
            up = await rig.take_call()
            await stranger.burst(("127.0.0.1", first), 20)
            assert (await rig.expect(ForeignRtp)).leg_id == up.leg_id
            await phone.hangup()
            await rig.expect(LegDisconnected)

    run(scenario())


def test_a_placed_call_takes_the_callee_alone(stranger: Stranger) -> None:
    first, last = free_rtp_range()

    async def scenario() -> None:
        settings = rigged(rtp_port_min=first, rtp_port_max=last)
        async with settings as rig, SoftphoneProcess("--auto-answer") as phone:
            rig.line.place("out", phone.uri, ring_timeout_s=HANGS_S)
            await rig.expect(LegConfirmed)
            await stranger.burst(("127.0.0.1", first), 30)
            assert await heard_of(rig, "out") == 0
            assert stranger.was_sent() == 0

    run(scenario())


def test_a_leg_whose_port_cannot_be_locked_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    async def scenario() -> None:
        monkeypatch.setattr(audio_stream, "lock", refuse)
        async with rigged() as rig, UdpPhone(rig.line.port) as phone:
            inviting = asyncio.create_task(phone.offered())
            rig.line.answer((await rig.expect(IncomingCall)).leg_id)
            assert not (await rig.expect(LegDisconnected)).by_peer
            assert (await inviting).status == 200
            await phone.next_request("BYE")

    run(scenario())


def test_a_locked_socket_takes_its_source_only_and_counts_the_others() -> None:
    with _socket() as media:
        media.bind(("127.0.0.1", 0))
        media.setblocking(False)
        with _socket() as party, _socket() as other:
            party.bind(("127.0.0.1", 0))
            other.sendto(b"early", media.getsockname())
            lock(media, party.getsockname())
            before = dropped(media)
            other.sendto(b"late", media.getsockname())
            party.sendto(b"own", media.getsockname())
            assert media.recv(100) == b"own"
            assert dropped(media) == before + 1
            lock(media, ("127.0.0.1", ANY_PORT))
            other.sendto(b"same host", media.getsockname())
            assert media.recv(100) == b"same host"
            lock(media, ("127.0.0.2", ANY_PORT))
            other.sendto(b"another host", media.getsockname())
            with pytest.raises(BlockingIOError):
                media.recv(100)
            unlock(media)
            unlock(media)
            other.sendto(b"anybody", media.getsockname())
            assert media.recv(100) == b"anybody"


def _socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
