"""Where a message on a TCP connection ends (RFC 3261 section 18.3), and whether the library's buffer can hold it.

Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivr.sip.message import LARGEST_BYTES, Message, UnreadableError, read_message

_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*([^\n]*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_NUMBER = re.compile(rb"\d{1,9}")
_OTHER_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
_CALL_ID = re.compile(rb"^(?:call-id|i)[ \t]*:[ \t]*(\S+)[ \t]*$", re.IGNORECASE | re.MULTILINE)
LONGEST_SKIPPED_BYTES = 65_536
"""A longer message is not read to its end: its connection is closed."""


@dataclass(frozen=True)
class Frame:
    """What stands at the beginning of the bytes that are there.

    `size` is the whole message's, None when that cannot be known yet. `status` is the refusal that it deserves, 0 when
    it may be passed on; then `broken` tells that nothing after it can be understood.
    """

    size: int | None
    status: int = 0
    broken: bool = False
    sip_call_id: str = ""


def frame_of(data: bytes) -> Frame:
    """Read the beginning of what came on a connection, line ends before it taken off."""
    end = data.find(b"\r\n\r\n")
    head = data if end < 0 else data[:end]
    if _OTHER_LINE_END.search(head):
        # The library may find the head's end or its length there, and another message in what follows than we do.
        return Frame(None, 400, broken=True)
    if end < 0:
        return Frame(None, 513, broken=True) if len(data) >= LARGEST_BYTES else Frame(None)
    head = head.replace(b"\r\n", b"\n")
    lengths = _LENGTH.findall(head)
    if len(lengths) != 1 or not _NUMBER.fullmatch(lengths[0]):
        return Frame(None, 400, broken=True)
    size = end + 4 + int(lengths[0])
    if size >= LARGEST_BYTES:
        return Frame(size, 513, broken=size > LONGEST_SKIPPED_BYTES)
    named = _CALL_ID.search(head)
    return Frame(size, sip_call_id=named.group(1).decode("utf-8", "surrogateescape") if named else "")


def request_in(data: bytes) -> Message | None:
    """Return the request whose beginning this is, as far as its head has come, to be refused; None when it is none."""
    head, gap, rest = data.partition(b"\r\n\r\n")
    if not gap:
        head, rest = data.rpartition(b"\r\n")[0], b""
    try:
        message = read_message(head + b"\r\n\r\n" + rest)
    except UnreadableError:
        return None
    return message if message.method not in ("", "ACK") else None
