"""What a person or a browser holds is random; the database keeps its digest, with which nobody gets in."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

_BYTES = 32
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token(random: Callable[[int], bytes]) -> str:
    """Return 256 random bits as 43 characters that may stand in a URL and a cookie."""
    return base64.urlsafe_b64encode(random(_BYTES)).rstrip(b"=").decode()


def is_token(text: str) -> bool:
    """Whether text may be a token; whatever else comes from an address stands for nothing."""
    return _SHAPE.fullmatch(text) is not None


def key_of(token: str) -> str:
    """Return under which key the database keeps a token."""
    return hashlib.sha256(token.encode()).hexdigest()
