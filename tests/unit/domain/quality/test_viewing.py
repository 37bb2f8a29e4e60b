"""Who may be shown an analysis: every role and every state, deny by default."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ivr.domain.access import Action, Actor, Role
from ivr.domain.quality.analysis import Analysis, AnalysisForm, AnalysisState, Call
from ivr.domain.quality.viewing import decide_viewing, is_own_result
from tests.retention_rig import settings

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
SCORED = Analysis(
    "a", AnalysisForm.REVIEW, Call("rec", "call", "p", AT, "Luc"), "g", "1", "anne", AT, AT,
    state=AnalysisState.SCORED, counts=True,
)  # fmt: skip
REVIEWER, AGENT = Actor("anne", Role.QUALITY_ANALYST), Actor("luc", Role.AGENT)


def may(actor: Actor, analysis: Analysis) -> bool:
    found = settings()
    decision = decide_viewing(actor, analysis, policy=found.access, table=found.retention)
    assert decision.reasons == ("REC-016",)
    return decision.allowed


@pytest.mark.parametrize("role", Role)
def test_a_finished_analysis_of_another_is_seen_by_who_supervises_or_answers_persons(role: Role) -> None:
    assert may(Actor("somebody", role), SCORED) == (role in (Role.SUPERVISOR, Role.DPO))


@pytest.mark.parametrize("role", Role)
def test_a_draft_is_seen_by_its_reviewer_alone(role: Role) -> None:
    draft = replace(SCORED, state=AnalysisState.DRAFT, counts=False)
    assert not may(Actor("somebody", role), draft)
    assert may(REVIEWER, draft)


def test_a_reviewer_who_may_grade_no_more_sees_nothing_of_it() -> None:
    assert may(REVIEWER, SCORED)
    assert not may(replace(REVIEWER, role=Role.OPERATOR), SCORED)


def test_an_agent_sees_what_counts_or_counted_of_their_own_calls() -> None:
    assert may(AGENT, SCORED)
    assert may(AGENT, replace(SCORED, counts=False, state=AnalysisState.REVISED))
    assert not may(AGENT, replace(SCORED, counts=False))
    assert not may(Actor("zoe", Role.AGENT), SCORED)
    assert not is_own_result(Actor("", Role.AGENT), replace(SCORED, call=replace(SCORED.call, agent="")))


def test_nothing_of_a_calibration_is_seen_here_but_by_its_reviewer() -> None:
    session = replace(SCORED, form=AnalysisForm.CALIBRATION)
    assert may(REVIEWER, session)
    assert not any(may(Actor(name, role), session) for role in Role for name in ("luc", "somebody"))


def test_a_token_shows_no_analysis_without_the_right_by_which_its_person_sees_it() -> None:
    for actor, right in ((REVIEWER, Action.GRADE), (AGENT, Action.RESULTS), (Actor("d", Role.DPO), Action.RIGHTS)):
        assert may(replace(actor, scopes=frozenset({right})), SCORED)
        assert not may(replace(actor, scopes=frozenset(Action) - {right}), SCORED)
