"""Port of reports of calls as retention sees them: which are there, what holds them, and their end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.retention.legal_hold import LegalHold
from ivr.services.ports.evidence import Entry

#: Where a page ends: the next one begins behind this beginning and id.
Place = tuple[datetime, str]


@dataclass(frozen=True)
class StoredReport:
    """The report of a call, without what it says of it.

    `holds` are those that are ACTIVE on a recording of the call, each as it bears on the report: it covers `call_id`.
    `fault` says why its beginning cannot be read: then nothing may be decided.
    """

    call_id: str
    started_at: datetime
    holds: tuple[LegalHold, ...] = ()
    fault: str = ""

    @property
    def place(self) -> Place:
        return self.started_at, self.call_id


class ReportLedger(Protocol):
    def begun(self, at: datetime, *, limit: int, after: Place | None = None) -> Sequence[StoredReport]:
        """Reports of calls that began not later than `at`, by beginning, then id.

        Those whose beginning cannot be read come too, each with its `fault`.
        """
        ...

    def destroy(
        self,
        call_ids: Sequence[str],
        chosen: Callable[[Sequence[StoredReport]], Collection[str]],
        entry: Callable[[int], Entry],
    ) -> int:
        """Delete those that `chosen` names of the reports of these calls that are still there, with their legs.

        One transaction: neither reports nor holds change between what `chosen` is shown and the end. `entry` is given
        how many legs went, and written with them; where `chosen` names none, nothing is. Returns how many legs went.
        """
        ...
