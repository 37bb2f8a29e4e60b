"""What must be written about a call, one after the other and away from the event loop.

A write that fails is tried again with growing pauses. One that fails for good is published on the live feed and named
in `failed`, and the next one goes on. An obligatory write (what an objection demands) never fails for good: it is tried
until it succeeds or the process must end, and what was added after it waits.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from ivr.errors import ComplianceError, IvrError, TransitionError
from ivr.services.event_wait import is_set_within
from ivr.services.ports.runtime import LiveFeed

Write = Callable[[], Awaitable[object]]

#: A rule that forbids it, or our own mistake: trying again would change nothing.
_HOPELESS = (ComplianceError, TransitionError)


class WriteQueue:
    """One queue per call. `add` returns at once; `written` waits until all that was added is done.

    `failed` names the writes that failed for good, oldest first; `unmet` those of them that were obligatory.
    """

    def __init__(
        self,
        call_id: str,
        feed: LiveFeed,
        *,
        tries: int = 8,
        first_pause_s: float = 0.25,
        longest_pause_s: float = 30.0,
    ) -> None:
        self._call_id = call_id
        self._feed = feed
        self._tries = tries
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._queue: asyncio.Queue[tuple[str, Write, bool]] = asyncio.Queue()
        self._abandoned = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self.failed: list[str] = []
        self.unmet: list[str] = []

    def add(self, name: str, write: Write, *, obligatory: bool = False) -> None:
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), name=f"writes of {self._call_id}")
        self._queue.put_nowait((name, write, obligatory))

    def abandon(self) -> None:
        """The process must end: whatever is left, obligatory or not, is tried once more and then given up."""
        self._abandoned.set()

    async def written(self) -> None:
        await self._queue.join()

    async def close(self) -> None:
        """Return once everything was written, or given up."""
        await self.written()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            name, write, obligatory = await self._queue.get()
            try:
                await self._insist(name, write, obligatory=obligatory)
            finally:
                self._queue.task_done()

    async def _insist(self, name: str, write: Write, *, obligatory: bool) -> None:
        pause_s = self._first_pause_s
        for attempt in itertools.count(1):
            try:
                await write()
                return
            except Exception as error:
                given_up = not obligatory and (attempt >= self._tries or isinstance(error, _HOPELESS))
                last = given_up or self._abandoned.is_set()
                # The text of a foreign exception may hold anything; its kind does not.
                what = str(error) if isinstance(error, IvrError) else type(error).__name__
                self._feed.publish(
                    "act.failed",
                    call_id=self._call_id,
                    act=name,
                    attempt=attempt,
                    of=None if obligatory else self._tries,
                    for_good=last,
                    what=what,
                )
            if last:
                self.failed.append(name)
                if obligatory:
                    self.unmet.append(name)
                return
            await is_set_within(self._abandoned, pause_s)
            pause_s = min(2 * pause_s, self._longest_pause_s)
