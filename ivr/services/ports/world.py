"""Ports of the world: time, blocking work, watchers."""

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


class Desk(Protocol):
    """Runs blocking work away from the event loop, one job at a time, in order."""

    async def run(self, work: Callable[[], T]) -> T: ...


class LiveFeed(Protocol):
    """Tells watchers (demo, console) what happens now. Never words, digits or audio."""

    def publish(self, kind: str, *, call_id: str = "", **fields: object) -> None: ...
