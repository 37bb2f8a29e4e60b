"""Notices a party that has gone without a BYE: neither RTP nor RTCP comes from it any more."""

from __future__ import annotations


class RtpWatch:
    """Follows the counts of RTP packets and RTCP reports received on a leg. Times are monotonic seconds.

    A party that was agreed to listen only owes no RTP; once it has sent RTCP, that may not stop either.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._listens_only = False
        self._counts = (-1, 0)
        self._reports = False
        self._since = 0.0

    def restart(self, now: float, *, listens_only: bool = False) -> None:
        """Begin to wait anew: the leg came up, or its media changed."""
        self._since = now
        self._listens_only = listens_only
        self._reports = False

    def is_gone(self, packets: int, reports: int, now: float) -> bool:
        """Return whether nothing has come for the timeout; never with a timeout of 0."""
        counts = packets, reports
        if counts != self._counts:
            self._reports |= reports > self._counts[1]
            self._counts = counts
            self._since = now
        if self._listens_only and not self._reports:
            return False
        return self._timeout_s > 0 and now - self._since >= self._timeout_s
