"""Calibrations: several score one call blind, then see how far they lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Response
from pydantic import Field

from ivr.console.api.analyses import AnalysisOut, line_of
from ivr.console.api.caller import Asked
from ivr.console.api.fields import ID, Given, Id, Line, Shown, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.domain.access import Action
from ivr.errors import ConfigurationError
from ivr.services.ports.quality import Calibration

_GRADE = (Action.GRADE,)
CalibrationId = Annotated[str, Path(pattern=ID)]


class CalibrationOut(Shown):
    id: str
    recording_id: str
    grid_id: str
    grid_version: str
    reviewers: list[str]
    opened_by: str
    opened_at: Told
    closed_at: Told | None


class CalibrationList(Shown):
    calibrations: list[CalibrationOut]


class QuestionSpreadOut(Shown):
    question: str
    agreed: bool
    values: dict[str, str]


class SpreadOut(Shown):
    """`tenths` is each reviewer's score, of a percent."""

    tenths: dict[str, int | None]
    questions: list[QuestionSpreadOut]


class CalibrationSheet(Shown):
    """`finished` says who has scored, never what; `spread` is there once it is closed."""

    calibration: CalibrationOut
    finished: dict[str, bool]
    spread: SpreadOut | None


class CalibrationIn(Given):
    """`reviewers` are logins."""

    recording_id: Id
    grid: Line
    reviewers: Annotated[list[Line], Field(max_length=50)]


@dataclass(frozen=True)
class CalibrationsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        listen = (Action.LIST, Action.LISTEN)
        one = "/calibrations/{calibration_id}"
        return (
            ApiRoute("GET", "/calibrations", self.list_calibrations, _GRADE, CalibrationList),
            ApiRoute("POST", "/calibrations", self.open_calibration, (Action.SUPERVISE, *listen), CalibrationOut, 201),
            ApiRoute("GET", one, self.read_calibration, _GRADE, CalibrationSheet),
            ApiRoute("POST", f"{one}/part", self.take_part, (*_GRADE, *listen), AnalysisOut, 201),
            ApiRoute("POST", f"{one}/close", self.close_calibration, (Action.SUPERVISE,), status=204),
        )

    def list_calibrations(self, asked: Asked) -> CalibrationList:
        """List those that one takes part in; all of them with `supervise`."""
        found = self.services.quality.calibrations.all(asked.request())
        return CalibrationList(calibrations=[_calibration(one) for one in found])

    def open_calibration(self, asked: Asked, given: CalibrationIn) -> CalibrationOut:
        """Open a calibration on a recording, for 2 to 12 reviewers."""
        quality = self.services.quality
        grid = next((one for one in quality.grids.latest() if one.id == given.grid), None)
        if grid is None:
            raise ConfigurationError("no grid was chosen", key="grid", remedy="choose one of the list")
        made = quality.calibrations.open(asked.request(), given.recording_id, grid, given.reviewers)
        return _calibration(made)

    def read_calibration(self, asked: Asked, calibration_id: CalibrationId) -> CalibrationSheet:
        """Read where a calibration stands, and how far its reviewers lie apart once it is closed."""
        view = self.services.quality.calibrations.show(asked.request(), calibration_id)
        spread = view.spread
        return CalibrationSheet(
            calibration=_calibration(view.calibration),
            finished=view.finished,
            spread=spread
            and SpreadOut(
                tenths=dict(spread.tenths),
                questions=[
                    QuestionSpreadOut(question=one.question.id, agreed=one.agreed, values=dict(one.values))
                    for one in spread.questions
                ],
            ),
        )

    def take_part(self, asked: Asked, calibration_id: CalibrationId) -> AnalysisOut:
        """Begin one's own analysis of the call, or come back to it."""
        return line_of(self.services.quality.calibrations.take_part(asked.request(), calibration_id))

    def close_calibration(self, asked: Asked, calibration_id: CalibrationId) -> Response:
        """Close a calibration: nobody scores it any more."""
        self.services.quality.calibrations.close(asked.request(), calibration_id)
        return Response(status_code=204)


def _calibration(one: Calibration) -> CalibrationOut:
    return CalibrationOut(
        id=one.id,
        recording_id=one.recording_id,
        grid_id=one.grid_id,
        grid_version=one.grid_version,
        reviewers=list(one.reviewers),
        opened_by=one.opened_by,
        opened_at=one.opened_at,
        closed_at=one.closed_at,
    )
