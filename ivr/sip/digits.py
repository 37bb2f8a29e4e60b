"""Keys pressed by a party, each told once."""

from __future__ import annotations

_ECHO_S = 0.3


class DigitFilter:
    """Tells a press from its echo.

    One press is many RFC 4733 packets. When a re-INVITE makes the stream anew in their midst, the library takes the
    rest of them for a second press of the same key.
    """

    def __init__(self) -> None:
        self._event_digit = ""
        self._event_at = float("-inf")
        self._media_changed_at = float("-inf")

    def media_changed(self, now: float) -> None:
        self._media_changed_at = now

    def is_press(self, digit: str, now: float, *, in_rtp: bool) -> bool:
        """Return whether this digit is a press of its own; `in_rtp` tells RFC 4733 from SIP INFO."""
        if not in_rtp:
            return True
        new_stream = self._event_at <= self._media_changed_at
        if new_stream and digit == self._event_digit and now - self._event_at < _ECHO_S:
            return False
        self._event_digit, self._event_at = digit, now
        return True
