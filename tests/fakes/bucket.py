"""A bucket in memory: whatever a far store asks of one, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path


class FakeBucket:
    where = "memory://bucket"

    def __init__(self, *, locks: bool = False) -> None:
        self.locks = locks
        self._objects: dict[str, bytes] = {}
        self.locked: dict[str, datetime] = {}

    def name(self, key: str) -> str:
        return f"{self.where}/{key}"

    def put(self, key: str, path: Path) -> None:
        self._objects[key] = path.read_bytes()

    def get(self, key: str) -> bytes | None:
        return self._objects.get(key)

    def delete(self, key: str) -> None:
        self._objects.pop(key, None)

    def names(self) -> Iterator[str]:
        yield from tuple(self._objects)

    def lock(self, key: str, until: datetime) -> None:
        self.locked[key] = max(until, self.locked.get(key, until))

    def check(self) -> None:
        """Memory is always there."""
