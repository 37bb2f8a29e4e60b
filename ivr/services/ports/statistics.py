"""Port of what is counted over many calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol


class CallCounts(Protocol):
    """Counts over [`since`, `until`). What belongs to no known program is not counted."""

    def calls(self, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
        """How many calls began, by program and disposition."""
        ...

    def events(self, kind: str, since: datetime, until: datetime) -> Iterator[tuple[str, Mapping[str, object]]]:
        """The program and the body of each piece of evidence of this kind that belongs to a call."""
        ...

    def gaps(self, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
        """How many recordings that began have a gap, by program and cause."""
        ...

    def deadlines(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """How many recordings that are kept have their deadline then, by program."""
        ...

    def scores(self, since: datetime, until: datetime) -> Iterator[tuple[str, int]]:
        """The program and the score, in tenths of a percent, of each analysis that counts, of calls that began."""
        ...
