"""Where a process tells its events: a reader who stops reading, or goes away, never stops a call."""

from __future__ import annotations

import contextlib
import os
import queue
import threading

_LINES = 10_000


class EventWriter:
    """Writes text to a file descriptor from a thread of its own; `write` never blocks.

    When more than `bound` texts wait, new ones are lost, and `lost` counts them. After the reader has gone nothing is
    written any more.
    """

    def __init__(self, descriptor: int, *, bound: int = _LINES) -> None:
        self._descriptor = descriptor
        self._waiting: queue.Queue[str | None] = queue.Queue(bound)
        self.lost = 0
        # A daemon, since a write to a pipe that nobody reads cannot be ended otherwise.
        self._thread = threading.Thread(target=self._work, name="events", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self.lost += 1

    def flush(self) -> None:
        """Nothing to do: every text is on its way."""

    def close(self, *, timeout_s: float = 2.0) -> None:
        """Wait a moment until everything has been taken by the reader."""
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=timeout_s)
            self._thread.join(timeout_s)

    def _work(self) -> None:
        gone = False
        while (text := self._waiting.get()) is not None:
            if gone:
                continue
            view = memoryview(text.encode("utf-8", "replace"))
            try:
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except OSError:
                gone = True
