"""Which analyses there are, and what they say, for whoever may see them; each look stands in the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ivr.domain.access import AccessPolicy, AccessRequest, Action
from ivr.domain.evidence.events.quality import AnalysesListed, AnalysisCoached, AnalysisShown
from ivr.domain.quality.analysis import Analysis, AnalysisForm, AnalysisState
from ivr.domain.quality.score import score
from ivr.domain.quality.viewing import decide_viewing, is_own_result
from ivr.domain.retention.schedule import RetentionTable
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import AnalysisBook, AnalysisQuery
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain
from ivr.services.quality.grading import Saved
from ivr.services.quality.grids import Grids
from ivr.services.quality.steps import step

_FINISHED = tuple(state for state in AnalysisState if state is not AnalysisState.DRAFT)
_FOR_AGENTS = (AnalysisForm.REVIEW, AnalysisForm.SECOND)
#: Without one of these no analysis is shown (`ivr.domain.quality.viewing`).
_SEEING = frozenset({Action.GRADE, Action.SUPERVISE, Action.RESULTS, Action.RIGHTS})
_LONGEST = 200


@dataclass(frozen=True)
class Results:
    gate: Gate
    book: AnalysisBook
    grids: Grids
    chain: EvidenceChain
    clock: Clock
    policy: AccessPolicy
    table: RetentionTable

    def mine(self, request: AccessRequest) -> Sequence[Analysis]:
        """The reviewer's own, drafts among them. Raises ComplianceError after noting a denial, as all of these do."""
        return self._listed(request, Action.GRADE, "mine", AnalysisQuery(reviewer=request.actor.id))

    def team(self, request: AccessRequest, *, agent: str = "") -> Sequence[Analysis]:
        """Everybody's finished ones, calibrations excepted; those of one agent, if one is named."""
        query = AnalysisQuery(agent=agent, states=_FINISHED, forms=_FOR_AGENTS)
        return self._listed(request, Action.SUPERVISE, "agent" if agent else "team", query)

    def to_coach(self, request: AccessRequest) -> Sequence[Analysis]:
        """What counts and is to be talked about: not passed, or asked for by the reviewer; and not done yet."""
        query = AnalysisQuery(states=_FINISHED, forms=_FOR_AGENTS, counts=True, limit=1000)
        found = self._found(request, Action.SUPERVISE, query)
        waiting = [one for one in found if one.coached_at is None and (one.to_coach or not one.passed)]
        self.note(request, "coaching", len(waiting))
        return waiting

    def own(self, request: AccessRequest) -> Sequence[Analysis]:
        """What counts, or counted, for the agent who asks."""
        query = AnalysisQuery(agent=request.actor.id, states=_FINISHED, forms=_FOR_AGENTS)
        found = [one for one in self._found(request, Action.RESULTS, query) if is_own_result(request.actor, one)]
        self.note(request, "own", len(found))
        return found

    def show(self, request: AccessRequest, analysis_id: str) -> Saved:
        """A finished analysis with its grid and what it was worth.

        What one may not see raises ArchiveError, as if there were none, after noting the denial.
        """
        found = self.book.get(analysis_id)
        if found is None:
            self._must_see_some(request)
            raise _unknown()
        self._must_see(request, found)
        grid = self.grids.get(found.grid_id, found.grid_version)
        if found.reviewer != request.actor.id:
            self.chain.append_all([step(AnalysisShown, request.actor, found)])
        return Saved(found, grid, score(grid, found.answers))

    def coached(self, request: AccessRequest, analysis_id: str) -> None:
        """Note that the call was talked about with its agent; a second time changes nothing."""
        self.gate.check(replace(request, action=Action.SUPERVISE))
        actor, now = request.actor, self.clock.now()

        def change(found: Analysis) -> Analysis:
            if not found.counts:
                raise _unknown()
            return found if found.coached_at else replace(found, coached_at=now, coached_by=actor.id)

        def entry(found: Analysis) -> Entry | None:
            return step(AnalysisCoached, actor, found) if found.coached_at == now else None

        self.book.change(analysis_id, change, entry)

    def _must_see_some(self, request: AccessRequest) -> None:
        """A denial is noted where no analysis at all is shown to the actor's role, whether or not there is this one."""
        if self.policy.rights_of(request.actor) & _SEEING:
            return
        try:
            self.gate.must_have(replace(request, action=Action.GRADE))
        except ComplianceError:
            raise _unknown() from None

    def _must_see(self, request: AccessRequest, found: Analysis) -> None:
        decision = decide_viewing(request.actor, found, policy=self.policy, table=self.table)
        if decision.allowed:
            return
        try:
            self.gate.refuse(request, decision, found.call.recording_id)
        except ComplianceError:
            raise _unknown() from None

    def _listed(self, request: AccessRequest, action: Action, what: str, query: AnalysisQuery) -> Sequence[Analysis]:
        found = self._found(request, action, query)
        self.note(request, what, len(found))
        return found

    def _found(self, request: AccessRequest, action: Action, query: AnalysisQuery) -> Sequence[Analysis]:
        self.gate.check(replace(request, action=action))
        return self.book.find(query)

    def note(self, request: AccessRequest, what: str, count: int) -> None:
        """Write into the evidence that somebody was shown a list, and how long it was."""
        listed = AnalysesListed(
            actor=request.actor.id,
            role=request.actor.role.value,
            purpose=request.purpose,
            reason=request.reason[:_LONGEST],
            what=what,
            count=count,
        )
        self.chain.append(listed)


def _unknown() -> ArchiveError:
    return ArchiveError("there is no such analysis", remedy="see the list of analyses")
