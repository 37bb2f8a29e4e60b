"""Ports of the search: pages of the catalogue, and searches that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.search.query import RecordingQuery
from ivr.services.ports.vault import RecordingRow


@dataclass(frozen=True)
class RecordingPage:
    """Some recordings, and `after`: where to go on; empty when there are no more.

    A page may hold less than was asked for, even nothing, and have more behind it. When it was looked for by a number,
    recordings of calls before `numbers_since` are not found: they bear none (None: no recording bears one yet).
    """

    rows: Sequence[RecordingRow]
    after: str
    by_number: bool = False
    numbers_since: datetime | None = None


class RecordingSearch(Protocol):
    def page(self, query: RecordingQuery) -> RecordingPage:
        """Raises ArchiveError when `after` names no recording, ComplianceError when a number names nobody."""
        ...


@dataclass(frozen=True)
class SavedSearch:
    """Filters that somebody wants to ask again, by name to text, as they were typed. No number is among them."""

    owner: str
    name: str
    filters: Mapping[str, str]
    saved_at: datetime


class SavedSearches(Protocol):
    """Searches of each actor, each with a name of its own."""

    def put(self, search: SavedSearch) -> None:
        """Save it, in place of the one of that name."""

    def of(self, owner: str) -> Sequence[SavedSearch]:
        """By name."""
        ...

    def remove(self, owner: str, name: str) -> None:
        """Absent is fine."""
