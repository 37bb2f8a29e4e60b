"""How long a call waits at its end: minutes as a rule, seconds once the process must end."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from ivr.services.call.background import cancelled
from ivr.services.call.leg import CallLeg


class Patience:
    """One per call. From `hurry` on, `close_timeout_s` is what is left for the far end."""

    def __init__(self, close_timeout_s: float) -> None:
        self._close_timeout_s = close_timeout_s
        self._close_by = math.inf
        self._hurried = asyncio.Event()

    @property
    def hurried(self) -> bool:
        return self._hurried.is_set()

    def hurry(self) -> None:
        """The process ends: what could wait for minutes has seconds from now on, the far end too."""
        if not self.hurried:
            self._close_by = asyncio.get_running_loop().time() + self._close_timeout_s
        self._hurried.set()

    async def gone(self, leg: CallLeg, timeout_s: float, *, least_s: float = 0.0) -> bool:
        """Wait until a leg is over; False when it is not in time."""
        await self.in_time(asyncio.create_task(leg.gone.wait()), timeout_s, least_s=least_s)
        return leg.gone.is_set()

    async def in_time(self, task: asyncio.Task[Any], timeout_s: float, *, least_s: float = 0.0) -> bool:
        """Wait for a task until `timeout_s`, and once the process ends, until all must be closed or `least_s` later.

        False when it has not ended by then: it is cancelled.
        """
        now = asyncio.get_running_loop().time
        late = now() + timeout_s
        try:
            await self._until_hurried(task, timeout_s)
            if not task.done() and self.hurried:
                await asyncio.wait({task}, timeout=max(least_s, min(late, self._close_by) - now()))
            return task.done()
        finally:
            await cancelled(task)

    async def done(self, task: asyncio.Task[Any], haste_s: float) -> bool:
        """Wait for a task to end; False when the process must end and the task has not by `haste_s` later."""
        await self._until_hurried(task, math.inf)
        await asyncio.wait({task}, timeout=haste_s)
        return task.done()

    async def _until_hurried(self, task: asyncio.Task[Any], timeout_s: float) -> None:
        """Wait for a task, but no longer than `timeout_s`, nor once the process ends."""
        hurried = asyncio.create_task(self._hurried.wait())
        try:
            patience_s = timeout_s if timeout_s < math.inf else None
            await asyncio.wait({task, hurried}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(hurried)
