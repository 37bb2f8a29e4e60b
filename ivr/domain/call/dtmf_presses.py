"""One press of a DTMF digit, by however many ways it comes (RFC 4733 event, SIP INFO, audible tone): it counts once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Way(Enum):
    """How a DTMF digit was told."""

    EVENT = "rfc4733"
    INFO = "info"
    TONE = "tone"


@dataclass
class _Press:
    digit: str = field(repr=False)
    at: float
    ways: set[Way]


class DtmfPresses:
    """Tells a press from its echo by another way. One per leg; times are seconds of one clock.

    A telephone that uses two ways tells each press by each of them; so what is told by another way within `window_s`
    belongs to the oldest press that this way has not told yet. What is told twice by one way is two presses.
    """

    def __init__(self, window_s: float = 4.0) -> None:
        self._window_s = window_s
        self._recent: list[_Press] = []

    def is_new(self, digit: str, way: Way, at: float) -> bool:
        """Return whether this is a press of its own."""
        self._recent = [press for press in self._recent if at - press.at <= self._window_s]
        for press in self._recent:
            if press.digit == digit and way not in press.ways:
                press.ways.add(way)
                return False
        self._recent.append(_Press(digit, at, {way}))
        return True
