"""SIP addresses as headers carry them."""

from __future__ import annotations

import re

_NAME_ADDR = re.compile(r"<([^<>]*)>\s*(?:;.*)?$", re.DOTALL)


def addr_spec(header: str) -> str:
    """Return the URI of a From or To value, without display name and header parameters (RFC 3261 section 20.10).

    Without angle brackets, what follows a semicolon belongs to the header, not to the URI.
    """
    found = _NAME_ADDR.search(header)
    return found.group(1).strip() if found else header.split(";", 1)[0].strip()
