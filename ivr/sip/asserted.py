"""Who calls, by the word of a network that we believe (P-Asserted-Identity, RFC 3325). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from ivr.sip.message import Message, UnreadableError, read_message

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_URI = re.compile(
    r"(?:^|,)[^<>,:]*<\s*((?:sips?|tel):[^<>\s]+)\s*>|(?:^|,)\s*((?:sips?|tel):[^<>\s,;]+)(?=\s*(?:[,;]|$))",
    re.IGNORECASE,
)
#: A caller who asks to stay unknown does so towards us (RFC 3323 section 4.2, RFC 3325 section 7).
_WITHHELD = ("id", "user", "header", "critical")


def asserted_uri(invite: bytes, source: str, believed: Collection[str]) -> str:
    """Return the URI that an INVITE's sender vouches for; "" when it does not, or is not believed.

    `source` is the IP address that it came from. A header of anybody else is as good as their From: no word of it is
    used. Nor is one when the caller withholds their number. Of a SIP and a tel URI the first one counts.
    """
    if source.strip("[]") not in believed:
        return ""
    try:
        message = read_message(invite)
    except UnreadableError:
        return ""
    return _asserted(message)


def _asserted(message: Message) -> str:
    privacy = {one.strip().lower() for value in message.all("privacy") for one in value.split(";")}
    if privacy & set(_WITHHELD):
        return ""
    found = next(
        (match for value in message.all("p-asserted-identity") if (match := _URI.search(_unnamed(value)))), None
    )
    return (found[1] or found[2]) if found is not None else ""


def _unnamed(value: str) -> str:
    """Take off the display names, which are often the caller's own words; nothing is left where a quote stays open."""
    bare = _QUOTED.sub("", value)
    return "" if '"' in bare else bare
