"""A SIP message as it came in, read strictly: what two parsers could read in two ways is none (RFC 3261 section 7).

Pure. The library parses messages itself; this reading only decides whether it may.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LARGEST_BYTES = 4000
"""The library's buffer (PJSIP_MAX_PKT_LEN of this build): it neither reads nor writes a longer message."""

_COMPACT = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
}
_ONCE = (
    "from",
    "to",
    "call-id",
    "cseq",
    "content-length",
    "content-type",
    "event",
    "max-forwards",
    "replaces",
    "join",
    "refer-to",
)
_NEEDED = ("via", "from", "to", "call-id", "cseq")
_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
_TAG = re.compile(r";\s*tag\s*=\s*([^\s;,>]+)", re.IGNORECASE)
_BRANCH = re.compile(r";\s*branch\s*=\s*([^\s;,]+)", re.IGNORECASE)
_CSEQ = re.compile(r"(\d{1,10})\s+(\S+)")
_NUMBER = re.compile(r"\d{1,9}")


class UnreadableError(ValueError):
    """Raised when bytes are no SIP message, or one that can be read in more than one way; says why in a few words."""


@dataclass(frozen=True)
class Message:
    """`method` is "" in a response, `status` 0 in a request. `headers` are (name in lower case and long form, value).

    `body` is whatever came after the head, also beyond Content-Length; `declared` is Content-Length, None without one.
    """

    method: str
    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    head_bytes: int
    declared: int | None
    cseq: int
    cseq_method: str

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key == name)

    def get(self, name: str) -> str:
        """The first value of a header; "" without one."""
        return next((value for key, value in self.headers if key == name), "")

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.headers)

    @property
    def call_id(self) -> str:
        return self.get("call-id")

    @property
    def from_tag(self) -> str:
        return _tag(self.get("from"))

    @property
    def to_tag(self) -> str:
        return _tag(self.get("to"))

    @property
    def branch(self) -> str:
        found = _BRANCH.search(self.get("via").split(",", 1)[0])
        return found.group(1) if found else ""

    @property
    def content_type(self) -> str:
        """Type and subtype in lower case, without parameters; "" without one."""
        return self.get("content-type").split(";", 1)[0].strip().lower()

    @property
    def content(self) -> bytes:
        """The body up to Content-Length: what lies behind it in a datagram is nothing (RFC 3261 section 18.3)."""
        return self.body if self.declared is None else self.body[: self.declared]

    @property
    def cut(self) -> bool:
        """Whether less of the body has arrived than Content-Length says."""
        return self.declared is not None and self.declared > len(self.body)


def read_message(data: bytes) -> Message:
    """Read one whole message. Raises UnreadableError."""
    head, gap, body = data.partition(b"\r\n\r\n")
    if not gap:
        raise UnreadableError("the head does not end")
    if b"\0" in head or b"\n" in head.replace(b"\r\n", b"") or b"\r" in head.replace(b"\r\n", b""):
        raise UnreadableError("a line of the head does not end with CRLF")
    first, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    method, status = _start(first)
    headers = tuple(_headers(lines))
    counts = {name: sum(1 for key, _ in headers if key == name) for name in (*_ONCE, *_NEEDED)}
    for name in _ONCE:
        if counts[name] > 1:
            raise UnreadableError(f"two {name} headers")
    for name in _NEEDED:
        if not counts[name]:
            raise UnreadableError(f"no {name} header")
    values = dict(reversed(headers))
    sequence = _CSEQ.fullmatch(values["cseq"])
    if sequence is None or int(sequence.group(1)) >= 1 << 32 or (method and sequence.group(2) != method):
        raise UnreadableError("the cseq header does not fit")
    declared = None
    if "content-length" in values:
        if not _NUMBER.fullmatch(values["content-length"]):
            raise UnreadableError("the content-length header is no number")
        declared = int(values["content-length"])
    return Message(method, status, headers, body, len(head) + 4, declared, int(sequence.group(1)), sequence.group(2))


def _start(line: str) -> tuple[str, int]:
    parts = line.split(" ")
    if parts[0] == "SIP/2.0" and len(parts) >= 2:
        if not re.fullmatch(r"[1-6]\d\d", parts[1]):
            raise UnreadableError("the status is none")
        return "", int(parts[1])
    if len(parts) != 3 or parts[2] != "SIP/2.0" or not _TOKEN.fullmatch(parts[0]) or not parts[1]:
        raise UnreadableError("the first line is no request of SIP/2.0")
    return parts[0], 0


def _headers(lines: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t"):
            if not found:
                raise UnreadableError("the first header line is a continuation")
            name, value = found[-1]
            found[-1] = (name, f"{value} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t").lower()
        if not colon or not _TOKEN.fullmatch(name):
            raise UnreadableError("a header line has no name")
        found.append((_COMPACT.get(name, name), value.strip()))
    return found


def _tag(value: str) -> str:
    after = value.rpartition(">")[2]
    found = _TAG.search(after)
    return found.group(1) if found else ""
