"""The clock, the serial executor and the ids that belong to one process."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")


class SystemClock:
    """Port Clock on the machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


SYSTEM_CLOCK = SystemClock()


class SingleThreadExecutor:
    """Port SerialExecutor: one thread, one job at a time, in the order in which they were handed over."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="serial")

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        self._thread.shutdown()


def new_id() -> str:
    """Return an id that sorts by time of creation: 48 bits of milliseconds, then randomness."""
    return (int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10)).hex()
