"""Who may see an analysis, and why. Deny by default (REC-016).

A reviewer sees their own, a draft is seen by nobody else; a finished one also by whoever supervises, by whoever answers
persons about what is kept of them, and by the agent whose call it is, if it counts. A calibration its session shows.
"""

from __future__ import annotations

from ivr.domain.access import AccessDecision, AccessPolicy, Action, Actor
from ivr.domain.quality.analysis import SCHEDULE, Analysis, AnalysisForm, AnalysisState
from ivr.domain.retention.schedule import RetentionTable
from ivr.domain.text.told import Told

_RULES = ("REC-016",)


def decide_viewing(actor: Actor, analysis: Analysis, *, policy: AccessPolicy, table: RetentionTable) -> AccessDecision:
    """Return whether the actor may be shown this analysis. Raises ComplianceError when its schedule is unknown."""
    may = policy.rights_of(actor)
    if analysis.reviewer == actor.id and Action.GRADE in may:
        return AccessDecision(True, _RULES, Told("One's own analysis."))
    if analysis.is_draft:
        return AccessDecision(False, _RULES, Told("A draft is seen by its reviewer alone."))
    if analysis.form is AnalysisForm.CALIBRATION:
        return AccessDecision(False, _RULES, Told("A calibration is shown by its session, once that is over."))
    if Action.SUPERVISE in may:
        return AccessDecision(True, _RULES, Told("Right 'supervise'."))
    if is_own_result(actor, analysis) and Action.RESULTS in may:
        return AccessDecision(True, _RULES, Told("The result of one's own call."))
    if (
        actor.role in policy.subject_roles
        and Action.RIGHTS in may
        and actor.role.value in table.schedule(SCHEDULE).access
    ):
        return AccessDecision(True, _RULES, Told("Whoever answers persons sees what is kept of them."))
    return AccessDecision(False, _RULES, Told("It is another's analysis."))


def is_own_result(actor: Actor, analysis: Analysis) -> bool:
    """Whether it is of this person's call and stands, or stood, for them: a login is the label of the agent."""
    stood = analysis.counts or analysis.state is AnalysisState.REVISED
    return bool(analysis.call.agent) and analysis.call.agent.casefold() == actor.id.casefold() and stood
