"""The other party of a leg where nobody needs to know who it is: enough to tell two calls apart, never a number."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\+?[\d\s()./\-]{6,}")
_SCHEME = re.compile(r"^\s*<?(?:sips?|tel):", re.IGNORECASE)
_SHOWN = 2
HIDDEN = "…"


def masked_party(uri: str) -> str:
    """Return "…" and the last two digits of a telephone number, "…" of any other address, and "" of none."""
    address = _SCHEME.sub("", uri)
    user = re.split(r"[@;>?]", address, maxsplit=1)[0].strip()
    digits = re.sub(r"\D", "", user)
    if len(digits) >= 6 and _NUMBER.fullmatch(user):
        return HIDDEN + digits[-_SHOWN:]
    return HIDDEN if user else ""
