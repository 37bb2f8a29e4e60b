"""The end of the quality team's documents: destroyed at their deadline, each with its evidence (REC-007, RET-001).

A part of the retention run. It asks the clock's guard first, as that does, and may be killed at any point: what is left
is due still. Audio has a clock of its own: neither waits for the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ivr.domain.evidence.events.quality import DocumentDestroyed
from ivr.domain.profile import Profile
from ivr.domain.quality.analysis import SCHEDULE
from ivr.domain.retention.artefact import Artefact, Purpose
from ivr.domain.retention.decision import RetentionAction, RetentionDecision, decide_retention
from ivr.domain.retention.schedule import RetentionTable
from ivr.services.evidence.clock_guard import ClockGuard
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import QualityDocument, QualityLedger
from ivr.services.ports.runtime import Clock

_PAGE = 500


@dataclass
class ExpiryReport:
    """What a run destroyed, by id."""

    destroyed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Expiry:
    ledger: QualityLedger
    clock: Clock
    table: RetentionTable
    profile: Profile
    owner: str
    clock_guard: ClockGuard | None = None

    def plan(self, at: datetime | None = None) -> Iterator[tuple[QualityDocument, RetentionDecision]]:
        """What a run at `at` (now) would destroy, by deadline. Changes nothing."""
        at = at or self.clock.now()
        for document in self.ledger.due(at, limit=_PAGE):
            yield document, self._decide(document, at)

    def run(self) -> ExpiryReport:
        """Destroy what is due. Raises ComplianceError, and destroys nothing, when the clock cannot be right."""
        if self.clock_guard is not None:
            self.clock_guard.must_be_plausible()
        report = ExpiryReport()
        now = self.clock.now()
        while page := self.ledger.due(now, limit=_PAGE):
            before = len(report.destroyed)
            for document in page:
                decision = self._decide(document, now)
                if decision.action is RetentionAction.DESTROY and self.ledger.destroy(
                    document, self._entry(document, decision)
                ):
                    report.destroyed.append(document.id)
            if len(report.destroyed) == before:
                break
        return report

    def _decide(self, document: QualityDocument, at: datetime) -> RetentionDecision:
        artefact = Artefact(document.id, document.recorded_at, (Purpose(SCHEDULE, document.fixed),))
        return decide_retention(artefact, (), (), self.table, self.profile, at)

    def _entry(self, document: QualityDocument, decision: RetentionDecision) -> Entry:
        event = DocumentDestroyed(
            document=document.kind,
            document_id=document.id,
            rules=decision.reasons,
            due_at=decision.due_at,
            sha256=document.sha256,
            owner=self.owner,
        )
        return Entry(event, recording_id=document.recording_id)
