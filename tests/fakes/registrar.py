"""A small SIP registrar and proxy for tests: UDP, digest (RFC 2617), one contact per user."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from types import TracebackType

Address = tuple[str, int]
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


class Registrar:
    """Takes REGISTER with digest for the users given as name -> password.

    `registered` holds user -> contact; `refused` counts answers to a challenge that were wrong. A request to
    `sip:user@registrar` is relayed to that user's contact (statelessly, adding a Via), and responses back.
    """

    def __init__(self, users: dict[str, str], *, realm: str = "ivr.test") -> None:
        self._users = users
        self._realm = realm
        self._nonce = secrets.token_hex(8)
        self._transport: asyncio.DatagramTransport | None = None
        self._changed = asyncio.Event()
        self.registered: dict[str, str] = {}
        self.challenges = 0
        self.refused = 0
        self.port = 0

    async def __aenter__(self) -> Registrar:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Protocol(self._received), local_addr=("127.0.0.1", 0)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        assert self._transport is not None
        self._transport.close()

    @property
    def uri(self) -> str:
        return f"sip:127.0.0.1:{self.port}"

    async def wait_for(self, user: str, *, registered: bool = True, timeout_s: float = 60.0) -> None:
        async with asyncio.timeout(timeout_s):
            while (user in self.registered) is not registered:
                self._changed.clear()
                await self._changed.wait()

    def _received(self, data: bytes, source: Address) -> None:
        text = data.decode(errors="replace")
        if text.startswith("SIP/2.0"):
            self._pass_back(text)
        elif text.startswith("REGISTER "):
            self._register(text, source)
        elif text.strip():
            self._relay(text, source)

    def _register(self, text: str, source: Address) -> None:
        user = _first(r"^To:.*?sips?:([^@>;]+)@", text) or ""
        given = _first(r"^Authorization:\s*Digest\s+(.*)$", text)
        if given is None:
            self.challenges += 1
            challenge = f'WWW-Authenticate: Digest realm="{self._realm}", nonce="{self._nonce}", algorithm=MD5'
            self._answer(text, source, "401 Unauthorized", challenge)
            return
        if not self._right(user, {name: quoted or bare for name, quoted, bare in _PARAMETER.findall(given)}):
            self.refused += 1
            self._answer(text, source, "403 Forbidden")
            return
        contact = _first(r"^(?:Contact|m):\s*<?([^>\s;]+)", text) or ""
        expires = _first(r"^Contact:.*;expires=(\d+)", text) or _first(r"^Expires:\s*(\d+)", text) or "300"
        if contact == "*" or expires == "0":
            self.registered.pop(user, None)
            self._answer(text, source, "200 OK")
        else:
            self.registered[user] = contact
            self._answer(text, source, "200 OK", f"Contact: <{contact}>;expires={expires}")
        self._changed.set()

    def _right(self, user: str, given: dict[str, str]) -> bool:
        if user not in self._users or given.get("nonce") != self._nonce or given.get("realm") != self._realm:
            return False
        secret = _md5(f"{user}:{self._realm}:{self._users[user]}")
        return given.get("response") == _md5(f"{secret}:{self._nonce}:{_md5('REGISTER:' + given.get('uri', ''))}")

    def _relay(self, text: str, source: Address) -> None:
        request, rest = text.split("\r\n", 1)
        method, uri, version = request.split(" ")
        user = _first(r"sips?:([^@>;]+)@", uri) or ""
        contact = self.registered.get(user, uri)
        host = _first(r"@?([\d.]+:\d+)", contact)
        if host is None or host == f"127.0.0.1:{self.port}":
            if method != "ACK":
                self._answer(text, source, "404 Not Found")
            return
        branch = "z9hG4bK" + _md5(_first(r"branch=([^;\s]+)", rest) or rest)
        via = f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch}"
        self._send(f"{method} {contact} {version}\r\n{via}\r\n{rest}", host)

    def _pass_back(self, text: str) -> None:
        status, own_via, rest = text.split("\r\n", 2)
        target = _first(r"^Via:\s*SIP/2\.0/UDP\s+([\d.]+:\d+)", rest)
        if own_via.lower().startswith("via:") and target:
            self._send(f"{status}\r\n{rest}", target)

    def _answer(self, text: str, source: Address, status: str, *extra: str) -> None:
        wanted = ("via", "from", "to", "call-id", "cseq", "v", "f", "t", "i")
        lines = [line for line in text.split("\r\n") if line.split(":")[0].strip().lower() in wanted]
        lines = [line + ";tag=registrar" if _is_bare_to(line) else line for line in lines]
        message = "\r\n".join([f"SIP/2.0 {status}", *lines, *extra, "Content-Length: 0", "", ""])
        self._send(message, f"{source[0]}:{source[1]}")

    def _send(self, message: str, host: str) -> None:
        assert self._transport is not None
        name, port = host.split(":")
        self._transport.sendto(message.encode(), (name, int(port)))


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, received: object) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: Address) -> None:
        assert callable(self._received)
        self._received(data, addr)


def _is_bare_to(line: str) -> bool:
    return line.split(":")[0].strip().lower() in ("to", "t") and "tag=" not in line


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text, re.IGNORECASE | re.MULTILINE)
    return found.group(1).rstrip("\r") if found else None


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
