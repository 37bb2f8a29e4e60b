"""Call details in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ivr.services.ports.call_details import CallDetail, DetailQuery
from tests.fakes.vault import FakeCallLog


class FakeCallDetails:
    """What a FakeCallLog was told."""

    def __init__(self, log: FakeCallLog) -> None:
        self._log = log

    def page(self, query: DetailQuery) -> list[CallDetail]:
        rows = [
            row
            for row in self._log.rows
            if (query.since is None or row.started_at >= query.since)
            and (query.until is None or row.started_at < query.until)
            and query.program in ("", row.program)
            and (not query.dispositions or row.disposition in query.dispositions)
            and (query.after is None or (row.started_at, row.call_id) < query.after)
        ]
        rows.sort(key=lambda row: (row.started_at, row.call_id), reverse=True)
        return [CallDetail(row, self._log.legs[row.call_id]) for row in rows[: query.limit]]

    def each(self, query: DetailQuery) -> Iterator[CallDetail]:
        yield from self.page(replace(query, after=None, limit=len(self._log.rows)))
