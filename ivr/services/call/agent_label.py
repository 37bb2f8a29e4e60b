"""What an agent is called wherever people read of them."""

from __future__ import annotations

import re
from hashlib import sha256
from urllib.parse import unquote

_TELEPHONE = re.compile(r"\d{6,}")
#: What may stand between the digits of a telephone number (RFC 3966, and what people type).
_BETWEEN = re.compile(r"[\s.()/\-]")


def agent_label(uri: str) -> str:
    """Name an agent in alerts, evidence and counters: the user part of their URI, unless it is a telephone number."""
    user = unquote(uri.partition(":")[2].partition("@")[0].partition(";")[0])
    named = user and not _TELEPHONE.search(_BETWEEN.sub("", user))
    return user if named else f"agent-{sha256(uri.encode()).hexdigest()[:10]}"
