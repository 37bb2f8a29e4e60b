"""What an agent disputes, and what becomes of it: the result stands, or a second review counts in its place."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr.domain.access import AccessRequest, Action
from ivr.domain.evidence.events.quality import AnalysisDisputed, DisputeUpheld
from ivr.domain.quality.analysis import ANALYSIS, Analysis, AnalysisEvent, AnalysisForm, Dispute
from ivr.domain.quality.note import clean_note
from ivr.domain.quality.viewing import is_own_result
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.quality import AnalysisBook
from ivr.services.ports.runtime import Clock
from ivr.services.quality.grading import Grading
from ivr.services.quality.steps import step

#: In characters, of an agent's reasons and of the answer.
LONGEST = 1000


@dataclass(frozen=True)
class Disputes:
    gate: Gate
    book: AnalysisBook
    grading: Grading
    clock: Clock
    redactor: Redactor = REDACTOR

    def dispute(self, request: AccessRequest, analysis_id: str, why: str) -> Analysis:
        """The agent disputes the result of their own call, once, and says why.

        Raises ConfigurationError when nothing is said, ArchiveError for what is no result of theirs, or cannot be
        disputed (any more).
        """
        self.gate.check(replace(request, action=Action.RESULTS))
        actor, words = request.actor, self._words(why)

        def change(found: Analysis) -> Analysis:
            if not is_own_result(actor, found) or found.form is not AnalysisForm.REVIEW:
                raise _nothing()
            return replace(_moved(found, AnalysisEvent.DISPUTE), dispute=Dispute(words, self.clock.now()))

        return self.book.change(analysis_id, change, lambda it: step(AnalysisDisputed, actor, it))

    def uphold(self, request: AccessRequest, analysis_id: str, decision: str) -> Analysis:
        """Decide that a disputed result stands, and say why. Who scored it decides nothing of it (ComplianceError)."""
        self.gate.check(replace(request, action=Action.SUPERVISE))
        actor, words = request.actor, self._words(decision)

        def change(found: Analysis) -> Analysis:
            self._must_be_another(request, found)
            if found.dispute is None:
                raise _nothing()
            dispute = replace(found.dispute, decided_by=actor.id, decided_at=self.clock.now(), decision=words)
            return replace(_moved(found, AnalysisEvent.UPHOLD), dispute=dispute)

        return self.book.change(analysis_id, change, lambda it: step(DisputeUpheld, actor, it))

    def second_review(self, request: AccessRequest, analysis_id: str) -> Analysis:
        """Begin to score the same call again by the same version of the grid, and return that draft.

        Raises ComplianceError for who scored it first, and when the recording cannot be listened to any more.
        """
        self.gate.check(replace(request, action=Action.SUPERVISE))
        first = self.book.get(analysis_id)
        if first is None or not first.counts or not ANALYSIS.allows(first.state, AnalysisEvent.REVISE):
            raise _nothing()
        self._must_be_another(request, first)
        grid = self.grading.grids.get(first.grid_id, first.grid_version)
        return self.grading.begin(request, first.call.recording_id, grid, second_of=first.id)

    def _must_be_another(self, request: AccessRequest, found: Analysis) -> None:
        if found.reviewer == request.actor.id:
            raise ComplianceError(
                "who scored a call does not decide a dispute about it",
                rules=("REC-016",),
                remedy="leave it to another supervisor",
            )

    def _words(self, typed: str) -> str:
        words = clean_note(typed, longest=LONGEST, redactor=self.redactor).text
        if not words:
            raise ConfigurationError("nothing is said", key="why", remedy="say why in a sentence or two")
        return words


def _moved(found: Analysis, event: AnalysisEvent) -> Analysis:
    if not ANALYSIS.allows(found.state, event):
        raise _nothing()
    return replace(found, state=ANALYSIS.after(found.state, event), revision=found.revision + 1)


def _nothing() -> ArchiveError:
    return ArchiveError("there is nothing to dispute or decide here (any more)", remedy="load the list again")
