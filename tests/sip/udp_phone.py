"""A peer of ours with a voice: SIP by `RawPeer`, and RTP, RTCP and DTMF packet by packet, as the test wants them."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.sip.raw_peer import HOST, Answer, RawPeer
from tests.sip.rig import Rig

Address = tuple[str, int]
FRAME_S = 0.02
ALAW_SILENCE = b"\xd5" * 160
LOUD = b"\xb5\xb5\xb5\xb5\x35\x35\x35\x35" * 20
"""20 ms of A-law: a square wave of 1 kHz."""

_KNOWN = {"8": "8 PCMA/8000", "0": "0 PCMU/8000", "101": "101 telephone-event/8000"}


@dataclass
class RtpSender:
    """Numbers RTP packets of one source."""

    ssrc: int = 7
    sequence: int = 100
    timestamp: int = 16000

    def packet(
        self, payload: bytes, payload_type: int = 8, *, marker: bool = False, timestamp: int | None = None
    ) -> bytes:
        """Return the next packet; audio (without `timestamp`) moves the clock on by its own length."""
        at = self.timestamp if timestamp is None else timestamp
        head = bytes([0x80, payload_type | (0x80 if marker else 0)]) + (self.sequence & 0xFFFF).to_bytes(2, "big")
        self.sequence += 1
        if timestamp is None:
            self.timestamp += len(payload)
        return head + (at & 0xFFFFFFFF).to_bytes(4, "big") + self.ssrc.to_bytes(4, "big") + payload


def event(digit: str, duration: int, *, end: bool = False) -> bytes:
    """The payload of one RFC 4733 packet; `duration` in units of the RTP clock."""
    return bytes(["0123456789*#ABCD".index(digit), (0x80 if end else 0) | 10]) + duration.to_bytes(2, "big")


async def paced(send: Callable[[bytes], object], payloads: Sequence[bytes]) -> None:
    """Call `send` with each payload, 20 ms apart by the clock, however late single ones are."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for number, payload in enumerate(payloads):
        await asyncio.sleep(max(0.0, begin + number * FRAME_S - loop.time()))
        send(payload)


class UdpPhone(RawPeer):
    """Calls the line at `to`; `heard` keeps every RTP packet that it is sent."""

    def __init__(self, to: int) -> None:
        super().__init__(to)
        self.media.close()
        self.media, self.rtcp = _pair()
        self.media_port = self.media.getsockname()[1]
        self.sender = RtpSender()
        self.heard: list[bytes] = []
        self.answer_sdp = ""
        self._remote_port = 0
        self._offers = 0

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        asyncio.get_running_loop().add_reader(self.media, lambda: self.heard.append(self.media.recv(2048)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.to_tag:
            await self.send(self.request("BYE"))
        asyncio.get_running_loop().remove_reader(self.media)
        self.rtcp.close()
        await super().__aexit__(kind, error, trace)

    # ---- signalling

    @property
    def remote_rtp(self) -> Address:
        """Where the line's answer wants our RTP."""
        return HOST, self._remote_port

    def offer(
        self,
        *lines: str,
        formats: str = "8 101",
        port: int | None = None,
        before: tuple[str, ...] = (),
        maps: bool = True,
    ) -> str:
        """An offer of one audio line, with further lines after it and other media before it.

        `maps` writes the rtpmaps of the usual formats.
        """
        self._offers += 1
        head = ["v=0", f"o=phone 1 {self._offers} IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0", *before]
        audio = f"m=audio {self.media_port if port is None else port} RTP/AVP {formats}"
        written = [f"a=rtpmap:{_KNOWN[one]}" for one in formats.split() if maps and one in _KNOWN]
        return "\r\n".join([*head, audio, *written, *lines]) + "\r\n"

    async def offered(self, offer: str | None = None) -> Answer:
        """Send INVITE (or re-INVITE), wait for its answer and acknowledge it."""
        answer = await self.invite(body=self.offer() if offer is None else offer)
        if answer.status == 200:
            await self.ack()
            self.answer_sdp = answer.body
            found = re.search(r"^m=audio ([1-9]\d*)", answer.body, re.MULTILINE)
            self._remote_port = int(found.group(1)) if found else 0
        return answer

    async def dial(self, rig: Rig, offer: str | None = None) -> str:
        """Call the line, have it answered, and return the leg's id once it is up."""
        inviting = asyncio.create_task(self.offered(offer))
        up = await rig.take_call()
        assert (await inviting).status == 200
        return up.leg_id

    async def info(self, body: str, kind: str = "application/dtmf-relay") -> int:
        return (await self.ask("INFO", body=body, kind=kind)).status

    # ---- media

    def send_rtp(
        self, payload: bytes, payload_type: int = 8, *, marker: bool = False, timestamp: int | None = None
    ) -> None:
        """Send one RTP packet to the line, now."""
        packet = self.sender.packet(payload, payload_type, marker=marker, timestamp=timestamp)
        self.media.sendto(packet, self.remote_rtp)

    async def speak(self, alaw: bytes) -> None:
        """Send audio at its own pace, 20 ms a packet."""
        await paced(self.send_rtp, [alaw[at : at + 160] for at in range(0, len(alaw), 160)])

    def report(self) -> None:
        """Send an RTCP receiver report about the line's stream (RFC 3550 section 6.4.2)."""
        about = self.heard[-1][8:12] if self.heard else bytes(4)
        packet = bytes([0x81, 201, 0, 7]) + self.sender.ssrc.to_bytes(4, "big") + about + bytes(20)
        self.rtcp.sendto(packet, (HOST, self._remote_port + 1))

    async def press(
        self, digit: str, *, timestamp: int, durations: tuple[int, ...], ends: int = 3, payload_type: int = 101
    ) -> None:
        """Send the packets of one key: these durations, then the last of them `ends` times with the end bit."""
        for number, duration in enumerate(durations):
            self.send_rtp(event(digit, duration), payload_type, marker=number == 0, timestamp=timestamp)
            await asyncio.sleep(0.005)
        for _ in range(ends):
            self.send_rtp(event(digit, durations[-1], end=True), payload_type, timestamp=timestamp)
            await asyncio.sleep(0.005)


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two sockets on neighbouring ports, the first even (RFC 3550 section 11)."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        try:
            rtp.bind((HOST, 0))
            port = rtp.getsockname()[1]
            if port % 2 == 0:
                rtcp.bind((HOST, port + 1))
                rtp.setblocking(False)
                return rtp, rtcp
        except OSError:
            pass
        rtp.close()
        rtcp.close()
