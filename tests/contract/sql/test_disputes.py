"""Disputes on both databases: the agent's word, the second review, and who may decide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.domain.access import Actor, Role
from ivr.domain.quality.analysis import AnalysisForm, AnalysisState
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError
from tests.databases import KINDS, fresh_url
from tests.quality_rig import ANNE, BEST, LUC, PAUL, SOPHIE, QualityRig, asks
from tests.retention_rig import CALLED


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QualityRig]:
    rig = QualityRig(fresh_url(request.param, tmp_path))
    rig.call("rec-1")
    yield rig
    rig.close()


def test_an_agent_disputes_the_result_of_their_own_call_once(rig: QualityRig) -> None:
    done = rig.scored().analysis
    disputed = rig.disputes.dispute(asks(LUC), done.id, "La suite a été dite : « je vous rappelle demain matin »")
    assert disputed.state is AnalysisState.DISPUTED
    assert disputed.dispute is not None
    assert disputed.dispute.why == "La suite a été dite : […]"
    with pytest.raises(ArchiveError, match="nothing to dispute"):
        rig.disputes.dispute(asks(LUC), done.id, "encore")
    (told,) = rig.told("analysis.disputed")
    assert set(told) == {"actor", "role", "analysis_id", "form", "grid", "grid_version"}


@pytest.mark.parametrize("who", [Actor("zoe", Role.AGENT), ANNE])
def test_nobody_else_disputes_it(rig: QualityRig, who: Actor) -> None:
    done = rig.scored().analysis
    with pytest.raises((ArchiveError, ComplianceError)):
        rig.disputes.dispute(asks(who), done.id, "non")
    assert rig.kept(done.id) == done


def test_a_dispute_without_a_word_is_none(rig: QualityRig) -> None:
    done = rig.scored().analysis
    with pytest.raises(ConfigurationError, match="nothing is said"):
        rig.disputes.dispute(asks(LUC), done.id, " \n ")


def test_a_supervisor_who_did_not_score_it_upholds_it_and_says_why(rig: QualityRig) -> None:
    done = rig.scored().analysis
    with pytest.raises(ArchiveError, match="nothing to dispute"):
        rig.disputes.uphold(asks(SOPHIE), done.id, "juste")
    rig.disputes.dispute(asks(LUC), done.id, "non")
    upheld = rig.disputes.uphold(asks(SOPHIE), done.id, "L'annonce manque.")
    assert (upheld.state, upheld.counts, upheld.tenths) == (AnalysisState.UPHELD, True, done.tenths)
    assert upheld.dispute is not None
    assert (upheld.dispute.decided_by, upheld.dispute.decision) == ("sophie", "L'annonce manque.")
    assert rig.kept(done.id) == upheld


def test_who_scored_it_decides_nothing_of_it(rig: QualityRig) -> None:
    done = rig.scored(SOPHIE).analysis
    rig.disputes.dispute(asks(LUC), done.id, "non")
    with pytest.raises(ComplianceError, match="does not decide"):
        rig.disputes.uphold(asks(SOPHIE), done.id, "si")
    with pytest.raises(ComplianceError, match="does not decide"):
        rig.disputes.second_review(asks(SOPHIE), done.id)
    with pytest.raises(ComplianceError, match="'supervise'"):
        rig.disputes.second_review(asks(PAUL), done.id)


def test_a_second_review_counts_in_its_place_and_both_are_kept(rig: QualityRig) -> None:
    done = rig.scored(a_suite="no").analysis
    rig.disputes.dispute(asks(LUC), done.id, "non")
    second = rig.disputes.second_review(asks(SOPHIE), done.id)
    assert (second.form, second.second_of, second.grid_version) == (AnalysisForm.SECOND, done.id, done.grid_version)
    assert rig.kept(done.id).counts
    scored = rig.grading.finish(asks(SOPHIE), second.id, 1, BEST).analysis
    first = rig.kept(done.id)
    assert (first.state, first.counts, scored.counts, scored.tenths) == (AnalysisState.REVISED, False, True, 1000)
    assert [one.id for one in rig.results.own(asks(LUC))] == [second.id, done.id]
    (told,) = rig.told("analysis.revised")
    assert (told["analysis_id"], told["by"]) == (done.id, second.id)
    with pytest.raises(ArchiveError, match="nothing to dispute"):
        rig.disputes.dispute(asks(LUC), second.id, "encore")


def test_a_second_review_of_what_was_decided_meanwhile_stays_a_draft(rig: QualityRig) -> None:
    done = rig.scored().analysis
    rig.disputes.dispute(asks(LUC), done.id, "non")
    second = rig.disputes.second_review(asks(SOPHIE), done.id)
    rig.disputes.uphold(asks(Actor("boris", Role.SUPERVISOR)), done.id, "juste")
    with pytest.raises(ArchiveError, match="decided meanwhile"):
        rig.grading.finish(asks(SOPHIE), second.id, 1, BEST)
    assert (rig.kept(second.id).is_draft, rig.kept(done.id).counts) == (True, True)
    assert len(rig.kept(second.id).answers) == 9


def test_without_the_audio_a_dispute_can_only_be_upheld(rig: QualityRig) -> None:
    done = rig.scored().analysis
    rig.disputes.dispute(asks(LUC), done.id, "non")
    rig.clock.at = CALLED.replace(month=6, year=CALLED.year + 1)
    rig.run().run()
    with pytest.raises(ComplianceError, match="destroyed"):
        rig.disputes.second_review(asks(SOPHIE), done.id)
    assert rig.disputes.uphold(asks(SOPHIE), done.id, "juste").state is AnalysisState.UPHELD
