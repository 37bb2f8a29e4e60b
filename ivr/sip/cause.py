"""Q.850 release causes: read from the Reason header (RFC 3326), else mapped from the SIP status (RFC 3398)."""

from __future__ import annotations

import re

NORMAL_CLEARING = 16
"""Q.850 cause of a call that was up and was ended by either side (RFC 3398 section 8.2.6.1, BYE)."""

INTERWORKING = 127
"""Q.850 cause when nothing more precise is known."""

# RFC 3398 section 8.2.6.1. 487 has no entry there: the caller gave up, which is normal clearing.
# 488 and 606 depend on a Warning there; without one the bearer is what could not be agreed.
_BY_STATUS: dict[int, int] = {
    400: 41,
    401: 21,
    402: 21,
    403: 21,
    404: 1,
    405: 63,
    406: 79,
    407: 21,
    408: 102,
    410: 22,
    415: 79,
    480: 18,
    481: 41,
    482: 25,
    483: 25,
    484: 28,
    485: 1,
    486: 17,
    487: NORMAL_CLEARING,
    488: 65,
    500: 41,
    501: 79,
    502: 38,
    503: 41,
    504: 102,
    600: 17,
    603: 21,
    604: 1,
    606: 65,
}

_REASON = re.compile(r"^Reason\s*:(.*)$", re.IGNORECASE | re.MULTILINE)
_Q850_CAUSE = re.compile(r"\bQ\.850\b[^,]*?;\s*cause\s*=\s*(\d{1,3})\b", re.IGNORECASE)


def cause_of_status(sip_status: int) -> int:
    """Return the Q.850 cause that stands for a final SIP status; 2xx means an ordinary end."""
    if 200 <= sip_status < 300:
        return NORMAL_CLEARING
    return _BY_STATUS.get(sip_status, INTERWORKING)


def cause_in_message(message: str) -> int | None:
    """Return the Q.850 cause (1-127) of the Reason headers of a SIP message; None when there is none.

    Only the head of the message is read: a body cannot pose as a header.
    """
    head = message.replace("\r\n", "\n").split("\n\n", 1)[0]
    for line in _REASON.findall(head):
        found = _Q850_CAUSE.search(line)
        if found and 1 <= int(found.group(1)) <= 127:
            return int(found.group(1))
    return None
