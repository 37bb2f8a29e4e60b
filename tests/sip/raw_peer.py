"""A SIP peer of ours without any stack: it sends what it is told, byte for byte, and shows what comes back."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
#: An answer comes in milliseconds. This only ends what hangs.
HANGS_S = 60.0


def sdp(port: int, *lines: str, formats: str = "8 0 101") -> str:
    """A plain offer or answer: one audio line with PCMA, PCMU and telephone-event; `lines` are added to it."""
    text = ["v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0", f"m=audio {port} RTP/AVP {formats}"]
    text += ["a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", *lines]
    return "\r\n".join(text) + "\r\n"


class Answer:
    """One message that came back. `header` gives the first value of a header, by its long name."""

    def __init__(self, text: str) -> None:
        self.text = text
        head, _, self.body = text.partition("\r\n\r\n")
        self.first, *self._lines = head.split("\r\n")
        numbers = re.match(r"SIP/2\.0 (\d{3}) ", self.first)
        self.status = int(numbers.group(1)) if numbers else 0
        self.method = "" if numbers else self.first.split(" ", 1)[0]

    def header(self, name: str) -> str:
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> list[str]:
        pairs = (line.partition(":") for line in self._lines)
        return [value.strip() for key, _, value in pairs if key.strip().lower() == name.lower()]

    def __repr__(self) -> str:
        return self.first


class RawPeer:
    """One socket and at most one dialog at a time. `to` is the line's port; over TCP with `tcp`."""

    def __init__(self, to: int, *, tcp: bool = False, host: str = HOST) -> None:
        self._to = (HOST, to)
        self.tcp = tcp
        kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.setblocking(False)
        self.socket.bind((host, 0))
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind((host, 0))
        self.port: int = self.socket.getsockname()[1]
        self.media_port: int = self.media.getsockname()[1]
        self.call_id = secrets.token_hex(8)
        self.tag = secrets.token_hex(4)
        self.to_tag = ""
        self.target = ""
        self._cseq = 0
        self._invite_cseq = 0
        self._pending = ""

    async def __aenter__(self) -> Self:
        if self.tcp:
            await asyncio.get_running_loop().sock_connect(self.socket, self._to)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()
        self.media.close()

    @property
    def line_uri(self) -> str:
        return f"sip:ivr@{HOST}:{self._to[1]}"

    def request(
        self,
        method: str,
        *headers: str,
        body: str = "",
        to_tag: str | None = None,
        cseq: int | None = None,
        length: int | None = None,
        kind: str = "application/sdp",
        vias: Sequence[str] = (),
    ) -> bytes:
        """One request; inside the dialog once there is one. `length` lies about the body's."""
        if cseq is None:
            self._cseq += 1
            cseq = self._cseq
        if method == "INVITE":
            self._invite_cseq = cseq
        tag = self.to_tag if to_tag is None else to_tag
        transport = "TCP" if self.tcp else "UDP"
        lines = [
            f"{method} {self.target or self.line_uri} SIP/2.0",
            f"Via: SIP/2.0/{transport} {HOST}:{self.port};rport;branch=z9hG4bK{secrets.token_hex(8)}",
            *vias,
            f"From: <sip:peer@{HOST}:{self.port}>;tag={self.tag}",
            f"To: <{self.line_uri}>" + (f";tag={tag}" if tag else ""),
            f"Call-ID: {self.call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:peer@{HOST}:{self.port}{';transport=tcp' if self.tcp else ''}>",
            "Max-Forwards: 70",
            *headers,
        ]
        if body:
            lines.append(f"Content-Type: {kind}")
        lines.append(f"Content-Length: {len(body) if length is None else length}")
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    async def send(self, message: bytes) -> None:
        loop = asyncio.get_running_loop()
        if self.tcp:
            await loop.sock_sendall(self.socket, message)
        else:
            await loop.sock_sendto(self.socket, message, self._to)

    async def receive(self, *, timeout_s: float = HANGS_S) -> Answer:
        """The next message. Raises TimeoutError when none comes, ConnectionError when the line hangs up."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout_s):
            if not self.tcp:
                return Answer((await loop.sock_recv(self.socket, 65536)).decode())
            while True:
                whole = _first_message(self._pending)
                if whole:
                    self._pending = self._pending[len(whole) :]
                    return Answer(whole)
                data = await loop.sock_recv(self.socket, 65536)
                if not data:
                    raise ConnectionError("the line has closed the connection")
                self._pending += data.decode()

    async def final(self, method: str = "", *, timeout_s: float = HANGS_S) -> Answer:
        """The next final answer, to this method when one is named; provisional ones and requests are passed over."""
        async with asyncio.timeout(timeout_s):
            while True:
                answer = await self.receive(timeout_s=timeout_s)
                if answer.status >= 200 and answer.header("CSeq").endswith(method):
                    return answer

    async def next_request(self, method: str, *, timeout_s: float = HANGS_S) -> Answer:
        """The next request of this method that the line sends; answered with 200."""
        async with asyncio.timeout(timeout_s):
            while True:
                request = await self.receive(timeout_s=timeout_s)
                if request.method == method:
                    await self.send(self.reply(request, 200))
                    return request

    def reply(self, request: Answer, status: int, *headers: str, body: str = "") -> bytes:
        """An answer of this peer to a request of the line."""
        to = request.header("To")
        lines = [f"SIP/2.0 {status} -", *(f"Via: {via}" for via in request.headers("Via"))]
        lines += [f"From: {request.header('From')}", f"To: {to}" + ("" if "tag=" in to else f";tag={self.tag}")]
        lines += [f"Call-ID: {request.header('Call-ID')}", f"CSeq: {request.header('CSeq')}"]
        lines += [f"Contact: <sip:peer@{HOST}:{self.port}>", *headers]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    async def ask(self, method: str, *headers: str, body: str = "", kind: str = "application/sdp") -> Answer:
        """Send a request and return its final answer."""
        await self.send(self.request(method, *headers, body=body, kind=kind))
        return await self.final(method)

    async def invite(self, *headers: str, body: str | None = None) -> Answer:
        """Send an INVITE with a plain offer; returns its final answer and enters the dialog when that is a 2xx."""
        answer = await self.ask("INVITE", *headers, body=sdp(self.media_port) if body is None else body)
        if 200 <= answer.status < 300:
            self.enter(answer)
        else:
            await self.acknowledge(answer)
        return answer

    async def acknowledge(self, refusal: Answer) -> None:
        """The ACK of a final answer that is no 2xx: hop by hop, with the branch of the INVITE."""
        lines = [f"ACK {self.target or self.line_uri} SIP/2.0", f"Via: {refusal.header('Via')}"]
        lines += [f"{name}: {refusal.header(name)}" for name in ("From", "To", "Call-ID")]
        lines += [f"CSeq: {self._invite_cseq} ACK", "Max-Forwards: 70", "Content-Length: 0", "", ""]
        await self.send("\r\n".join(lines).encode())

    def enter(self, answer: Answer) -> None:
        """Take the dialog that a 2xx (or an 18x) has made."""
        found = re.search(r";tag=([^;\s]+)", answer.header("To"))
        assert found is not None
        self.to_tag = found.group(1)
        contact = re.search(r"<([^>]+)>", answer.header("Contact"))
        assert contact is not None
        self.target = contact.group(1)

    async def ack(self, *, body: str = "") -> None:
        await self.send(self.request("ACK", body=body, cseq=self._invite_cseq))

    async def call(self) -> Answer:
        """Call the line, which answers, and acknowledge; returns the 2xx."""
        answer = await self.invite()
        assert answer.status == 200, answer.text
        await self.ack()
        return answer

    async def hang_up(self) -> None:
        assert (await self.ask("BYE")).status == 200

    async def nothing(self, for_s: float = 0.4) -> bool:
        """Whether nothing comes for a while."""
        try:
            await self.receive(timeout_s=for_s)
        except TimeoutError:
            return True
        return False


def _first_message(text: str) -> str:
    head, gap, body = text.partition("\r\n\r\n")
    if not gap:
        return ""
    length = re.search(r"^Content-Length:\s*(\d+)", head, re.IGNORECASE | re.MULTILINE)
    size = int(length.group(1)) if length else 0
    return head + gap + body[:size] if len(body) >= size else ""
