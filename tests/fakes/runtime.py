"""Small fakes of the runtime around a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class InlineExecutor:
    """Runs blocking work at once, so that virtual time has nothing to wait for."""

    async def run(self, work: Callable[[], T]) -> T:
        return work()


class ListFeed:
    """Keeps the events in memory."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []

    def publish(self, kind: str, *, call_id: str = "", **fields: object) -> None:
        self.events.append({"kind": kind, "call_id": call_id, **fields})

    def of(self, kind: str) -> list[dict[str, object]]:
        return [item for item in self.events if item["kind"] == kind]


class EnergyDetector:
    """Port VoiceDetector: any sample that is not zero is voice."""

    def is_voice(self, frame: bytes) -> bool:
        return any(frame)
