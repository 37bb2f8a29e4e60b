"""Notices a party that has gone without a BYE."""

from __future__ import annotations


class RtpWatch:
    """Follows the count of RTP packets received on a leg. Times are monotonic seconds."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._packets = -1
        self._since = 0.0

    def restart(self, now: float) -> None:
        """Begin to wait anew: the leg came up, or its media changed."""
        self._since = now

    def is_gone(self, packets: int, now: float) -> bool:
        """Return whether no packet has come for the timeout; never with a timeout of 0."""
        if packets != self._packets:
            self._packets = packets
            self._since = now
        return self._timeout_s > 0 and now - self._since >= self._timeout_s
