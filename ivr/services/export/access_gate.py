"""The gate before what is stored: asks the rules who may do what, and writes down every denial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from ivr.domain.access import (
    OPENING,
    AccessDecision,
    AccessPolicy,
    AccessRequest,
    Action,
    Actor,
    decide_access,
    decide_listing,
    decide_right,
)
from ivr.domain.evidence.events.house import Denied
from ivr.domain.profile import Profile
from ivr.domain.retention.decision import RetentionDecision, decide_retention
from ivr.domain.retention.schedule import RetentionTable
from ivr.domain.text.told import Told
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.ports.retention import RetentionLedger, Stored
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain

_LONGEST = 200
_BATCH = 1_000


class Gate:
    def __init__(
        self,
        ledger: RetentionLedger,
        chain: EvidenceChain,
        clock: Clock,
        *,
        policy: AccessPolicy,
        table: RetentionTable,
        profile: Profile,
    ) -> None:
        self._ledger = ledger
        self._chain = chain
        self._clock = clock
        self._policy = policy
        self._table = table
        self._profile = profile

    def check(self, request: AccessRequest, recording_ids: Sequence[str] = ()) -> AccessDecision:
        """Return the decision when every one of these recordings may be accessed so; its reasons are rule ids.

        Raises ComplianceError with the sentence and the rules after a denial was noted, ArchiveError for an unknown id.
        The caller notes what it then opens.
        """
        if request.action not in OPENING:
            decision = self._decide(request, None)
            if not decision.allowed:
                self.refuse(request, decision, recording_ids[0] if len(recording_ids) == 1 else "")
            return decision
        decision = AccessDecision(True, ("REC-016",), Told(""))
        request = replace(request, count=len(recording_ids))
        for at in range(0, len(recording_ids), _BATCH):
            some = recording_ids[at : at + _BATCH]
            found = {stored.recording_id: stored for stored in self._ledger.stored(some)}
            for recording_id in some:
                if recording_id not in found:
                    raise _unknown(recording_id)
                decision = self._decide(request, found[recording_id])
                if not decision.allowed:
                    self.refuse(request, decision, recording_id)
        return decision

    def check_listing(self, request: AccessRequest) -> AccessDecision:
        """Return the decision when recordings may be listed so. Raises ComplianceError after a denial was noted."""
        decision = decide_listing(request, policy=self._policy, table=self._table)
        if not decision.allowed:
            self.refuse(request, decision, "")
        return decision

    def must_have(self, request: AccessRequest) -> None:
        """Raise ComplianceError, after noting a denial, unless the actor has the right of this action at all."""
        decision = decide_right(request.actor, request.action, policy=self._policy)
        if not decision.allowed:
            self.refuse(request, decision)

    def may(self, actor: Actor, action: Action) -> bool:
        """Whether the actor has this right; asked to show or hide, and noted nowhere."""
        return action in self._policy.rights_of(actor)

    def see(self, request: AccessRequest, recording_id: str) -> tuple[Stored, RetentionDecision]:
        """Return one recording as a list for this purpose would show it, and where its deadlines stand.

        One of another purpose raises ComplianceError, which names that purpose where it is open to the actor too;
        where none is, ArchiveError, as if there were none. Both are noted. Raises what `check_listing` raises besides.
        """
        self.check_listing(request)
        found = {stored.recording_id: stored for stored in self._ledger.stored([recording_id])}.get(recording_id)
        if found is None:
            raise _unknown(recording_id)
        found.must_be_readable()
        tags = [purpose.tag for purpose in found.artefact.purposes]
        if request.purpose and request.purpose not in tags:
            self._refuse_other_purpose(request, tags, recording_id)
        return found, self._retention(found)

    def see_listed(self, request: AccessRequest, recording_id: str) -> tuple[Stored, RetentionDecision]:
        """`see` for whoever asked for it by name, such as an authority's account. Raises what `check` raises."""
        self.check(request, [recording_id])
        (found,) = self._ledger.stored([recording_id])
        return found, self._retention(found)

    def _refuse_other_purpose(self, request: AccessRequest, tags: Sequence[str], recording_id: str) -> None:
        open_too = [tag for tag in tags if self._may_list(replace(request, purpose=tag))]
        names = ", ".join(self._table.schedule(tag).title for tag in open_too)
        detail = (
            Told(f"It is kept for another purpose: {names}.") if open_too else Told("It is kept for another purpose.")
        )
        try:
            self.refuse(request, AccessDecision(False, ("REC-016", "GDP-001"), detail), recording_id)
        except ComplianceError:
            if open_too:
                raise
            raise _unknown(recording_id) from None

    def _may_list(self, request: AccessRequest) -> bool:
        return decide_listing(request, policy=self._policy, table=self._table).allowed

    def _retention(self, stored: Stored) -> RetentionDecision:
        now = self._clock.now()
        return decide_retention(stored.artefact, stored.events, stored.holds, self._table, self._profile, now)

    def _decide(self, request: AccessRequest, stored: Stored | None) -> AccessDecision:
        rules = {"policy": self._policy, "table": self._table, "profile": self._profile}
        if stored is None:
            return decide_access(request, None, None, **rules)  # type: ignore[arg-type]
        stored.must_be_readable()
        return decide_access(request, stored.artefact, self._retention(stored), **rules)  # type: ignore[arg-type]

    def refuse(self, request: AccessRequest, decision: AccessDecision, recording_id: str = "") -> NoReturn:
        """Write a denial into the evidence, then raise ComplianceError with its sentence and rules."""
        actor = request.actor
        denied = Denied(
            actor=actor.id[:_LONGEST],
            role=actor.role.value,
            action=request.action.value,
            audience=request.audience.value,
            purpose=request.purpose,
            rules=tuple(decision.reasons),
            detail=decision.detail[:_LONGEST],
        )
        self._chain.append(denied, recording_id=recording_id)
        raise ComplianceError(
            decision.detail,
            rules=decision.reasons,
            where=f"recording {recording_id}" if recording_id else f"role {actor.role.value}",
            remedy=f"rules {', '.join(decision.reasons)}; see config/access.toml, and give --role, --reason and "
            "--for as they are",
        )


def _unknown(recording_id: str) -> ArchiveError:
    return ArchiveError(
        "there is no such recording", where=f"recording {recording_id}", remedy="see 'ivr recordings list'"
    )
