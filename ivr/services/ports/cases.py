"""Ports of the desk's files: a request of a person, a breach; each with what is sealed of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.services.ports.evidence import Entry

#: What is sealed of a case: JSON values. Persons' data stand here and nowhere else.
Content = Mapping[str, object]


@dataclass(frozen=True)
class Case:
    """One file of the desk. `room` is its kind, `facts` say where it stands and name nobody.

    `keep_until`: from then on it is destroyed; None: only a person decides.
    """

    id: str
    room: str
    state: str
    opened_at: datetime
    facts: Mapping[str, object]
    keep_until: datetime | None = None


class CaseBook(Protocol):
    """The desk's files. Each has a key of its own: destroying it destroys every copy of its content.

    What takes an entry writes it into the evidence in the same transaction. A case of another room is not there.
    """

    def add(self, case: Case, content: Content, entry: Entry) -> None: ...

    def change(
        self,
        case_id: str,
        room: str,
        change: Callable[[Case, Content], tuple[Case, Content]],
        entry: Callable[[Case], Entry],
    ) -> tuple[Case, Content]:
        """Apply `change` while nobody else changes it; returns what stands then. Raises ArchiveError for an unknown id,
        and whatever `change` raises, which changes nothing."""
        ...

    def get(self, case_id: str, room: str) -> tuple[Case, Content]:
        """Raises ArchiveError when there is none, or its content was changed."""
        ...

    def all(self, room: str) -> list[Case]:
        """Newest first, without their content."""
        ...

    def ended(self, at: datetime, *, limit: int) -> list[Case]:
        """Cases of every room whose time is over, the longest over first."""
        ...

    def destroy(self, case_id: str, at: datetime, entry: Entry) -> bool:
        """Destroy key, content and row of a case whose time is over at `at`, which is asked again while nobody else
        may change it. False, and nothing is written, when it is absent or is kept longer by now."""
        ...


class CaseSealer(Protocol):
    """Seals what belongs to one case."""

    def seal(self, plain: bytes, bound: bytes) -> bytes: ...
    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Raises ArchiveError when it was changed, or is bound to something else."""
        ...
