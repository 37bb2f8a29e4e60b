"""The end of reports of calls: destroyed with their legs at their time, batch by batch, each batch with its evidence.

A part of the retention run. It asks the clock's guard first, as that does, and may be killed at any point: a batch goes
whole or not at all, and what is left is due still. No deadline stands in a report: it is counted from the beginning of
the call whenever it is asked for, so that a changed schedule is that of older reports too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ivr.domain.access import CALL_REPORT
from ivr.domain.evidence.events.destruction import ReportsDestroyed
from ivr.domain.profile import Profile
from ivr.domain.retention.artefact import Artefact, Purpose
from ivr.domain.retention.decision import RetentionAction, RetentionDecision, decide_retention
from ivr.domain.retention.schedule import Duration, RetentionTable, after, day_of
from ivr.services.evidence.clock_guard import ClockGuard
from ivr.services.ports.call_reports import Place, ReportLedger, StoredReport
from ivr.services.ports.evidence import Entry
from ivr.services.ports.runtime import Clock

#: Reports in one transaction: a line that must report a call meanwhile waits for no longer than that.
CHUNK: Final = 200
_A_DAY: Final = Duration(days=1)
_Decided = Mapping[StoredReport, RetentionDecision]


@dataclass
class ReportTally:
    """Reports whose time is over: how many go, of calls that began from `earliest` to `latest`, by which `rules`.

    `due_at` is the first of their deadlines, `legs` how many went with them (a plan does not know). `kept` are kept by
    decision, for the holds `held_by`. `undecided` are ids of calls whose report cannot be read: it is kept.
    """

    destroyed: int = 0
    legs: int = 0
    earliest: datetime | None = None
    latest: datetime | None = None
    due_at: datetime | None = None
    rules: tuple[str, ...] = ()
    kept: int = 0
    held_by: tuple[str, ...] = ()
    undecided: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.undecided

    def go(self, decided: _Decided) -> None:
        """Count what goes."""
        begun = [report.started_at for report in decided]
        self.destroyed += len(begun)
        self.earliest = min([*begun, *([self.earliest] if self.earliest else [])])
        self.latest = max([*begun, *([self.latest] if self.latest else [])])
        due = [decision.due_at for decision in decided.values()]
        self.due_at = min([*due, *([self.due_at] if self.due_at else [])])
        self.rules = _each(self.rules, *(decision.reasons for decision in decided.values()))

    def keep(self, decision: RetentionDecision) -> None:
        """Count one that stays though it is due."""
        self.kept += 1
        self.held_by = _each(self.held_by, decision.held_by)


@dataclass(frozen=True)
class ReportExpiry:
    """`owner` names this run among all runs of all nodes. Nothing is destroyed by a clock that `clock_guard` doubts."""

    ledger: ReportLedger
    clock: Clock
    table: RetentionTable
    profile: Profile
    owner: str
    clock_guard: ClockGuard
    chunk: int = CHUNK

    def plan(self, at: datetime | None = None) -> ReportTally:
        """What a run at `at` (now) would do. Changes nothing; reads everything that is due."""
        tally = ReportTally()
        for decided in self._due(at or self.clock.now(), tally):
            tally.go(decided)
        return tally

    def run(self) -> ReportTally:
        """Destroy what is due. Raises ComplianceError, and destroys nothing, when the clock cannot be right."""
        self.clock_guard.must_be_plausible()
        now, tally = self.clock.now(), ReportTally()
        for decided in self._due(now, tally):
            self._destroy(decided, now, tally)
        return tally

    def _due(self, at: datetime, tally: ReportTally) -> Iterator[_Decided]:
        """Those to destroy, page by page, the oldest call first; those to keep are counted into `tally`."""
        place: Place | None = None
        while page := self.ledger.begun(at, limit=self.chunk, after=place):
            place = page[-1].place
            doomed: dict[StoredReport, RetentionDecision] = {}
            waits: RetentionDecision | None = None
            for report in page:
                if report.fault:
                    tally.undecided.append(report.call_id)
                    continue
                decision = self._decide(report, at)
                if decision.due_at > at:
                    waits, place = decision, (after(self._day(report.started_at), _A_DAY, self.table.timezone), "")
                    break
                if decision.action is RetentionAction.DESTROY:
                    doomed[report] = decision
                else:
                    tally.keep(decision)
            if doomed:
                yield doomed
            # A report of the 29th may be due on the 28th, at an earlier hour than one of the 28th is.
            if waits is not None and self._day(waits.due_at) > self._day(at):
                return

    def _destroy(self, planned: _Decided, at: datetime, tally: ReportTally) -> None:
        decided: dict[StoredReport, RetentionDecision] = {}

        def chosen(found: Sequence[StoredReport]) -> Collection[str]:
            for report in found:
                if report.fault:
                    tally.undecided.append(report.call_id)
                    continue
                # As it was when it was planned, at this very moment: then so is the decision.
                decision = planned.get(report) or self._decide(report, at)
                if decision.action is RetentionAction.DESTROY:
                    decided[report] = decision
                else:
                    tally.keep(decision)
            return [report.call_id for report in decided]

        def entry(legs: int) -> Entry:
            batch = ReportTally()
            batch.go(decided)
            assert batch.earliest is not None
            assert batch.latest is not None
            event = ReportsDestroyed(
                count=batch.destroyed,
                legs=legs,
                earliest=batch.earliest,
                latest=batch.latest,
                rules=batch.rules,
                owner=self.owner,
            )
            return Entry(event)

        tally.legs += self.ledger.destroy([report.call_id for report in planned], chosen, entry)
        if decided:
            tally.go(decided)

    def _decide(self, report: StoredReport, at: datetime) -> RetentionDecision:
        artefact = Artefact(report.call_id, report.started_at, (Purpose(CALL_REPORT),))
        return decide_retention(artefact, (), report.holds, self.table, self.profile, at)

    def _day(self, at: datetime) -> datetime:
        """When the day of `at` began, where months are counted."""
        return day_of(at, self.table.timezone)


def _each(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for group in groups for one in group))
