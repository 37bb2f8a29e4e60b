"""DTMF digits as a party's telephone sends them: RFC 4733 events told apart, and the bodies of SIP INFO read."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field

_LOG = logging.getLogger(__name__)

_RELAY, _PLAIN = "application/dtmf-relay", "application/dtmf"
INFO_TYPES = (_PLAIN, _RELAY)
"""The bodies of an INFO that are DTMF digits (drafts, RFC 6086 section 10.7); the Accept header of a 415."""

_SIGNAL = re.compile(r"(?:^|[\s;,])signal\s*[=:]\s*\"?([^\s;,\"]+)", re.IGNORECASE)
_KEYS = "0123456789*#ABCD"
_FLASH = {"16", "!", "FLASH"}
#: The library counts an event's time in milliseconds of a clock of 8 kHz and 32 bits.
_WRAP_MS = 1 << 29
#: An event that lasts longer than its field can say goes on in a new one that begins so much later.
_SEGMENT_MS = 0xFFFF // 8


@dataclass(frozen=True)
class _Event:
    digit: str = field(repr=False)
    begin_ms: int
    duration_ms: int
    ended: bool


class EventPresses:
    """Tells presses by RFC 4733 apart: all packets of one press carry the time at which it began (section 2.5.1.2).

    Durations cannot do it: the first packets of a press may be lost, and gateways write one duration into all of them.
    One per leg, since a press outlives the stream that a re-INVITE replaces in its midst.
    """

    def __init__(self) -> None:
        self._last: _Event | None = None

    def is_press(self, digit: str, begin_ms: int, duration_ms: int, *, ended: bool) -> bool:
        """Return whether this packet is the first of a press that is seen; times in ms of the RTP clock."""
        if digit not in _KEYS:
            # A flash of the hook or another signal of the line (RFC 4733 section 3.2): no digit, and no end of one.
            _LOG.debug("an event that is no DTMF digit was ignored")
            return False
        last, self._last = self._last, _Event(digit, begin_ms, duration_ms, ended)
        if last is None or digit != last.digit:
            return True
        later_ms = (begin_ms - last.begin_ms) % _WRAP_MS
        if later_ms == 0:
            return False
        if last.ended:
            return True
        # A press that is still going on cannot begin anew: it goes on in a new segment, or the sender moves its time
        # on with every packet.
        goes_on = abs(later_ms - _SEGMENT_MS) <= 1 or later_ms <= last.duration_ms
        return not goes_on


class DtmfPace:
    """Bounds how fast one party presses DTMF digits: nobody dials faster, and each DTMF digit costs the other calls of
    the line.

    A burst of 40 passes, then 20 a second. `now` is monotonic seconds.
    """

    _BURST, _PER_S = 40.0, 20.0

    def __init__(self) -> None:
        self._left = self._BURST
        self._at = 0.0

    def allows(self, now: float) -> bool:
        """Return whether a DTMF digit that comes now counts."""
        self._left = min(self._BURST, self._left + max(0.0, now - self._at) * self._PER_S)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def read_info(content_type: str, body: bytes) -> tuple[int, str]:
    """Return the status that the body of an INFO deserves, and its DTMF digit; "" when it names none that we know.

    `content_type` is lower case. `Signal` is read in any case, in quotes too and whatever parts it from `Duration` (a
    line end of any kind, `;`, `,`, a space), with the numbers 10 to 15 for * # A B C D; a flash of the hook is
    understood and means nothing.
    """
    if content_type not in INFO_TYPES:
        return 415, ""
    text = body.decode("ascii", "replace")
    found = _SIGNAL.search(text)
    value = found.group(1) if found else text.strip() if content_type == _PLAIN else ""
    value = value.upper()
    if value in _FLASH:
        return 200, ""
    if re.fullmatch(r"1[0-5]", value):
        value = _KEYS[int(value)]
    return (200, value) if len(value) == 1 and value in _KEYS else (400, "")
