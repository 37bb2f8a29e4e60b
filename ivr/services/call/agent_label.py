"""What an agent is called wherever people read of them."""

from __future__ import annotations

import re
from hashlib import sha256

_TELEPHONE = re.compile(r"\d{6,}")


def agent_label(uri: str) -> str:
    """Name an agent in alerts, evidence and counters: the user part of their URI, unless it is a telephone number."""
    user = uri.partition(":")[2].partition("@")[0].partition(";")[0]
    return f"agent-{sha256(uri.encode()).hexdigest()[:10]}" if _TELEPHONE.search(user) or not user else user
