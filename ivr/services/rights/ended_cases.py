"""Files of the desk whose time is over: destroyed with their key, by the schedule of config/retention.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.domain.evidence.events.rights import CaseDestroyed
from ivr.domain.retention.schedule import RetentionTable
from ivr.services.evidence.clock_guard import ClockGuard
from ivr.services.ports.cases import CaseBook
from ivr.services.ports.evidence import Entry
from ivr.services.ports.runtime import Clock

_BATCH = 100


@dataclass(frozen=True)
class EndedCases:
    """`schedules` gives the schedule of each room."""

    book: CaseBook
    clock: Clock
    guard: ClockGuard
    table: RetentionTable
    schedules: Mapping[str, str]

    def destroy(self) -> list[str]:
        """Destroy what is over and return its ids. Raises ComplianceError while the clock cannot be right."""
        self.guard.must_be_plausible()
        now, destroyed = self.clock.now(), list[str]()
        for case in self.book.ended(now, limit=_BATCH):
            periods = self.table.schedule(self.schedules[case.room]).periods
            rules = tuple(dict.fromkeys(rule for period in periods for rule in period.rules))
            event = CaseDestroyed(case_id=case.id, room=case.room, status=case.state, rules=rules)
            if self.book.destroy(case.id, now, Entry(event)):
                destroyed.append(case.id)
        return destroyed
