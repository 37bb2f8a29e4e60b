"""Warnings that a stranger can cause at will: told, but never so many that they fill a disk or slow the line."""

from __future__ import annotations

import logging
from collections import deque

_LINES = 30
_PER_S = 10.0


class BoundedLog:
    """Passes 30 warnings in any ten seconds on, and says afterwards how many it kept back. `now` is monotonic."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._written_at: deque[float] = deque()
        self._kept_back = 0

    def warning(self, now: float, text: str, *values: object) -> None:
        if self._may_tell(now):
            self._log.warning(text, *values)

    def exception(self, now: float, text: str) -> None:
        """Like `warning`, with the traceback of the exception that is being handled."""
        if self._may_tell(now):
            self._log.exception(text)

    def _may_tell(self, now: float) -> bool:
        while self._written_at and now - self._written_at[0] >= _PER_S:
            self._written_at.popleft()
        if len(self._written_at) >= _LINES:
            self._kept_back += 1
            return False
        if self._kept_back:
            self._log.warning("%d more refusals were not told one by one", self._kept_back)
            self._kept_back = 0
        self._written_at.append(now)
        return True
