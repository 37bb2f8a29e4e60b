"""Notices that audio waits in a jitter buffer longer than its jitter needs, so that all that follows would lie late."""

from __future__ import annotations


class LatenessWatch:
    """Follows how much audio waits, in milliseconds, look by look.

    A stall of the network that ends in a burst fills the buffer, and nothing but the slow drift of the library empties
    it again. What was not used up in any of the last `looks` looks, not even for a moment, is no reserve but lateness.
    """

    def __init__(self, limit_ms: int = 60, looks: int = 8) -> None:
        self._limit_ms = limit_ms
        self._looks = looks
        self._over = 0

    def restart(self) -> None:
        self._over = 0

    def is_late(self, waiting_ms: int) -> bool:
        """Return whether what waits is to be thrown away, so that what follows lies where it was said."""
        self._over = self._over + 1 if waiting_ms >= self._limit_ms else 0
        if self._over < self._looks:
            return False
        self._over = 0
        return True
