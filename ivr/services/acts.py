"""What must be written about a call, one after the other and away from the event loop.

An act that fails is tried again with growing pauses: evidence and destruction are not optional. An act that fails
for good is told to the live feed and noted in `failed`, and the next one goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ivr.errors import ComplianceError, IvrError, TransitionError
from ivr.services.ports import LiveFeed

Act = Callable[[], Awaitable[object]]

#: A rule that forbids it, or our own mistake: trying again would change nothing.
_HOPELESS = (ComplianceError, TransitionError)


class Acts:
    """One queue per call. `add` returns at once; `settle` waits until all that was added is done.

    `failed` names the acts that failed for good, oldest first.
    """

    def __init__(self, call_id: str, feed: LiveFeed, *, tries: int = 8, first_pause_s: float = 0.25) -> None:
        self._call_id = call_id
        self._feed = feed
        self._tries = tries
        self._first_pause_s = first_pause_s
        self._queue: asyncio.Queue[tuple[str, Act]] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self.failed: list[str] = []

    def add(self, name: str, act: Act) -> None:
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), name=f"acts of {self._call_id}")
        self._queue.put_nowait((name, act))

    async def settle(self) -> None:
        await self._queue.join()

    async def close(self) -> None:
        await self.settle()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            name, act = await self._queue.get()
            try:
                await self._insist(name, act)
            finally:
                self._queue.task_done()

    async def _insist(self, name: str, act: Act) -> None:
        pause_s = self._first_pause_s
        for attempt in range(1, self._tries + 1):
            try:
                await act()
                return
            except Exception as error:
                last = attempt == self._tries or isinstance(error, _HOPELESS)
                # The text of a foreign exception may hold anything; its kind does not.
                what = str(error) if isinstance(error, IvrError) else type(error).__name__
                self._feed.publish(
                    "act.failed",
                    call_id=self._call_id,
                    act=name,
                    attempt=attempt,
                    of=self._tries,
                    for_good=last,
                    what=what,
                )
            if last:
                self.failed.append(name)
                return
            await asyncio.sleep(pause_s)
            pause_s *= 2
