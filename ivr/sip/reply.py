"""Final answers that are ours and not the library's, as bytes (RFC 3261 sections 8.2.6 and 18.2.2).

Pure. An answer repeats what the request brought and little else, so that it always fits where the request did; its
way back is the address that the request came from, never one that it names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from ivr.sip.message import Message

REASONS: dict[int, str] = {
    200: "OK",
    400: "Bad Request",
    405: "Method Not Allowed",
    415: "Unsupported Media Type",
    420: "Bad Extension",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    488: "Not Acceptable Here",
    489: "Bad Event",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    513: "Message Too Large",
    603: "Decline",
}
_SENT_BY = re.compile(r"SIP\s*/\s*2\.0\s*/\s*\w+\s+([^\s;,]+)", re.IGNORECASE)
_RPORT = re.compile(r";\s*rport(?![\w=])(?!\s*=)", re.IGNORECASE)
_DEFAULT_PORT = 5060


def write_reply(
    request: Message,
    status: int,
    source: tuple[str, int],
    *,
    secret: bytes,
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Return the answer to a request; the same request gets the same To tag, by `secret`."""
    vias = list(request.all("via"))
    # The topmost value only: others on the same line are of those who came before.
    top, comma, rest = vias[0].partition(",")
    top = _RPORT.sub(f";rport={source[1]}", top)
    vias[0] = f"{top};received={source[0]}{comma}{rest}"
    to = request.get("to")
    if not request.to_tag:
        seed = f"{request.call_id} {request.cseq} {request.from_tag}".encode("utf-8", "surrogateescape")
        to += ";tag=" + hashlib.blake2s(seed, key=secret, digest_size=8).hexdigest()
    lines = [f"SIP/2.0 {status} {REASONS[status]}"]
    lines += [f"Via: {via}" for via in vias]
    lines += [
        f"From: {request.get('from')}",
        f"To: {to}",
        f"Call-ID: {request.call_id}",
        f"CSeq: {request.get('cseq')}",
    ]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def way_back(request: Message, source: tuple[str, int]) -> tuple[str, int]:
    """Return where a UDP answer goes: the source's address, and its port or the one that Via names (RFC 3581)."""
    top = request.get("via").split(",", 1)[0]
    found = _SENT_BY.match(top)
    if _RPORT.search(top) or found is None:
        return source
    _, colon, port = found.group(1).rpartition(":")
    if not colon:
        return source[0], _DEFAULT_PORT
    return (source[0], int(port)) if port.isdigit() and 0 < int(port) < 1 << 16 else source
