"""Drafts and scores on both databases: nothing typed is lost, two reviewers, two tabs, what counts."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.domain.access import Actor, Role
from ivr.domain.evidence.events.quality import DraftDropped
from ivr.domain.quality.analysis import AnalysisForm, AnalysisState
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.quality.grading import StaleRevisionError
from ivr.services.quality.steps import step
from tests.databases import KINDS, fresh_url
from tests.quality_rig import ANNE, BEST, LUC, PAUL, QualityRig, asks
from tests.retention_rig import CALLED, GONE


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QualityRig]:
    rig = QualityRig(fresh_url(request.param, tmp_path))
    rig.call("rec-1")
    yield rig
    rig.close()


def test_a_draft_knows_call_agent_version_and_deadline_and_stands_in_the_evidence(rig: QualityRig) -> None:
    draft = rig.draft()
    assert (draft.call.recording_id, draft.call.agent, draft.call.at) == ("rec-1", "luc", CALLED)
    assert (draft.grid_id, draft.grid_version, draft.form) == ("hotline", "1", AnalysisForm.REVIEW)
    # Twelve calendar months from the call (REC-007), not from the analysis.
    assert draft.deadline == CALLED.replace(year=CALLED.year + 1)
    (begun,) = rig.told("analysis.begun")
    assert (begun["actor"], begun["purpose"], begun["reason"]) == ("anne", "quality_audio", "revue 12")


def test_what_was_saved_is_there_for_whoever_comes_back(rig: QualityRig) -> None:
    draft = rig.draft()
    form = {"a.presentation": "yes", "n.courtoisie": "coupe « je vous ai dit non » 06 12 34 56 78", "t.suite": "2:05"}
    saved = rig.grading.save(asks(ANNE), draft.id, 1, form)
    assert {one.question_id for one in saved.remarks} == {"courtoisie"}
    assert len(saved.missing) == 8
    assert rig.draft().id == draft.id
    found = rig.grading.open(asks(ANNE), draft.id)
    assert found.analysis == saved.analysis
    assert found.analysis.answers["presentation"].value == "yes"
    assert found.analysis.answers["courtoisie"].note == "coupe […] <phone>"
    assert found.analysis.answers["suite"].at_ms == 125_000
    assert len(rig.told("analysis.begun")) == 1


def test_each_reviewer_has_a_draft_that_the_other_neither_sees_nor_saves(rig: QualityRig) -> None:
    mine, yours = rig.draft(ANNE), rig.draft(PAUL)
    assert mine.id != yours.id
    for act in (
        lambda: rig.grading.open(asks(PAUL), mine.id),
        lambda: rig.grading.save(asks(PAUL), mine.id, 1, {}),
        lambda: rig.grading.finish(asks(PAUL), mine.id, 1, BEST),
        lambda: rig.grading.drop(asks(PAUL), mine.id),
    ):
        with pytest.raises(ArchiveError, match="no such draft"):
            act()
    assert rig.kept(mine.id) == mine


def test_of_two_tabs_the_second_is_told_and_overwrites_nothing_unseen(rig: QualityRig) -> None:
    draft = rig.draft()
    rig.grading.save(asks(ANNE), draft.id, 1, {"a.presentation": "yes"})
    for act in (rig.grading.save, rig.grading.finish):
        with pytest.raises(StaleRevisionError, match="saved elsewhere"):
            act(asks(ANNE), draft.id, 1, {"a.presentation": "no"})
    assert rig.kept(draft.id).answers["presentation"].value == "yes"
    assert rig.grading.save(asks(ANNE), draft.id, 2, {"a.presentation": "no"}).analysis.revision == 3


def test_of_saves_that_come_at_once_one_is_kept_and_the_others_are_told(rig: QualityRig) -> None:
    draft = rig.draft()

    def save(number: int) -> bool:
        try:
            rig.grading.save(asks(ANNE), draft.id, 1, {"n.suite": f"note {number}"})
        except StaleRevisionError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(save, range(4))) == [False, False, False, True]
    assert rig.kept(draft.id).revision == 2


def test_two_that_begin_at_once_have_one_draft(rig: QualityRig) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len({one.id for one in pool.map(lambda _: rig.draft(), range(4))}) == 1


def test_an_unfinished_form_is_kept_and_not_scored(rig: QualityRig) -> None:
    draft = rig.draft()
    saved = rig.grading.finish(asks(ANNE), draft.id, 1, {**BEST, "a.suite": ""})
    assert [one.id for one in saved.missing] == ["suite"]
    assert (saved.analysis.state, saved.analysis.revision) == (AnalysisState.DRAFT, 2)
    assert rig.told("analysis.scored") == []


def test_a_score_keeps_version_and_reviewer_and_the_evidence_has_neither_answer_nor_score(rig: QualityRig) -> None:
    saved = rig.scored(n_suite="dit « rappelez moi demain » au client", a_suite="no")
    # What was taken out is shown before it is scored.
    assert saved.analysis.is_draft
    done = rig.grading.finish(
        asks(ANNE), saved.analysis.id, 2, {**BEST, "a.suite": "no", "n.suite": "dit […]"}
    ).analysis
    assert (done.state, done.reviewer, done.grid_version, done.counts) == (AnalysisState.SCORED, "anne", "1", True)
    # 85 of 90: two questions do not apply.
    assert (done.tenths, done.passed) == (944, True)
    (told,) = rig.told("analysis.scored")
    assert (told["actor"], told["grid_version"], told["counts"]) == ("anne", "1", True)
    assert set(told) == {"actor", "role", "analysis_id", "form", "grid", "grid_version", "sha256", "counts"}
    assert rig.audit.verify() == []


def test_the_first_review_that_is_scored_counts_and_a_second_one_is_kept_beside_it(rig: QualityRig) -> None:
    assert rig.scored(ANNE).analysis.counts
    assert not rig.scored(PAUL).analysis.counts


def test_what_is_scored_cannot_be_typed_again(rig: QualityRig) -> None:
    done = rig.scored().analysis
    with pytest.raises(ArchiveError, match="no such draft"):
        rig.grading.save(asks(ANNE), done.id, done.revision, BEST)


def test_the_reviewer_may_name_the_agent_and_nobody_scores_their_own_call(rig: QualityRig) -> None:
    draft = rig.draft()
    odd = rig.grading.save(asks(ANNE), draft.id, 1, {"agent": "Luc <b>Martin</b>"})
    assert (odd.analysis.call.agent, [one.question_id for one in odd.remarks]) == ("luc", ["agent"])
    with pytest.raises(ComplianceError, match="own call"):
        rig.grading.finish(asks(ANNE), draft.id, 2, {**BEST, "agent": "Anne"})
    assert rig.kept(draft.id).is_draft


def test_whoever_took_the_call_does_not_score_it_under_another_name(rig: QualityRig) -> None:
    rig.call("rec-own", agent="Anne")
    with pytest.raises(ComplianceError, match="own call"):
        rig.draft(ANNE, "rec-own")
    assert rig.told("analysis.begun") == []


def test_a_number_is_no_agent(rig: QualityRig) -> None:
    saved = rig.grading.save(asks(ANNE), rig.draft().id, 1, {"agent": "0612345678"})
    assert (saved.analysis.call.agent, [one.question_id for one in saved.remarks]) == ("luc", ["agent"])


def test_of_two_that_are_scored_at_once_one_counts(rig: QualityRig) -> None:
    for number in range(6):
        rig.call(f"rec-{number}-of-two")
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda who, name=f"rec-{number}-of-two": rig.scored(who, name), (ANNE, PAUL)))
        assert sorted(one.analysis.counts for one in found) == [False, True]


def test_what_another_tab_scored_meanwhile_is_not_given_up(rig: QualityRig) -> None:
    draft = rig.draft()
    dropped = step(DraftDropped, ANNE, draft)
    rig.grading.finish(asks(ANNE), draft.id, 1, BEST)
    rig.book.drop(draft.id, dropped)
    assert rig.kept(draft.id).state is AnalysisState.SCORED
    assert rig.told("analysis.dropped") == []


def test_who_may_not_listen_begins_nothing_and_is_noted(rig: QualityRig) -> None:
    rig.call("rec-sale", tag="sales_audio")
    with pytest.raises(ArchiveError, match="no such recording"):
        rig.draft(ANNE, "rec-sale")
    with pytest.raises(ComplianceError, match="'grade'"):
        rig.draft(LUC)
    with pytest.raises(ComplianceError, match="'grade'"):
        rig.draft(Actor("dora", Role.DPO))
    assert [one["action"] for one in rig.told("access.denied")] == ["list", "grade", "grade"]
    assert rig.told("analysis.begun") == []


def test_a_draft_outlives_the_audio_and_none_is_begun_without_it(rig: QualityRig) -> None:
    draft = rig.draft()
    rig.clock.at = CALLED.replace(month=6, year=CALLED.year + 1)
    assert rig.run().run().destroyed == ["rec-1"]
    assert rig.state("rec-1") == GONE
    assert rig.grading.finish(asks(ANNE), draft.id, 1, BEST).analysis.state is AnalysisState.SCORED
    with pytest.raises(ComplianceError, match="destroyed"):
        rig.draft(PAUL)


def test_a_draft_that_is_given_up_leaves_nothing_but_the_evidence(rig: QualityRig) -> None:
    draft = rig.draft()
    rig.grading.drop(asks(ANNE), draft.id)
    assert rig.book.get(draft.id) is None
    assert len(rig.told("analysis.dropped")) == 1
