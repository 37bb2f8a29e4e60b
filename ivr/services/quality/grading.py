"""Scoring a call: a draft that each save keeps, and its end. Of two saves the later must know the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ivr.domain.access import AccessRequest, Action, Actor
from ivr.domain.evidence.events.base import ABSENT
from ivr.domain.evidence.events.quality import AnalysisBegun, AnalysisRevised, AnalysisScored, DraftDropped
from ivr.domain.quality.analysis import ANALYSIS, Analysis, AnalysisEvent, AnalysisForm, Call
from ivr.domain.quality.answers import Remark, answers_digest, missing, typed_answers
from ivr.domain.quality.grid import Grid, Question
from ivr.domain.quality.score import Score, score
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.domain.text.told import Told
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.evidence import CallLog
from ivr.services.ports.quality import AnalysisBook, AnalysisQuery
from ivr.services.ports.runtime import Clock
from ivr.services.ports.vault import Catalogue
from ivr.services.quality.grids import Grids
from ivr.services.quality.steps import step

#: The field of the form that names the agent, and the one that asks for coaching.
AGENT, TO_COACH = "agent", "to_coach"
_AGENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class StaleRevisionError(ArchiveError):
    """Raised when an analysis was saved since it was read: nothing is overwritten unseen."""


@dataclass(frozen=True)
class Saved:
    """An analysis as it is kept now. `remarks` say what of the form is not; `missing` keeps it from being scored."""

    analysis: Analysis
    grid: Grid
    score: Score
    remarks: tuple[Remark, ...] = ()
    missing: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Grading:
    """`due` says when an analysis of a call of this moment ends, `is_open` whether a calibration still is."""

    gate: Gate
    book: AnalysisBook
    grids: Grids
    catalogue: Catalogue
    calls: CallLog
    clock: Clock
    new_id: Callable[[], str]
    due: Callable[[datetime], datetime]
    is_open: Callable[[str], bool]
    redactor: Redactor = REDACTOR

    def begin(
        self, request: AccessRequest, recording_id: str, grid: Grid, *, second_of: str = "", calibration_id: str = ""
    ) -> Analysis:
        """Begin to analyse a recording that the actor may listen to, or come back to the draft of it.

        `request` names purpose and reason. Raises ComplianceError after noting a denial, ArchiveError for a recording
        that there is not for this actor.
        """
        self._check(request)
        self.gate.see(replace(request, action=Action.LIST), recording_id)
        self.gate.check(replace(request, action=Action.LISTEN), (recording_id,))
        tag = self.catalogue.get(recording_id).tag
        report = self.calls.get(tag.call_id)
        # Asked again when it is scored: the form may name another agent than the report does.
        _must_be_of_another(request.actor, report.agent if report else "")
        form = AnalysisForm.CALIBRATION if calibration_id else AnalysisForm.SECOND if second_of else AnalysisForm.REVIEW
        now = self.clock.now()
        draft = Analysis(
            id=self.new_id(),
            form=form,
            call=Call(recording_id, tag.call_id, tag.program, tag.opened_at, report.agent if report else ""),
            grid_id=grid.id,
            grid_version=grid.version,
            reviewer=request.actor.id,
            begun_at=now,
            deadline=self.due(tag.opened_at),
            second_of=second_of,
            calibration_id=calibration_id,
        )
        entry = step(
            AnalysisBegun, request.actor, draft,
            purpose=request.purpose, reason=request.reason, second_of=second_of or ABSENT,
        )  # fmt: skip
        return self.book.begin(draft, entry)

    def open(self, request: AccessRequest, analysis_id: str) -> Saved:
        """The actor's own draft as it is kept. Raises ArchiveError for any other, as if there were none."""
        self._check(request)
        return self._as_kept(self._draft(request.actor, analysis_id))

    def save(self, request: AccessRequest, analysis_id: str, revision: int, form: Mapping[str, str]) -> Saved:
        """Keep what was typed (`ivr.domain.quality.answers`, besides `agent` and `to_coach`) as far as it may be kept.

        `revision` is that of the draft that the form was made of. Raises StaleRevisionError, and keeps what is there,
        when it was saved since; ArchiveError when it is no draft of the actor's.
        """
        self._check(request)
        grid, remarks = self._grid(request.actor, analysis_id), list[Remark]()

        def change(found: Analysis) -> Analysis:
            return self._typed(self._current(found, request.actor, revision), grid, form, remarks)

        return self._as_kept(self.book.change(analysis_id, change), tuple(remarks))

    def finish(self, request: AccessRequest, analysis_id: str, revision: int, form: Mapping[str, str]) -> Saved:
        """Save, and score it when every question is answered; otherwise it stays a draft and `missing` says why.

        Of several reviews of one call by one grid the first that is scored counts for the agent; a second review
        counts in the place of the analysis that it looked at. Raises what `save` raises, and ComplianceError when
        somebody would score their own call.
        """
        saved = self.save(request, analysis_id, revision, form)
        if saved.missing or saved.remarks:
            return saved
        actor, draft = request.actor, saved.analysis
        _must_be_of_another(actor, draft.call.agent)
        with self.book.together():
            if draft.calibration_id and not self.is_open(draft.calibration_id):
                raise ArchiveError("the calibration is closed", remedy="nothing of it counts; give up the draft")
            now = self.clock.now()

            def score_it(found: Analysis) -> Analysis:
                self._current(found, actor, draft.revision)
                return replace(
                    found,
                    state=ANALYSIS.after(found.state, AnalysisEvent.SCORE, where=f"analysis {found.id}"),
                    revision=found.revision + 1,
                    scored_at=now,
                    tenths=saved.score.tenths,
                    passed=saved.score.passed,
                    counts=self._counts(draft),
                )

            digest = answers_digest(draft.answers)
            scored = self.book.change(
                analysis_id, score_it, lambda it: step(AnalysisScored, actor, it, sha256=digest, counts=it.counts)
            )
            if draft.second_of:
                self.book.change(draft.second_of, _revised, lambda it: step(AnalysisRevised, actor, it, by=scored.id))
        return replace(saved, analysis=scored)

    def drop(self, request: AccessRequest, analysis_id: str) -> None:
        """Give up a draft of one's own: nothing of it is kept."""
        self._check(request)
        draft = self._draft(request.actor, analysis_id)
        self.book.drop(analysis_id, step(DraftDropped, request.actor, draft))

    def _check(self, request: AccessRequest) -> None:
        self.gate.check(replace(request, action=Action.GRADE))

    def _draft(self, actor: Actor, analysis_id: str) -> Analysis:
        found = self.book.get(analysis_id)
        if found is None or found.reviewer != actor.id or not found.is_draft:
            raise ArchiveError("there is no such draft", remedy="see the list of your analyses")
        return found

    def _grid(self, actor: Actor, analysis_id: str) -> Grid:
        draft = self._draft(actor, analysis_id)
        return self.grids.get(draft.grid_id, draft.grid_version)

    def _current(self, found: Analysis, actor: Actor, revision: int) -> Analysis:
        if found.reviewer != actor.id or not found.is_draft:
            raise ArchiveError("there is no such draft", remedy="see the list of your analyses")
        if found.revision != revision:
            raise StaleRevisionError(
                "this draft was saved elsewhere since this page was loaded",
                remedy="what you typed stands below: save it again to keep it in place of the other",
            )
        return found

    def _typed(self, found: Analysis, grid: Grid, form: Mapping[str, str], remarks: list[Remark]) -> Analysis:
        typed = typed_answers(grid, form, redactor=self.redactor)
        remarks += typed.remarks
        agent = form.get(AGENT, found.call.agent).strip()
        if agent and not _AGENT.fullmatch(agent):
            remarks.append(Remark(AGENT, Told("An agent is named by their login: letters, digits, dots or dashes.")))
            agent = found.call.agent
        if agent != self.redactor.text(agent):
            remarks.append(Remark(AGENT, Told("A number that may not be kept was taken out.")))
            agent = found.call.agent
        return replace(
            found,
            revision=found.revision + 1,
            answers=typed.answers,
            saved_at=self.clock.now(),
            to_coach=form.get(TO_COACH) == "1",
            call=replace(found.call, agent=agent),
        )

    def _as_kept(self, analysis: Analysis, remarks: tuple[Remark, ...] = ()) -> Saved:
        grid = self.grids.get(analysis.grid_id, analysis.grid_version)
        return Saved(analysis, grid, score(grid, analysis.answers), remarks, missing(grid, analysis.answers))

    def _counts(self, draft: Analysis) -> bool:
        if draft.form is not AnalysisForm.REVIEW:
            return draft.form is AnalysisForm.SECOND
        others = self.book.find(
            AnalysisQuery(recording_id=draft.call.recording_id, grid_id=draft.grid_id, counts=True, limit=1)
        )
        return not others


def _must_be_of_another(actor: Actor, agent: str) -> None:
    if agent.casefold() == actor.id.casefold():
        raise ComplianceError("nobody scores their own call", rules=("REC-016",), remedy="leave it to another")


def _revised(first: Analysis) -> Analysis:
    if not ANALYSIS.allows(first.state, AnalysisEvent.REVISE):
        raise ArchiveError(
            "the analysis that this looks at again was decided meanwhile", remedy="see it; yours stays a draft"
        )
    state = ANALYSIS.after(first.state, AnalysisEvent.REVISE, where=f"analysis {first.id}")
    return replace(first, state=state, counts=False, revision=first.revision + 1)
