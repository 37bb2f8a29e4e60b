"""Calibration on both databases: blind until it is closed, and nothing of it counts for the agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.domain.access import Actor, Role
from ivr.domain.quality.analysis import Analysis
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError
from ivr.services.ports.quality import Calibration
from tests.databases import KINDS, fresh_url
from tests.quality_rig import ANNE, BEST, LUC, PAUL, SOPHIE, QualityRig, asks

MARC = Actor("marc", Role.TRAINER)


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QualityRig]:
    rig = QualityRig(fresh_url(request.param, tmp_path))
    rig.call("rec-1")
    yield rig
    rig.close()


def opened(rig: QualityRig) -> Calibration:
    return rig.calibrations.open(asks(SOPHIE), "rec-1", rig.grid, ["Anne ", "paul", "anne", ""])


def score(rig: QualityRig, session: Calibration, who: Actor, **changes: str) -> Analysis:
    draft = rig.calibrations.take_part(asks(who), session.id)
    form = {**BEST, **{f"a.{name}": value for name, value in changes.items()}}
    return rig.grading.finish(asks(who), draft.id, draft.revision, form).analysis


def test_nobody_sees_anothers_answers_before_it_is_closed_and_then_the_spread(rig: QualityRig) -> None:
    session = opened(rig)
    assert session.reviewers == ("anne", "paul")
    hers = score(rig, session, ANNE)
    for who in (PAUL, SOPHIE, ANNE):
        seen = rig.calibrations.show(asks(who), session.id)
        assert (seen.finished, seen.spread, seen.analyses) == ({"anne": True, "paul": False}, None, ())
    for who in (PAUL, SOPHIE, LUC):
        with pytest.raises(ArchiveError):
            rig.results.show(asks(who), hers.id)
    score(rig, session, PAUL, courtoisie="2")
    rig.calibrations.close(asks(SOPHIE), session.id)
    seen = rig.calibrations.show(asks(PAUL), session.id)
    assert seen.spread is not None
    assert dict(seen.spread.tenths) == {"anne": 1000, "paul": 917}
    assert seen.spread.questions[0].question.id == "courtoisie"
    assert [one["reviewers"] for one in (*rig.told("calibration.opened"), *rig.told("calibration.closed"))] == [
        ["anne", "paul"]
    ] * 2


def test_nothing_of_it_counts_for_the_agent_or_is_a_result(rig: QualityRig) -> None:
    session = opened(rig)
    assert not score(rig, session, ANNE).counts
    assert rig.results.own(asks(LUC)) == []
    assert rig.results.team(asks(SOPHIE)) == []
    assert rig.results.to_coach(asks(SOPHIE)) == []
    # Her review of the same call counts as if there had been none.
    assert rig.scored(ANNE).analysis.counts


def test_who_takes_part_comes_back_to_their_own_and_nobody_after_it_is_closed(rig: QualityRig) -> None:
    session = opened(rig)
    mine = rig.calibrations.take_part(asks(ANNE), session.id)
    assert rig.calibrations.take_part(asks(ANNE), session.id) == mine
    with pytest.raises(ArchiveError, match="no such calibration"):
        rig.calibrations.take_part(asks(MARC), session.id)
    rig.calibrations.close(asks(SOPHIE), session.id)
    rig.calibrations.close(asks(SOPHIE), session.id)
    with pytest.raises(ArchiveError, match="no such calibration"):
        rig.calibrations.take_part(asks(PAUL), session.id)
    with pytest.raises(ArchiveError, match="is closed"):
        rig.grading.finish(asks(ANNE), mine.id, 1, BEST)
    assert len(rig.told("calibration.closed")) == 1


def test_a_session_is_seen_by_those_who_take_part_and_by_who_supervises(rig: QualityRig) -> None:
    session = opened(rig)
    assert [one.id for one in rig.calibrations.all(asks(ANNE))] == [session.id]
    assert rig.calibrations.all(asks(MARC)) == []
    assert [(one["actor"], one["what"], one["count"]) for one in rig.told("analyses.listed")] == [
        ("anne", "calibrations", 1), ("marc", "calibrations", 0),
    ]  # fmt: skip
    with pytest.raises(ArchiveError):
        rig.calibrations.show(asks(MARC), session.id)
    with pytest.raises(ComplianceError, match="'supervise'"):
        rig.calibrations.close(asks(ANNE), session.id)


@pytest.mark.parametrize("odd", ["0612345678é", "Mme<b>", "x" * 64])
def test_what_is_no_login_reaches_no_evidence(rig: QualityRig, odd: str) -> None:
    with pytest.raises(ConfigurationError, match="login"):
        rig.calibrations.open(asks(SOPHIE), "rec-1", rig.grid, ["anne", odd])
    assert rig.told("calibration.opened") == []


@pytest.mark.parametrize("reviewers", [[], ["anne"], ["anne", "Anne"], [f"r{n}" for n in range(13)]])
def test_too_few_or_too_many_are_no_calibration(rig: QualityRig, reviewers: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="several reviewers"):
        rig.calibrations.open(asks(SOPHIE), "rec-1", rig.grid, reviewers)
