"""Looks, while calls go on, whether evidence still goes where it will be found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from ivr.errors import LostEvidenceError

if TYPE_CHECKING:
    from ivr.services.ports.evidence import AuditLog
    from ivr.services.ports.runtime import LiveFeed, SerialExecutor


class EvidenceWatch:
    """Every `every_s` seconds it asks the evidence; while it is lost, `stop_capture` is told at each look.

    A database that merely does not answer is no loss: what must be written is tried again by who must write it.
    """

    def __init__(
        self,
        audit: AuditLog,
        executor: SerialExecutor,
        feed: LiveFeed,
        *,
        every_s: float,
        stop_capture: Callable[[LostEvidenceError], None],
    ) -> None:
        self._audit = audit
        self._executor = executor
        self._feed = feed
        self._every_s = every_s
        self._stop_capture = stop_capture
        self._lost = False

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.look()

    async def look(self) -> None:
        """One look; never raises."""
        try:
            await self._executor.run(self._audit.must_be_whole)
        except LostEvidenceError as lost:
            if not self._lost:
                self._feed.publish("evidence.lost", what=lost.what, where=lost.where, remedy=lost.remedy)
            self._lost = True
            self._stop_capture(lost)
        except Exception as error:
            # Its message may hold anything; its name says enough to look.
            self._feed.publish("evidence.unseen", what=type(error).__name__)
        else:
            if self._lost:
                self._feed.publish("evidence.back")
            self._lost = False
