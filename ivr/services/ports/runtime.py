"""Ports of the runtime: time, blocking work, watchers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC date and time."""
        ...

    def monotonic(self) -> float:
        """Seconds, never going back; comparable between processes of one machine."""
        ...


class SerialExecutor(Protocol):
    """Runs blocking work away from the event loop, one job at a time, in order."""

    async def run(self, work: Callable[[], T]) -> T: ...


class Counters(Protocol):
    """Counts what happens, for those who watch the numbers. Labels hold no words, digits or numbers of persons."""

    def add(self, name: str, **labels: str) -> int:
        """Count one more, and return how many there are now with these labels."""
        ...


class LiveFeed(Protocol):
    """Tells watchers (demo, console) what happens now. Never words, digits or audio."""

    def publish(self, kind: str, *, call_id: str = "", **fields: object) -> None: ...
