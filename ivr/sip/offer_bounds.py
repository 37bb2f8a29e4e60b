"""What a session description may ask for before the library acts on it (RFC 8866): conservative bounds, as data.

Pure. Each media line that is refused by port 0 costs the library nothing; every other one costs sockets and memory.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class OfferBounds:
    """The most that one description may hold; far above what telephones send, far below what the library has.

    `audio_lines` counts media lines of type audio with a port: each would be given two sockets.
    """

    body_bytes: int = 3_000
    line_bytes: int = 512
    lines: int = 160
    media_lines: int = 6
    audio_lines: int = 2
    formats_per_media: int = 24
    attributes_per_media: int = 48
    candidate_lines: int = 24
    crypto_lines: int = 8
    bandwidth_lines: int = 4
    connection_lines: int = 2


BOUNDS = OfferBounds()
_NOBODYS = tuple(map(ipaddress.ip_network, ("0.0.0.0/8", "224.0.0.0/3", "ff00::/8")))
"""This network (RFC 1122), multicast, reserved with broadcast (RFC 5771, RFC 1112), multicast of IPv6."""
_MEDIA = re.compile(r"m=([A-Za-z0-9-]{1,16}) (\d{1,5})(?:/(\d{1,3}))? (\S{1,64})((?: \S{1,64})*)")


def excess_of(body: bytes, bounds: OfferBounds = BOUNDS) -> str:
    """Say in a few words what in a description is too much or unreadable; "" when it is within bounds.

    A multipart body is read as one: the lines of all its parts count together, and lines that are none are theirs.
    """
    if len(body) > bounds.body_bytes or b"\0" in body:
        return "body"
    # The library takes each of the three for the end of a line.
    lines = re.split("\r\n|\n|\r", body.decode("utf-8", "surrogateescape"))
    if len(lines) > bounds.lines:
        return "lines"
    counts = dict.fromkeys(("m=", "audio", "a=", "b=", "c=", "candidate", "crypto"), 0)
    for line in lines:
        if len(line) > bounds.line_bytes:
            return "line"
        kind = line[:2]
        if kind not in counts:
            continue
        counts[kind] += 1
        if kind == "m=":
            counts["a="] = counts["b="] = counts["c="] = 0
            media = _MEDIA.fullmatch(line.rstrip())
            if media is None:
                return "media line"
            name, port, span, _, formats = media.groups()
            if int(port) >= 1 << 16 or int(span or 1) > 1:
                return "media port"
            if len(formats.split()) > bounds.formats_per_media:
                return "formats"
            counts["audio"] += name.lower() == "audio" and port != "0"
        elif kind == "a=":
            counts["candidate"] += line.startswith("a=candidate:")
            counts["crypto"] += line.startswith("a=crypto:")
            if line.startswith("a=rtcp:") and not _is_rtcp(line[7:]):
                return "rtcp address"
        elif kind == "c=" and not _is_address(line[2:]):
            return "connection address"
        over = _over(counts, bounds)
        if over:
            return over
    return ""


def _is_address(connection: str) -> bool:
    """Whether a connection names one party's address, by number; 0.0.0.0 is a hold (RFC 2543).

    A name would be looked up, and every call of the line waits. What we send to a group or to a broadcast address
    would be heard by everybody there.
    """
    network, _, address = connection.strip().partition(" ")
    family, _, host = address.partition(" ")
    try:
        found = ipaddress.ip_address(host.strip())
    except ValueError:
        return False
    meant = (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
    if any(meant in block for block in _NOBODYS) and not meant.is_unspecified:
        return False
    return network == "IN" and family == f"IP{found.version}"


def _is_rtcp(value: str) -> bool:
    """Whether an RFC 3605 attribute is a port, with an address by number or none."""
    port, _, connection = value.strip().partition(" ")
    return port.isdigit() and int(port) < 1 << 16 and (not connection or _is_address(connection))


def _over(counts: dict[str, int], bounds: OfferBounds) -> str:
    allowed = {
        "m=": bounds.media_lines,
        "audio": bounds.audio_lines,
        "a=": bounds.attributes_per_media,
        "b=": bounds.bandwidth_lines,
        "c=": bounds.connection_lines,
        "candidate": bounds.candidate_lines,
        "crypto": bounds.crypto_lines,
    }
    names = {"m=": "media lines", "audio": "audio lines", "a=": "attributes", "b=": "bandwidths", "c=": "connections"}
    return next((names.get(kind, f"{kind} lines") for kind, most in allowed.items() if counts[kind] > most), "")
