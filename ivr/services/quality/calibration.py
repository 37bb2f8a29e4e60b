"""Calibration: several score one call blind, then see how far they lie apart. Nothing of it counts for the agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ivr.domain.access import AccessRequest, Action, Actor
from ivr.domain.account.account import judge_login, plain_login
from ivr.domain.evidence.events.quality import CalibrationClosed, CalibrationOpened
from ivr.domain.quality.analysis import Analysis
from ivr.domain.quality.grid import Grid
from ivr.domain.quality.spread import Spread, spread
from ivr.errors import ArchiveError, ConfigurationError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import AnalysisBook, AnalysisQuery, Calibration, CalibrationBook
from ivr.services.ports.runtime import Clock
from ivr.services.quality.grading import Grading

#: Two at least, or there is nothing to compare.
FEWEST, MOST = 2, 12


@dataclass(frozen=True)
class CalibrationView:
    """A session as one person may see it. `finished` says of each reviewer whether they have scored, never what.

    `spread` is there once it is closed, of those who had scored by then; `mine` is one's own analysis of the call.
    """

    calibration: Calibration
    grid: Grid
    finished: dict[str, bool]
    mine: Analysis | None
    spread: Spread | None
    analyses: Sequence[Analysis] = ()


@dataclass(frozen=True)
class Calibrations:
    gate: Gate
    sessions: CalibrationBook
    book: AnalysisBook
    grading: Grading
    clock: Clock
    new_id: Callable[[], str]
    due: Callable[[datetime], datetime]
    note: Callable[[AccessRequest, str, int], None]

    def open(self, request: AccessRequest, recording_id: str, grid: Grid, reviewers: Sequence[str]) -> Calibration:
        """Open a session on a recording that the actor may listen to. `reviewers` are logins.

        Raises ConfigurationError for too few or too many, ComplianceError after noting a denial, ArchiveError for a
        recording that there is not for this actor.
        """
        self._supervises(request)
        names = tuple(dict.fromkeys(plain_login(one) for one in reviewers if one.strip()))
        if not FEWEST <= len(names) <= MOST:
            raise ConfigurationError(
                "a calibration has several reviewers", key="reviewers", remedy=f"name {FEWEST} to {MOST} of them"
            )
        for name in names:
            # They stand in the evidence: nothing but logins does.
            if fault := judge_login(name):
                raise ConfigurationError(fault, key="reviewers", remedy="write e.g. anne.martin")
        self.gate.see(replace(request, action=Action.LIST), recording_id)
        self.gate.check(replace(request, action=Action.LISTEN), (recording_id,))
        at = self.grading.catalogue.get(recording_id).tag.opened_at
        made = Calibration(
            self.new_id(), recording_id, grid.id, grid.version, names, request.actor.id, self.clock.now(),
            self.due(at),
        )  # fmt: skip
        self.sessions.open(made, _entry(CalibrationOpened, request.actor, made))
        return made

    def all(self, request: AccessRequest) -> Sequence[Calibration]:
        """Those that the actor takes part in, or all for who supervises."""
        self.gate.check(replace(request, action=Action.GRADE))
        everything = self._may_supervise(request)
        found = [one for one in self.sessions.all() if everything or request.actor.id in one.reviewers]
        self.note(request, "calibrations", len(found))
        return found

    def take_part(self, request: AccessRequest, calibration_id: str) -> Analysis:
        """Begin one's own analysis of the session's call, or come back to it. Raises ArchiveError once it is closed."""
        session = self._session(request, calibration_id)
        if session.closed_at is not None or request.actor.id not in session.reviewers:
            raise _nothing()
        mine = self._mine(request.actor, session)
        if mine is not None:
            return mine
        grid = self.grading.grids.get(session.grid_id, session.grid_version)
        return self.grading.begin(request, session.recording_id, grid, calibration_id=session.id)

    def close(self, request: AccessRequest, calibration_id: str) -> None:
        """End it: from now on those who took part see the spread, and nobody scores it any more."""
        self._supervises(request)
        session = self._session(request, calibration_id)
        self.sessions.close(session.id, self.clock.now(), _entry(CalibrationClosed, request.actor, session))

    def show(self, request: AccessRequest, calibration_id: str) -> CalibrationView:
        """The session as the actor may see it: nobody's answers before it is closed."""
        session = self._session(request, calibration_id)
        found = self.book.find(AnalysisQuery(calibration_id=session.id))
        scored = [one for one in found if not one.is_draft]
        names = {one.reviewer for one in scored}
        grid = self.grading.grids.get(session.grid_id, session.grid_version)
        closed = session.closed_at is not None
        self.note(request, "calibration", len(scored) if closed else 0)
        return CalibrationView(
            session,
            grid,
            {name: name in names for name in session.reviewers},
            self._mine(request.actor, session),
            spread(grid, {one.reviewer: one.answers for one in scored}) if closed else None,
            scored if closed else (),
        )

    def _mine(self, actor: Actor, session: Calibration) -> Analysis | None:
        return next(iter(self.book.find(AnalysisQuery(calibration_id=session.id, reviewer=actor.id))), None)

    def _session(self, request: AccessRequest, calibration_id: str) -> Calibration:
        self.gate.check(replace(request, action=Action.GRADE))
        found = self.sessions.get(calibration_id)
        if found is None or not (self._may_supervise(request) or request.actor.id in found.reviewers):
            raise _nothing()
        return found

    def _supervises(self, request: AccessRequest) -> None:
        self.gate.check(replace(request, action=Action.SUPERVISE))

    def _may_supervise(self, request: AccessRequest) -> bool:
        return self.gate.may(request.actor, Action.SUPERVISE)


def _entry(kind: type[CalibrationOpened] | type[CalibrationClosed], actor: Actor, session: Calibration) -> Entry:
    event = kind(
        actor=actor.id,
        role=actor.role.value,
        calibration_id=session.id,
        grid=session.grid_id,
        grid_version=session.grid_version,
        reviewers=session.reviewers,
    )
    return Entry(event, recording_id=session.recording_id)


def _nothing() -> ArchiveError:
    return ArchiveError("there is no such calibration (any more)", remedy="see the list of calibrations")
