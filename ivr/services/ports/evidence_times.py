"""Ports of the clock guard: when evidence was written, and facts of the installation."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

from ivr.domain.evidence.clock_check import EventTime


class EvidenceTimes(Protocol):
    """When evidence was written."""

    def own(self, seq: int) -> Generator[EventTime, None, None]:
        """This node's events from `seq` on, in order."""
        ...

    def last_of_others(self) -> list[EventTime]:
        """The last event of each other node."""
        ...


class Facts(Protocol):
    def fact(self, name: str, value: str | None = None) -> str: ...
