"""What an agent is called wherever people read of them."""

from __future__ import annotations

import re
from hashlib import sha256

_TELEPHONE = re.compile(r"\d{6,}")
#: What may stand between the digits of a telephone number (RFC 3966, and what people type).
_BETWEEN = re.compile(r"[\s.()/\-]")
#: What stands for bytes in a URI (RFC 3986 section 2.1).
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def agent_label(uri: str) -> str:
    """Name an agent in alerts, evidence and counters: the user part of their URI, unless it is a telephone number."""
    user = _ESCAPED.sub(_plain, uri.partition(":")[2].partition("@")[0].partition(";")[0])
    named = user and not _TELEPHONE.search(_BETWEEN.sub("", user))
    return user if named else f"agent-{sha256(uri.encode()).hexdigest()[:10]}"


def _plain(escaped: re.Match[str]) -> str:
    return bytes.fromhex(escaped.group().replace("%", "")).decode("utf-8", "replace")
