"""What a session description offers, read where the library would act on it (RFC 8866, RFC 3551).

Pure. Descriptions have passed `offer_bounds` before.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_AUDIO = re.compile(r"^m=audio ([1-9]\d*)\S* \S+((?: \S+)*)", re.IGNORECASE)
_RTPMAP = re.compile(r"^a=rtpmap:(\d+) ([^/\s]+)/", re.IGNORECASE)
_STATIC = {"0": "PCMU", "3": "GSM", "8": "PCMA", "9": "G722"}


def audio_lines(body: bytes) -> int:
    """Return how many audio lines with a port a description has."""
    return len(_active(body))


def has_common_codec(body: bytes, codecs: Collection[str]) -> bool:
    """Tell whether an audio line offers one of these codecs; a description without audio does not deny it.

    In a multipart body one of its descriptions suffices. An audio line at an IPv6 address offers nothing: the line's
    media sockets are of IPv4.
    """
    lines = _active(body)
    wanted = {codec.upper() for codec in codecs}
    return not lines or any(name.upper() in wanted for names in lines for name in names)


def _active(body: bytes) -> list[list[str]]:
    """The codec names of each audio line that has a port."""
    found: list[list[str]] = []
    formats: list[str] = []
    names: dict[str, str] = {}
    in_media = open_line = session_ipv6 = ipv6 = False
    for line in (*re.split("\r\n|\n|\r", body.decode("utf-8", "surrogateescape")), "m="):
        if line.startswith(("m=", "v=")):
            if open_line:
                found.append([] if ipv6 else [names.get(number, "") for number in formats])
            media = _AUDIO.match(line)
            in_media, open_line = line.startswith("m="), media is not None
            formats = media.group(2).split() if media is not None else []
            names, ipv6 = dict(_STATIC), session_ipv6
        elif line.startswith("c="):
            ipv6 = line.startswith("c=IN IP6 ")
            session_ipv6 = session_ipv6 if in_media else ipv6
        elif open_line:
            mapped = _RTPMAP.match(line)
            if mapped is not None:
                names[mapped.group(1)] = mapped.group(2)
    return found
