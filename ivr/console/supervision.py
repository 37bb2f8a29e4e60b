"""What a supervisor does: the team's analyses, disputes, coaching, samples, calibration; the shelf of grids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps

from fastapi import Response

from ivr.bootstrap.quality import Quality
from ivr.console.analyses import AnalysisPages, PageRoute, percent, request_of, words_of_value
from ivr.console.attachment import attachment
from ivr.console.player import PlayerPages, named
from ivr.console.times import moment_text
from ivr.console.visit import Visit
from ivr.domain.access import Action
from ivr.domain.quality.analysis import Analysis
from ivr.domain.quality.sampling import SamplingRule, month
from ivr.domain.quality.spread import QuestionSpread
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError, IvrError
from ivr.services.ports.quality import Calibration
from ivr.settings import Settings

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


def after_purpose(page: Callable[[SupervisionPages, Visit], Response]) -> Callable[[SupervisionPages, Visit], Response]:
    """Without a purpose nothing is shown: it is chosen first."""

    @wraps(page)
    def asked(pages: SupervisionPages, visit: Visit) -> Response:
        return page(pages, visit) if visit.signed_in.reason else visit.go("/finalite")

    return asked


@dataclass(frozen=True)
class SupervisionPages:
    settings: Settings
    quality: Quality
    player: PlayerPages

    def routes(self) -> tuple[PageRoute, ...]:
        """Method, path and page of each."""
        return (
            ("GET", "/equipe", self.team),
            ("POST", "/analyses/{analysis_id}/decision", self.decide),
            ("GET", "/accompagnement", self.coaching),
            ("POST", "/accompagnement/{analysis_id}", self.coached),
            ("GET", "/tirages", self.samples),
            ("POST", "/tirages", self.draw),
            ("GET", "/calibrations", self.calibrations),
            ("POST", "/calibrations", self.open_calibration),
            ("GET", "/calibrations/{calibration_id}", self.calibration),
            ("POST", "/calibrations/{calibration_id}", self.in_calibration),
            ("GET", "/grilles", self.grids),
            ("POST", "/grilles", self.import_grid),
            ("GET", "/grilles/{grid_id}/{version}", self.export_grid),
        )

    # ---- the team's analyses

    @after_purpose
    def team(self, visit: Visit) -> Response:
        return self._list(visit, "team", self.quality.results.team(request_of(visit)))

    @after_purpose
    def coaching(self, visit: Visit) -> Response:
        return self._list(visit, "coaching", self.quality.results.to_coach(request_of(visit)))

    @after_purpose
    def coached(self, visit: Visit) -> Response:
        self.quality.results.coached(request_of(visit), named(visit, "analysis_id"))
        return visit.go("/accompagnement")

    @after_purpose
    def decide(self, visit: Visit) -> Response:
        """A disputed result stands, or the call is scored again."""
        analysis_id, request, disputes = named(visit, "analysis_id"), request_of(visit), self.quality.disputes
        if visit.form.get("do") == "second":
            return visit.go(f"/analyses/{disputes.second_review(request, analysis_id).id}")
        try:
            disputes.uphold(request, analysis_id, visit.form.get("why", ""))
        except ConfigurationError as error:
            shown = self.quality.results.show(request, analysis_id)
            return self._analyses.result(visit, shown, fault=_told(visit, error))
        return visit.go(f"/analyses/{analysis_id}")

    # ---- samples

    @after_purpose
    def samples(self, visit: Visit) -> Response:
        return self._samples(visit, {}, fault="")

    @after_purpose
    def draw(self, visit: Visit) -> Response:
        self._must_supervise(visit)
        try:
            self.quality.sampling.draw(request_of(visit), self._rule(visit.form))
        except ConfigurationError as error:
            return self._samples(visit, visit.form, fault=_told(visit, error))
        return visit.go("/tirages")

    def _samples(self, visit: Visit, asked: Mapping[str, str], *, fault: str) -> Response:
        found = self.quality.sampling.latest(request_of(visit))
        samples = [
            (
                one,
                self._shown(one.rule.since)[:7],
                self._shown(one.drawn_at),
                [(share, visit.words.told(share.detail)) for share in one.shares],
            )
            for one in found
        ]
        return visit.page(
            "samples",
            status=422 if fault else 200,
            fault=fault,
            samples=samples,
            programs=sorted(self.settings.programs),
            asked={name: asked.get(name, "") for name in ("month", "per_agent", "min_s", "program")},
        )

    def _rule(self, form: Mapping[str, str]) -> SamplingRule:
        numbers = {name: form.get(name, "") or "0" for name in ("per_agent", "min_s")}
        for name, text in numbers.items():
            if not (text.isascii() and text.isdigit() and len(text) < 6):
                raise ConfigurationError("that is no number", key=name, remedy="write digits")
        typed = {name: int(text) for name, text in numbers.items()}
        return sampling_rule(self.settings, form.get("month", ""), program=form.get("program", ""), **typed)

    # ---- calibration

    @after_purpose
    def calibrations(self, visit: Visit) -> Response:
        found = self.quality.calibrations.all(request_of(visit))
        return visit.page("calibrations", sessions=[(one, *self._times(one)) for one in found])

    @after_purpose
    def open_calibration(self, visit: Visit) -> Response:
        self._must_supervise(visit)
        form = visit.form
        recording_id, names = form.get("recording_id", ""), re.split(r"[\s,;]+", form.get("reviewers", ""))
        grid = next((one for one in self.quality.grids.latest() if one.id == form.get("grid")), None)
        try:
            if grid is None:
                raise ConfigurationError("no grid was chosen", key="grid", remedy="choose one of the list")
            made = self.quality.calibrations.open(request_of(visit), recording_id, grid, names)
        except ConfigurationError as error:
            grids = self.quality.grids.latest()
            return visit.page("evaluate", status=422, fault=_told(visit, error), recording_id=recording_id, grids=grids)
        return visit.go(f"/calibrations/{made.id}")

    @after_purpose
    def calibration(self, visit: Visit) -> Response:
        view = self.quality.calibrations.show(request_of(visit), named(visit, "calibration_id"))
        session, me = view.calibration, visit.signed_in.account.login
        opened, closed = self._times(session)
        spread = view.spread
        return visit.page(
            "calibration",
            session=session,
            opened=opened,
            closed=closed,
            grid=view.grid,
            finished=view.finished,
            takes_part=me in session.reviewers and not view.finished[me] and not closed,
            scores=[(name, percent(visit, tenths)) for name, tenths in spread.tenths.items()] if spread else [],
            apart=percent(visit, spread.apart) if spread and spread.apart is not None else "",
            rows=[(one.question.text, one.agreed, _cells(visit, one)) for one in spread.questions] if spread else [],
        )

    @after_purpose
    def in_calibration(self, visit: Visit) -> Response:
        """Take part, or close it."""
        calibration_id, request = named(visit, "calibration_id"), request_of(visit)
        if visit.form.get("do") == "close":
            self.quality.calibrations.close(request, calibration_id)
            return visit.go(f"/calibrations/{calibration_id}")
        return visit.go(f"/analyses/{self.quality.calibrations.take_part(request, calibration_id).id}")

    # ---- grids

    @after_purpose
    def grids(self, visit: Visit) -> Response:
        self.quality.grids.open_to(request_of(visit))
        return self._grids(visit, text="", fault="")

    @after_purpose
    def import_grid(self, visit: Visit) -> Response:
        text = visit.form.get("toml", "").replace("\r\n", "\n")
        try:
            self.quality.grids.import_(request_of(visit), text, file=visit.words("grids.pasted"))
        except (ConfigurationError, ComplianceError, ArchiveError) as error:
            if "supervise" not in visit.rights:
                raise
            rules = f" ({', '.join(error.rules)})" if isinstance(error, ComplianceError) else ""
            return self._grids(visit, text=text, fault=f"{_told(visit, error)}{rules}")
        return visit.go("/grilles")

    @after_purpose
    def export_grid(self, visit: Visit) -> Response:
        """The grid's TOML, as a file."""
        self.quality.grids.open_to(request_of(visit))
        shelved = self.quality.grids.shelved(named(visit, "grid_id"), named(visit, "version"))
        name = f"{shelved.grid_id}-{shelved.version}.toml"
        return Response(
            shelved.text,
            media_type="text/plain; charset=utf-8",
            headers=attachment(name),
        )

    def _grids(self, visit: Visit, *, text: str, fault: str) -> Response:
        found = [(one, self._shown(one.imported_at)) for one in self.quality.grids.all()]
        return visit.page("grids", status=422 if fault else 200, fault=fault, shelved=found, text=text)

    # ----

    def _list(self, visit: Visit, what: str, found: Sequence[Analysis]) -> Response:
        lines = [self._analyses.line(visit, one) for one in found]
        return visit.page("analyses", what=what, lines=lines, fault="")

    def _must_supervise(self, visit: Visit) -> None:
        """Raises ComplianceError after a denial was noted, before anything is said of what was typed."""
        self.quality.grids.gate.must_have(replace(request_of(visit), action=Action.SUPERVISE))

    @property
    def _analyses(self) -> AnalysisPages:
        return AnalysisPages(self.settings, self.quality, self.player)

    def _times(self, one: Calibration) -> tuple[str, str]:
        return self._shown(one.opened_at), self._shown(one.closed_at)

    def _shown(self, at: datetime | None) -> str:
        return moment_text(at, self.settings.profile.timezone)


def sampling_rule(settings: Settings, typed: str, *, per_agent: int, min_s: int, program: str) -> SamplingRule:
    """Return the rule of a draw in the month `typed` (`2026-11`). Raises ConfigurationError for what is no month, or
    no program of the house's."""
    found = _MONTH.fullmatch(typed)
    if found is None:
        raise ConfigurationError("that is no month", key="month", remedy="write 2026-11")
    if program and program not in settings.programs:
        raise ConfigurationError("there is no such program", key="program", remedy="choose one of the list")
    since, until = month(int(found[1]), int(found[2]), settings.profile.timezone)
    return SamplingRule(per_agent, since, until, min_s * 1000, program)


def _told(visit: Visit, error: IvrError) -> str:
    where = f"{visit.words.told(error.where)} : " if error.where else ""
    return f"{where}{visit.words.told(error.what)} : {visit.words.told(error.remedy)}"


def _cells(visit: Visit, one: QuestionSpread) -> list[str]:
    return [words_of_value(visit, one.question, value) for value in one.values.values()]
