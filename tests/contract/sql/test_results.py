"""Who sees which analyses on both databases, and what the evidence says of each look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.domain.access import Actor, Role
from ivr.errors import ArchiveError, ComplianceError
from tests.databases import KINDS, fresh_url
from tests.quality_rig import ANNE, BEST, LUC, PAUL, SOPHIE, QualityRig, asks

DORA = Actor("dora", Role.DPO)
ZOE = Actor("zoe", Role.AGENT)


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QualityRig]:
    rig = QualityRig(fresh_url(request.param, tmp_path))
    for name in ("rec-1", "rec-2", "rec-3"):
        rig.call(name)
    yield rig
    rig.close()


def test_lists_hold_what_is_for_each_and_stand_in_the_evidence(rig: QualityRig) -> None:
    done = rig.scored().analysis
    draft = rig.draft(ANNE, "rec-2")
    other = rig.scored(PAUL, "rec-3").analysis
    assert {one.id for one in rig.results.mine(asks(ANNE))} == {done.id, draft.id}
    assert {one.id for one in rig.results.team(asks(SOPHIE))} == {done.id, other.id}
    assert rig.results.team(asks(SOPHIE), agent="zoe") == []
    assert {one.id for one in rig.results.own(asks(Actor("LUC", Role.AGENT)))} == {done.id, other.id}
    assert rig.results.own(asks(ZOE)) == []
    told = [(one["actor"], one["what"], one["count"]) for one in rig.told("analyses.listed")]
    assert told == [
        ("anne", "mine", 2), ("sophie", "team", 2), ("sophie", "agent", 0), ("LUC", "own", 2), ("zoe", "own", 0),
    ]  # fmt: skip


def test_a_finished_one_is_shown_to_those_it_is_for_and_the_look_is_noted(rig: QualityRig) -> None:
    done = rig.scored().analysis
    for who in (ANNE, SOPHIE, LUC, DORA):
        shown = rig.results.show(asks(who), done.id)
        assert (shown.analysis, shown.grid.name, shown.score.tenths) == (done, "hotline 1", done.tenths)
    assert [one["actor"] for one in rig.told("analysis.shown")] == ["sophie", "luc", "dora"]


def test_what_one_may_not_see_looks_like_what_is_not_there_and_is_noted(rig: QualityRig) -> None:
    done, draft = rig.scored().analysis, rig.draft(PAUL, "rec-2")
    said = set()
    for who, name in ((ZOE, done.id), (PAUL, done.id), (SOPHIE, draft.id), (LUC, draft.id), (ANNE, "nothing")):
        with pytest.raises(ArchiveError) as refused:
            rig.results.show(asks(who), name)
        said.add(str(refused.value))
    assert len(said) == 1
    assert len(rig.told("access.denied")) == 4


def test_what_does_not_count_is_no_result_of_the_agent(rig: QualityRig) -> None:
    rig.scored(ANNE)
    beside = rig.scored(PAUL).analysis
    assert beside.id not in {one.id for one in rig.results.own(asks(LUC))}
    with pytest.raises(ArchiveError):
        rig.results.show(asks(LUC), beside.id)


def test_what_failed_or_was_asked_for_is_to_be_coached_until_it_is_done(rig: QualityRig) -> None:
    failed = rig.scored(a_donnees_interdites="yes").analysis
    good = rig.scored(ANNE, "rec-2").analysis
    draft = rig.draft(ANNE, "rec-3")
    asked = rig.grading.finish(asks(ANNE), draft.id, 1, {**BEST, "to_coach": "1"}).analysis
    assert {one.id for one in rig.results.to_coach(asks(SOPHIE))} == {failed.id, asked.id}
    for _ in range(2):
        rig.results.coached(asks(SOPHIE), failed.id)
    assert [one.id for one in rig.results.to_coach(asks(SOPHIE))] == [asked.id]
    assert rig.kept(failed.id).coached_by == "sophie"
    assert len(rig.told("analysis.coached")) == 1
    assert good.passed
    with pytest.raises(ComplianceError, match="'supervise'"):
        rig.results.to_coach(asks(ANNE))
