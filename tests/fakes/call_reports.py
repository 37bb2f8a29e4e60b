"""Reports of calls as retention sees them, in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from ivr.services.ports.call_reports import Place, StoredReport
from ivr.services.ports.evidence import CallRow, Entry
from tests.fakes.vault import FakeAuditLog, FakeCallLog, FakeCatalogue


class FakeReportLedger:
    """Over what a FakeCallLog was told and a FakeCatalogue holds."""

    def __init__(self, log: FakeCallLog, catalogue: FakeCatalogue, audit: FakeAuditLog) -> None:
        self._log = log
        self._catalogue = catalogue
        self._audit = audit

    def begun(self, at: datetime, *, limit: int, after: Place | None = None) -> list[StoredReport]:
        found = [self._stored(row) for row in self._log.rows if row.started_at <= at]
        found.sort(key=lambda one: one.place)
        return [one for one in found if after is None or one.place > after][:limit]

    def destroy(
        self,
        call_ids: Sequence[str],
        chosen: Callable[[Sequence[StoredReport]], Collection[str]],
        entry: Callable[[int], Entry],
    ) -> int:
        gone = chosen([self._stored(row) for row in self._log.rows if row.call_id in call_ids])
        if not gone:
            return 0
        legs = sum(len(self._log.legs[one]) for one in gone)
        self._audit.append_all([entry(legs)])
        self._log.rows = [row for row in self._log.rows if row.call_id not in gone]
        for one in gone:
            del self._log.legs[one]
        return legs

    def _stored(self, row: CallRow) -> StoredReport:
        of = {row.recording_id or ""}
        of |= {name for name, one in self._catalogue.rows.items() if one.tag.call_id == row.call_id}
        holds = {hold.id: hold for name in of for hold in self._catalogue.holds_on(name)}
        mine = frozenset({row.call_id})
        return StoredReport(
            row.call_id, row.started_at, tuple(replace(holds[one], items=mine) for one in sorted(holds))
        )
