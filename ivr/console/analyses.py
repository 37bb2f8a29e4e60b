"""Analyses of calls: one's own and their drafts, the form of a grid, what came out, and what an agent says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import Response
from fastapi.responses import JSONResponse

from ivr.bootstrap.quality import Quality
from ivr.console.player import PlayerPages, named
from ivr.console.times import clock_text, moment_text
from ivr.console.visit import Visit
from ivr.domain.access import AccessRequest, Action, Actor
from ivr.domain.quality.analysis import Analysis, AnalysisForm, AnalysisState
from ivr.domain.quality.answers import LONGEST_NOTE, LONGEST_TEXT, Answer, typed_answers
from ivr.domain.quality.grid import Question, QuestionKind
from ivr.errors import ConfigurationError
from ivr.services.quality.disputes import LONGEST as LONGEST_DISPUTE
from ivr.services.quality.grading import AGENT, Saved, StaleRevisionError
from ivr.settings import Settings

#: Where drafts are saved: as often as somebody types.
DRAFTS: Final = "/brouillons/"
PageRoute = tuple[str, str, Callable[[Visit], Response]]
#: Why an agent looks at their own results: they need not say.
_OWN = "own results"


@dataclass(frozen=True)
class AnalysisLine:
    """An analysis as lists show it. `tenths` are of a percent, None where nothing counted or it is a draft."""

    id: str
    called: str
    agent: str
    grid: str
    reviewer: str
    form: str
    state: str
    score: str
    passed: bool
    is_draft: bool


@dataclass(frozen=True)
class Asked:
    """A question as the form and the result show it: `options` are values and their words."""

    question: Question
    answer: Answer
    place: str
    options: tuple[tuple[str, str], ...]
    chosen: str
    remarks: tuple[str, ...]
    missing: bool


@dataclass(frozen=True)
class AnalysisPages:
    settings: Settings
    quality: Quality
    player: PlayerPages

    def routes(self) -> tuple[PageRoute, ...]:
        """Method, path and page of each."""
        return (
            ("GET", "/enregistrements/{recording_id}/evaluer", self.grids_for),
            ("POST", "/enregistrements/{recording_id}/evaluer", self.begin),
            ("GET", "/analyses", self.mine),
            ("GET", "/analyses/{analysis_id}", self.analysis),
            ("POST", DRAFTS + "{analysis_id}", self.draft),
            ("GET", "/mes-resultats", self.own),
            ("POST", "/analyses/{analysis_id}/contestation", self.dispute),
        )

    def grids_for(self, visit: Visit) -> Response:
        """Which grid a recording is to be scored by."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        self.quality.grids.open_to(request_of(visit))
        return self._grids_for(visit, named(visit, "recording_id"), fault="")

    def begin(self, visit: Visit) -> Response:
        """Begin a draft, or come back to it."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        self.quality.grids.open_to(request_of(visit))
        recording_id, asked = named(visit, "recording_id"), visit.form.get("grid", "")
        grid = next((one for one in self.quality.grids.latest() if one.id == asked), None)
        if grid is None:
            return self._grids_for(visit, recording_id, fault=visit.words("analysis.no_grid_chosen"))
        draft = self.quality.grading.begin(request_of(visit), recording_id, grid)
        return visit.go(f"/analyses/{draft.id}")

    def mine(self, visit: Visit) -> Response:
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        found = self.quality.results.mine(request_of(visit))
        return visit.page("analyses", what="mine", lines=[self.line(visit, one) for one in found], fault="")

    def own(self, visit: Visit) -> Response:
        """The agent's own results; they need not say why they look."""
        found = self.quality.results.own(own_request(visit))
        return visit.page("analyses", what="own", lines=[self.line(visit, one) for one in found], fault="")

    def analysis(self, visit: Visit) -> Response:
        """The form, for a draft of one's own; the result, for whoever may see it."""
        request = own_request(visit) if "results" in visit.rights else request_of(visit)
        if not request.reason:
            return visit.go("/finalite")
        shown = self.quality.results.show(request, named(visit, "analysis_id"))
        return self._form(visit, shown) if shown.analysis.is_draft else self.result(visit, shown)

    def draft(self, visit: Visit) -> Response:
        """Save, finish or give up a draft. What is typed and cannot be saved stands in the answer."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        analysis_id, form, request = named(visit, "analysis_id"), visit.form, request_of(visit)
        grading, do = self.quality.grading, form.get("do", "save")
        if do == "drop":
            if form.get("sure") != "1":
                return visit.go(f"/analyses/{analysis_id}")
            grading.drop(request, analysis_id)
            return visit.go("/analyses")
        try:
            act = grading.finish if do == "finish" else grading.save
            saved = act(request, analysis_id, _number(form.get("revision", "")), form)
        except StaleRevisionError as error:
            told = f"{visit.words.told(error.what)} : {visit.words.told(error.remedy)}"
            if form.get("quiet"):
                return JSONResponse({"told": told}, 409)
            return self._form(visit, self._as_typed(visit, analysis_id), fault=told, status=409)
        if form.get("quiet"):
            return JSONResponse({"revision": saved.analysis.revision, "told": self._state(visit, saved)})
        if do == "finish" and saved.analysis.is_draft:
            fault = visit.words("draft.unfinished", count=len(saved.missing)) if saved.missing else ""
            return self._form(visit, saved, fault=fault or visit.words("draft.look"), status=422, finishing=True)
        return self._form(visit, saved) if saved.remarks else visit.go(f"/analyses/{analysis_id}")

    def dispute(self, visit: Visit) -> Response:
        """The agent says why a result is wrong."""
        analysis_id, request = named(visit, "analysis_id"), own_request(visit)
        try:
            self.quality.disputes.dispute(request, analysis_id, visit.form.get("why", ""))
        except ConfigurationError as error:
            fault = f"{visit.words.told(error.what)} : {visit.words.told(error.remedy)}"
            return self.result(visit, self.quality.results.show(request, analysis_id), fault=fault)
        return visit.go(f"/analyses/{analysis_id}")

    def result(self, visit: Visit, shown: Saved, *, fault: str = "") -> Response:
        """The page of a finished analysis."""
        analysis, me = shown.analysis, visit.signed_in.account.actor
        supervises = "supervise" in visit.rights and analysis.reviewer != me.id
        open_states = (AnalysisState.SCORED, AnalysisState.DISPUTED)
        return visit.page(
            "analysis",
            status=422 if fault else 200,
            path=f"/analyses/{analysis.id}",
            fault=fault,
            line=self.line(visit, analysis),
            analysis=analysis,
            grid=shown.grid,
            scored=self._shown(analysis.scored_at),
            deadline=self._shown(analysis.deadline),
            reasons=[visit.words.told(reason) for reason in shown.score.reasons],
            sections=self._sections(visit, shown),
            dispute=analysis.dispute,
            disputed=self._shown(analysis.dispute.at) if analysis.dispute else "",
            longest=LONGEST_DISPUTE,
            may_dispute="results" in visit.rights
            and analysis.form is AnalysisForm.REVIEW
            and analysis.state is AnalysisState.SCORED,
            may_uphold=supervises and analysis.state is AnalysisState.DISPUTED,
            may_review=supervises and analysis.counts and analysis.state in open_states,
        )

    def line(self, visit: Visit, one: Analysis) -> AnalysisLine:
        return AnalysisLine(
            one.id,
            self._shown(one.call.at),
            one.call.agent,
            f"{one.grid_id} {one.grid_version}",
            one.reviewer,
            visit.words(f"analysis_form.{one.form.value}"),
            visit.words(f"analysis_state.{one.state.value.lower()}"),
            "" if one.is_draft else percent(visit, one.tenths),
            one.passed,
            one.is_draft,
        )

    def _grids_for(self, visit: Visit, recording_id: str, *, fault: str) -> Response:
        grids = self.quality.grids.latest()
        return visit.page("evaluate", status=422 if fault else 200, fault=fault, recording_id=recording_id, grids=grids)

    def _form(
        self, visit: Visit, saved: Saved, *, fault: str = "", status: int = 200, finishing: bool = False
    ) -> Response:
        return visit.page(
            "draft",
            status=status,
            path=f"/analyses/{saved.analysis.id}",
            fault=fault,
            analysis=saved.analysis,
            grid=saved.grid,
            line=self.line(visit, saved.analysis),
            sections=self._sections(visit, saved, finishing=finishing),
            action=f"{DRAFTS}{saved.analysis.id}",
            state=self._state(visit, saved),
            agent_remarks=[visit.words.told(one.text) for one in saved.remarks if one.question_id == AGENT],
            longest_note=LONGEST_NOTE,
            longest_text=LONGEST_TEXT,
            **self.player.played_in(visit, saved.analysis.call.recording_id),
        )

    def _as_typed(self, visit: Visit, analysis_id: str) -> Saved:
        """The draft as it is kept, with what was typed in its place: nothing is lost, and nothing overwritten."""
        kept = self.quality.grading.open(request_of(visit), analysis_id)
        typed = typed_answers(kept.grid, visit.form)
        return replace(kept, analysis=replace(kept.analysis, answers=typed.answers), remarks=typed.remarks)

    def _state(self, visit: Visit, saved: Saved) -> str:
        if saved.analysis.saved_at is None:
            return visit.words("draft.new")
        at = saved.analysis.saved_at.astimezone(self._zone).strftime("%H:%M:%S")
        left = len(saved.missing)
        return visit.words("draft.saved", at=at, left=left, score=percent(visit, saved.score.tenths))

    def _sections(self, visit: Visit, saved: Saved, *, finishing: bool = False) -> list[tuple[str, str, list[Asked]]]:
        """Title, score and questions of each section."""
        scores = {one.section_id: percent(visit, one.tenths) for one in saved.score.sections}
        missing = {one.id for one in saved.missing} if finishing else set()
        remarks: Mapping[str, tuple[str, ...]] = {
            question.id: tuple(visit.words.told(one.text) for one in saved.remarks if one.question_id == question.id)
            for question in saved.grid.questions
        }
        return [
            (
                section.title,
                scores[section.id],
                [
                    _asked(visit, one, saved.analysis.answers.get(one.id, Answer()), remarks[one.id], one.id in missing)
                    for one in section.questions
                ],
            )
            for section in saved.grid.sections
        ]

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.profile.timezone)

    def _shown(self, at: datetime | None) -> str:
        return moment_text(at, self.settings.profile.timezone)


def request_of(visit: Visit) -> AccessRequest:
    """What this person asks for, for the purpose and the reason that they chose for the session."""
    session = visit.signed_in
    return AccessRequest(session.account.actor, Action.LIST, purpose=session.purpose, reason=session.reason)


def own_request(visit: Visit) -> AccessRequest:
    return own_request_of(visit.signed_in.account.actor)


def own_request_of(actor: Actor) -> AccessRequest:
    """What an agent asks for of their own calls."""
    return AccessRequest(actor, Action.RESULTS, reason=_OWN)


def percent(visit: Visit, tenths: int | None) -> str:
    """Return a score as people read it, in their language."""
    if tenths is None:
        return visit.words("analysis.no_score")
    return f"{visit.words.decimal(tenths / 10, 1)} %"


def words_of_value(visit: Visit, question: Question, value: str) -> str:
    """Return an answer in words: what the grid says of a choice, the value of a scale, free text as it is."""
    if question.kind is QuestionKind.TEXT:
        return value
    choice = next((one.text for one in question.choices if one.id == value), value)
    return visit.words(f"answer.{value}") if value in ("yes", "no", "na") else choice


def _asked(visit: Visit, question: Question, answer: Answer, remarks: tuple[str, ...], missing: bool) -> Asked:
    options = tuple((value, words_of_value(visit, question, value)) for value in question.values)
    place = "" if answer.at_ms is None else clock_text(answer.at_ms)
    return Asked(question, answer, place, options, words_of_value(visit, question, answer.value), remarks, missing)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
