"""Ports of call details (CDR): a row for each leg, and the calls of a time with theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.services.ports.evidence import CallRow, LegRow


@dataclass(frozen=True)
class CallDetail:
    """A call with its legs, in the order in which they began; none of a call whose line died."""

    call: CallRow
    legs: tuple[LegRow, ...]


@dataclass(frozen=True)
class DetailQuery:
    """Calls that began in [since, until), of one program and with one of these endings when given, newest first.

    `after` is the last call of the page before: its beginning and its id.
    """

    since: datetime | None = None
    until: datetime | None = None
    program: str = ""
    dispositions: tuple[str, ...] = ()
    after: tuple[datetime, str] | None = None
    limit: int = 50


class CallDetails(Protocol):
    def page(self, query: DetailQuery) -> list[CallDetail]:
        """At most `query.limit` calls; fewer: there are no more."""
        ...

    def each(self, query: DetailQuery) -> Iterator[CallDetail]:
        """All calls of a query, read page by page; `after` and `limit` are not looked at."""
        ...
