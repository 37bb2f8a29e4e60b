"""Legal holds at a page: the gate is asked before each step, and that they were shown is evidence (RET-002)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ivr.domain.access import AccessRequest, Action
from ivr.domain.redaction.redactor import Redactor
from ivr.domain.retention.legal_hold import LegalHold
from ivr.services.export.access_gate import Gate
from ivr.services.ports.signing import EvidenceChain
from ivr.services.retention.legal_holds import Holds
from ivr.services.rights.case_shown import note_shown

ROOM = "hold"


def desk_action(rights: Collection[Action]) -> Action:
    """Return by which of their rights somebody sees the holds: that to ask for them, else that to approve them."""
    return Action.HOLD if Action.HOLD in rights else Action.APPROVE


@dataclass(frozen=True)
class HoldDesk:
    """Every method raises ComplianceError after a denial was noted, and whatever `Holds` raises."""

    gate: Gate
    holds: Holds
    chain: EvidenceChain
    redactor: Redactor

    def listing(self, asked: AccessRequest) -> list[LegalHold]:
        """All holds, newest first, for whoever may ask for them or approve them."""
        self._check(asked, Action.HOLD if asked.action is Action.HOLD else Action.APPROVE)
        found = self.holds.listing()
        note_shown(self.chain, asked, ROOM, count=len(found))
        return found

    def request(
        self, asked: AccessRequest, *, case: str, owner: str, basis: str, items: Sequence[str], review_at: datetime
    ) -> LegalHold:
        """Ask for a hold; numbers of persons in `case` and `owner` are replaced, since both stand in the evidence."""
        self._check(asked, Action.HOLD)
        return self.holds.request(
            case=self.redactor.text(case.strip()[:200]),
            owner=self.redactor.text(owner.strip()[:200]),
            basis=basis,
            items=items,
            by=asked.actor.id,
            review_at=review_at,
        )

    def approve(self, asked: AccessRequest, hold_id: str) -> LegalHold:
        self._check(asked, Action.APPROVE)
        return self.holds.approve(hold_id, by=asked.actor.id)

    def reject(self, asked: AccessRequest, hold_id: str, reason: str) -> LegalHold:
        self._check(asked, Action.APPROVE)
        return self.holds.reject(hold_id, by=asked.actor.id, reason=self._reason(reason))

    def renew(self, asked: AccessRequest, hold_id: str, review_at: datetime) -> LegalHold:
        self._check(asked, Action.HOLD)
        return self.holds.renew(hold_id, by=asked.actor.id, review_at=review_at)

    def release(self, asked: AccessRequest, hold_id: str, reason: str) -> LegalHold:
        self._check(asked, Action.HOLD)
        return self.holds.release(hold_id, by=asked.actor.id, reason=self._reason(reason))

    def _check(self, asked: AccessRequest, action: Action) -> None:
        self.gate.check(replace(asked, action=action))

    def _reason(self, reason: str) -> str:
        return self.redactor.text(reason.strip()[:200])
