"""Bent packets of our own making, by seed: valid SIP and RTP with one to four faults each."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.sip.raw_peer import HOST, sdp

METHODS = (
    *("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "PRACK", "UPDATE", "REFER", "NOTIFY", "SUBSCRIBE"),
    *("MESSAGE", "REGISTER", "PUBLISH"),
)
_ODD_HEADERS = (
    "Require: 100rel, \x7f",
    "Contact: *",
    "Session-Expires: 4294967296",
    "Record-Route: <sip:127.0.0.1;lr>, <>",
    "Content-Type: multipart/mixed;boundary=",
    'Authorization: Digest username="", nonce="',
    "Max-Forwards: -1",
    "Expires: 99999999999999999999",
    "RAck: 1 1",
    "Accept: ,,,;q=",
    "Date: never",
    "Via: SIP/2.0/UDP",
)
_ODD_LINES = (
    "a=rtpmap:8",
    "a=rtpmap:999 X/0/0",
    "a=fmtp:",
    "a=ptime:-20",
    "a=ptime:99999999999",
    "m=audio 0 RTP/AVP",
    "m=audio 1 X 8",
    "c=IN IP4",
    "c=IN IP6 ::g",
    "b=:",
    "t=9999999999999999999999 0",
    "o=",
    "a=sendrecv\ra=inactive",
    "a=rtcp:70000",
    "a=crypto:1 AES inline:",
    "=",
)


class BentPackets:
    """Two instances with one seed make the same packets. `answer_to` is the peer's own port."""

    def __init__(self, seed: int, *, line_port: int, answer_to: int, transport: str = "UDP") -> None:
        self._chance = random.Random(seed)
        self._line = line_port
        self._own = answer_to
        self._transport = transport
        self._count = 0

    def sip(self, dialog: tuple[str, str, str] | None = None) -> bytes:
        """One bent request or response; now and then within a dialog (Call-ID, their tag, our tag)."""
        chance = self._chance
        self._count += 1
        head, body = self._whole(dialog if chance.random() < 0.5 else None)
        for _ in range(chance.randint(1, 4)):
            bend: Callable[[list[str], str], tuple[list[str], str]] = chance.choice(
                (self._drop, self._repeat, self._odd, self._huge, self._length, self._describe, self._swap)
            )
            head, body = bend(head, body)
        data = ("\r\n".join(head) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")
        fate = chance.random()
        if fate < 0.15:
            data = data[: chance.randint(0, len(data))]
        elif fate < 0.35:
            data = self._flip(data)
        return data[:65_000]

    def rtp(self, payload_type: int = 8) -> bytes:
        """One bent RTP or RTCP packet."""
        chance = self._chance
        kind = chance.choice((payload_type, 101, chance.randrange(128), 200, 201, 202, 203))
        head = bytes([chance.choice((0x80, 0x80, 0x90, 0xA0, 0xBF, chance.randrange(256))), kind & 0xFF])
        body = chance.randbytes(chance.choice((0, 1, 4, 12, 160, 170, 1400, chance.randrange(1500))))
        packet = head + chance.randbytes(10) + body
        return self._flip(packet) if chance.random() < 0.3 else packet[: chance.choice((len(packet), len(packet) // 2))]

    def _whole(self, dialog: tuple[str, str, str] | None) -> tuple[list[str], str]:
        chance, number = self._chance, self._count
        method = chance.choice(METHODS)
        body = sdp(self._own) if chance.random() < 0.6 else ""
        call_id, theirs, ours = dialog or (f"bent-{number}", f"t{number}", "")
        first = f"{method} sip:ivr@{HOST}:{self._line} SIP/2.0"
        if chance.random() < 0.2:
            first = f"SIP/2.0 {chance.choice((100, 180, 200, 302, 401, 486, 700, 99))} Bent"
        head = [
            first,
            f"Via: SIP/2.0/{self._transport} {HOST}:{self._own};branch=z9hG4bK-{number}",
            f"From: <sip:bent@{HOST}:{self._own}>;tag={theirs}",
            f"To: <sip:ivr@{HOST}:{self._line}>" + (f";tag={ours}" if ours else ""),
            f"Call-ID: {call_id}",
            f"CSeq: {chance.randint(1, 1000)} {method}",
            f"Contact: <sip:bent@{HOST}:{self._own}>",
            "Max-Forwards: 70",
            "Content-Type: application/sdp",
            f"Content-Length: {len(body)}",
        ]
        return head, body

    def _drop(self, head: list[str], body: str) -> tuple[list[str], str]:
        at = self._chance.randrange(len(head))
        return head[:at] + head[at + 1 :] or [""], body

    def _repeat(self, head: list[str], body: str) -> tuple[list[str], str]:
        line = self._chance.choice(head)
        return head + [line] * self._chance.choice((1, 2, 30)), body

    def _odd(self, head: list[str], body: str) -> tuple[list[str], str]:
        at = self._chance.randint(1, len(head))
        return [*head[:at], self._chance.choice(_ODD_HEADERS), *head[at:]], body

    def _huge(self, head: list[str], body: str) -> tuple[list[str], str]:
        at = self._chance.randrange(len(head))
        return [
            *head[:at],
            head[at] + self._chance.choice('x;,<"%') * self._chance.choice((10, 300, 3000)),
            *head[at + 1 :],
        ], body

    def _length(self, head: list[str], body: str) -> tuple[list[str], str]:
        wrong = self._chance.choice((0, 1, len(body) + 1, 3999, 4000, 70_000, 999_999_999, -1))
        return [f"Content-Length: {wrong}" if line.startswith("Content-Length") else line for line in head], body

    def _describe(self, head: list[str], body: str) -> tuple[list[str], str]:
        lines = body.split("\r\n")
        lines.insert(self._chance.randint(0, len(lines)), self._chance.choice(_ODD_LINES))
        return head, "\r\n".join(lines)

    def _swap(self, head: list[str], body: str) -> tuple[list[str], str]:
        rest = head[1:]
        self._chance.shuffle(rest)
        return [head[0], *rest], body

    def _flip(self, data: bytes) -> bytes:
        bent = bytearray(data)
        for _ in range(self._chance.randint(1, 8)):
            if bent:
                bent[self._chance.randrange(len(bent))] = self._chance.randrange(256)
        return bytes(bent)
