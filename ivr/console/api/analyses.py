"""Analyses of calls: one's own, the team's, an agent's; drafts, results, and disputes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from fastapi import Path, Response
from pydantic import Field

from ivr.console.analyses import own_request_of
from ivr.console.api.caller import Asked, Asking
from ivr.console.api.fields import ID, Given, Line, Shown, Text, Told
from ivr.console.api.recordings import RecordingId
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.domain.access import AccessRequest, Action
from ivr.domain.quality.analysis import Analysis, AnalysisForm, AnalysisState
from ivr.domain.quality.answers import LONGEST_NOTE, LONGEST_TEXT, NOTE, PLACE, VALUE
from ivr.errors import ConfigurationError
from ivr.french import french
from ivr.services.quality.grading import AGENT, TO_COACH, Saved

_GRADE, _SUPERVISE, _RESULTS = (Action.GRADE,), (Action.SUPERVISE,), (Action.RESULTS,)
AnalysisId = Annotated[str, Path(pattern=ID)]


class Listed(Enum):
    """Whose analyses: one's own, the team's, those to be talked about, those of one's own calls."""

    MINE = "mine"
    TEAM = "team"
    COACHING = "coaching"
    OWN = "own"


class AnalysisOut(Shown):
    """`tenths` are of a percent; None where nothing counts, or it is a draft."""

    id: str
    form: AnalysisForm
    state: AnalysisState
    recording_id: str
    called_at: Told
    program: str
    agent: str
    grid_id: str
    grid_version: str
    reviewer: str
    revision: int
    scored_at: Told | None
    tenths: int | None
    passed: bool
    counts: bool
    to_coach: bool
    coached_at: Told | None


class AnalysisList(Shown):
    analyses: list[AnalysisOut]


class AnswerOut(Shown):
    value: str
    note: str
    at_ms: int | None


class DisputeOut(Shown):
    why: str
    at: Told
    decided_by: str
    decided_at: Told | None
    decision: str


class AnalysisSheet(Shown):
    """An analysis with its answers. `missing` are the questions that keep a draft from being scored, `remarks` say
    what of the answers was not kept, `reasons` what the score stands for."""

    analysis: AnalysisOut
    answers: dict[str, AnswerOut]
    reasons: list[str]
    missing: list[str]
    remarks: dict[str, list[str]]
    dispute: DisputeOut | None


class BeginIn(Given):
    """`grid`: the id of a grid; its latest version is taken."""

    grid: Line


class AnswerIn(Given):
    """`place` in the call: `2:05` or `1:02:05`."""

    value: Annotated[str, Field(max_length=4 * LONGEST_TEXT)] = ""
    note: Annotated[str, Field(max_length=4 * LONGEST_NOTE)] = ""
    place: Annotated[str, Field(max_length=20)] = ""


class DraftIn(Given):
    """The whole draft: what is left out is not answered. `revision` is the one that was read."""

    revision: Annotated[int, Field(ge=0, le=999_999_999)]
    answers: Annotated[dict[Line, AnswerIn], Field(max_length=100)] = Field(default_factory=dict)
    agent: Line | None = None
    to_coach: bool = False
    finish: bool = False

    def fields(self) -> dict[str, str]:
        """As the form of a page has them."""
        fields = {TO_COACH: "1" if self.to_coach else ""}
        if self.agent is not None:
            fields[AGENT] = self.agent
        for name, answer in self.answers.items():
            fields |= {VALUE + name: answer.value, NOTE + name: answer.note, PLACE + name: answer.place}
        return fields


class WordsIn(Given):
    why: Text


@dataclass(frozen=True)
class AnalysesApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        one = "/analyses/{analysis_id}"
        listen = (Action.GRADE, Action.LIST, Action.LISTEN)
        again = (Action.SUPERVISE, *listen)
        return (
            ApiRoute("GET", "/analyses/lists/{listed}", self.list_analyses, (), AnalysisList),
            ApiRoute("POST", "/recordings/{recording_id}/analyses", self.begin_analysis, listen, AnalysisOut, 201),
            ApiRoute("GET", one, self.read_analysis, (), AnalysisSheet),
            ApiRoute("PUT", f"{one}/draft", self.save_draft, _GRADE, AnalysisSheet, more=(409,)),
            ApiRoute("DELETE", f"{one}/draft", self.drop_draft, _GRADE, status=204),
            ApiRoute("POST", f"{one}/dispute", self.dispute_result, _RESULTS, AnalysisOut),
            ApiRoute("POST", f"{one}/uphold", self.uphold_result, _SUPERVISE, AnalysisOut),
            ApiRoute("POST", f"{one}/second-review", self.begin_second_review, again, AnalysisOut, 201),
            ApiRoute("POST", f"{one}/coached", self.note_coached, _SUPERVISE, status=204),
        )

    def list_analyses(self, asked: Asked, listed: Listed) -> AnalysisList:
        """List analyses: `mine` with `grade`, `team` and `coaching` with `supervise`, `own` with `results`."""
        results = self.services.quality.results
        found = {
            Listed.MINE: lambda: results.mine(asked.request()),
            Listed.TEAM: lambda: results.team(asked.request()),
            Listed.COACHING: lambda: results.to_coach(asked.request()),
            Listed.OWN: lambda: results.own(self._own(asked)),
        }[listed]()
        return AnalysisList(analyses=[line_of(one) for one in found])

    def begin_analysis(self, asked: Asked, recording_id: RecordingId, given: BeginIn) -> AnalysisOut:
        """Begin to analyse a recording by a grid, or come back to the draft of it."""
        quality = self.services.quality
        grid = next((one for one in quality.grids.latest() if one.id == given.grid), None)
        if grid is None:
            raise ConfigurationError("no grid was chosen", key="grid", remedy="choose one of the list")
        return line_of(quality.grading.begin(asked.request(), recording_id, grid))

    def read_analysis(self, asked: Asked, analysis_id: AnalysisId) -> AnalysisSheet:
        """Read an analysis that one may see: one's own draft, a result of one's team, or of one's own call."""
        return _sheet(self.services.quality.results.show(self._seeing(asked), analysis_id))

    def save_draft(self, asked: Asked, analysis_id: AnalysisId, given: DraftIn) -> AnalysisSheet:
        """Save a draft, and score it with `finish` once every question is answered. 409 when it was saved elsewhere."""
        grading = self.services.quality.grading
        act = grading.finish if given.finish else grading.save
        return _sheet(act(asked.request(), analysis_id, given.revision, given.fields()))

    def drop_draft(self, asked: Asked, analysis_id: AnalysisId) -> Response:
        """Give up a draft of one's own: nothing of it is kept."""
        self.services.quality.grading.drop(asked.request(), analysis_id)
        return Response(status_code=204)

    def dispute_result(self, asked: Asked, analysis_id: AnalysisId, given: WordsIn) -> AnalysisOut:
        """Dispute the result of one's own call, once, and say why."""
        return line_of(self.services.quality.disputes.dispute(self._own(asked), analysis_id, given.why))

    def uphold_result(self, asked: Asked, analysis_id: AnalysisId, given: WordsIn) -> AnalysisOut:
        """Decide that a disputed result stands, and say why."""
        return line_of(self.services.quality.disputes.uphold(asked.request(), analysis_id, given.why))

    def begin_second_review(self, asked: Asked, analysis_id: AnalysisId) -> AnalysisOut:
        """Begin to score the same call again, in place of the first result."""
        return line_of(self.services.quality.disputes.second_review(asked.request(), analysis_id))

    def note_coached(self, asked: Asked, analysis_id: AnalysisId) -> Response:
        """Note that the call was talked about with its agent."""
        self.services.quality.results.coached(asked.request(), analysis_id)
        return Response(status_code=204)

    def _own(self, asked: Asking) -> AccessRequest:
        return own_request_of(asked.actor)

    def _seeing(self, asked: Asking) -> AccessRequest:
        """As on the page: whoever has results of their own looks at those."""
        rights = self.services.settings.access.rights_of(asked.actor)
        return self._own(asked) if Action.RESULTS in rights else asked.request()


def line_of(one: Analysis) -> AnalysisOut:
    return AnalysisOut(
        id=one.id,
        form=one.form,
        state=one.state,
        recording_id=one.call.recording_id,
        called_at=one.call.at,
        program=one.call.program,
        agent=one.call.agent,
        grid_id=one.grid_id,
        grid_version=one.grid_version,
        reviewer=one.reviewer,
        revision=one.revision,
        scored_at=one.scored_at,
        tenths=None if one.is_draft else one.tenths,
        passed=one.passed,
        counts=one.counts,
        to_coach=one.to_coach,
        coached_at=one.coached_at,
    )


def _sheet(saved: Saved) -> AnalysisSheet:
    remarks: dict[str, list[str]] = {}
    for remark in saved.remarks:
        remarks.setdefault(remark.question_id, []).append(french(remark.text))
    dispute = saved.analysis.dispute
    return AnalysisSheet(
        analysis=line_of(saved.analysis),
        answers={name: AnswerOut(**vars(answer)) for name, answer in saved.analysis.answers.items()},
        reasons=[french(reason) for reason in saved.score.reasons],
        missing=[question.id for question in saved.missing],
        remarks=remarks,
        dispute=DisputeOut(**vars(dispute)) if dispute else None,
    )
