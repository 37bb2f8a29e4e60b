"""What a far store asks of a place for objects: S3 is one, and another is one file with these nine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol


class Bucket(Protocol):
    """Objects by key (`ab/cd/<id>.ivr`), under a prefix that only the bucket knows.

    Every method raises HostError when the server is away or refuses us. An object is immutable, and there is none by
    the key, or a whole one.
    """

    @property
    def where(self) -> str:
        """The bucket, for people."""
        ...

    @property
    def locks(self) -> bool:
        """Whether objects are to be locked until their deadline."""
        ...

    def name(self, key: str) -> str:
        """Where an object is, for people."""
        ...

    def put(self, key: str, path: Path) -> None:
        """Upload a file; the object appears whole or not at all."""
        ...

    def get(self, key: str) -> bytes | None:
        """All of an object, in memory; None when there is none."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; absent is fine. With locks this hides it: the locked version stays, as noise."""
        ...

    def names(self) -> Iterator[str]:
        """Keys of all objects."""
        ...

    def lock(self, key: str, until: datetime) -> None:
        """Keep the object from being deleted or replaced before `until`, which is aware. It is never shortened."""
        ...

    def check(self) -> None:
        """Raise HostError unless the bucket answers, takes our credentials, and has locks when they are asked for."""
        ...
