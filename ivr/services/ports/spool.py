"""Port of the spool: what an objection demands, kept on the local disk until the database has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol


class Duty(Enum):
    """What is still to be done: note the objection, bar the person, destroy the recording; report the call.

    A report waits in a spool of its own (`ivr.services.call.notes`).
    """

    OBJECTION = "objection"
    BAR = "bar"
    DESTROY = "destroy"
    REPORT = "report"


@dataclass(frozen=True)
class Pending:
    """One duty of one call; a call has each at most once. `body` is what the duty needs, as JSON can hold it."""

    duty: Duty
    call_id: str
    recording_id: str
    at: datetime
    body: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Sorts by call, and in the order in which the duties are to be done."""
        return f"{self.call_id}-{list(Duty).index(self.duty)}-{self.duty.value}"


@dataclass(frozen=True)
class Unreadable:
    """An item that cannot be opened; it is left where it is, and told."""

    name: str
    why: str


class Spool(Protocol):
    """Items on the local disk. Blocking."""

    def keep(self, item: Pending) -> None:
        """Write it durably; until `strike`, or the end of this process, nobody else takes it up. Raises HostError."""

    def strike(self, name: str) -> None:
        """Remove it; absent is fine."""

    def release(self, name: str) -> None:
        """Leave it to whoever comes next, as the end of this process does."""

    def left(self) -> Iterator[AbstractContextManager[Pending | Unreadable]]:
        """What processes that have ended left, oldest first; each is ours inside its `with`."""
        ...

    def waiting(self) -> int:
        """How many items nobody alive is seeing to."""
        ...
