"""Legal holds: asked for, approved by two others, released. Each step leaves evidence; nothing is opened by any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from ivr.domain.evidence.events.base import ABSENT
from ivr.domain.evidence.events.legal_hold import (
    HoldApproved,
    HoldRejected,
    HoldReleased,
    HoldRenewed,
    HoldRequested,
    HoldStep,
)
from ivr.domain.profile import Profile
from ivr.domain.retention import legal_hold as domain
from ivr.domain.retention.legal_hold import HoldState, LegalHold, hold_rules, items_digest
from ivr.services.ports.evidence import Entry
from ivr.services.ports.retention import HoldRegister
from ivr.services.ports.runtime import Clock

_LISTED = 50


class Holds:
    def __init__(self, register: HoldRegister, clock: Clock, *, profile: Profile, new_id: Callable[[], str]) -> None:
        self._register = register
        self._clock = clock
        self._rules = hold_rules(profile)
        self._new_id = new_id

    def request(
        self, *, case: str, owner: str, basis: str, items: Iterable[str], by: str, review_at: datetime
    ) -> LegalHold:
        """Ask for a hold; until it is approved it suspends nothing. Raises ComplianceError; ArchiveError for items."""
        hold = domain.request_hold(
            hold_id=self._new_id(),
            case=case,
            owner=owner,
            basis=basis,
            items=frozenset(items),
            requested_by=by,
            review_at=review_at,
            now=self._clock.now(),
            rules=self._rules,
        )
        self._register.add(hold, _entry(HoldRequested, hold, by))
        return hold

    def approve(self, hold_id: str, *, by: str) -> LegalHold:
        """One approval more; the last one needed makes it ACTIVE. Raises ComplianceError, TransitionError."""

        def change(hold: LegalHold) -> LegalHold:
            return domain.approve_hold(hold, by=by, now=self._clock.now(), rules=self._rules)

        return self._register.change(hold_id, change, lambda hold: _entry(HoldApproved, hold, by))

    def reject(self, hold_id: str, *, by: str, reason: str) -> LegalHold:
        def change(hold: LegalHold) -> LegalHold:
            return domain.reject_hold(hold, by=by, reason=reason, now=self._clock.now())

        return self._register.change(hold_id, change, lambda hold: _entry(HoldRejected, hold, by, reason))

    def renew(self, hold_id: str, *, by: str, review_at: datetime) -> LegalHold:
        def change(hold: LegalHold) -> LegalHold:
            return domain.renew_hold(hold, by=by, review_at=review_at, now=self._clock.now(), rules=self._rules)

        return self._register.change(hold_id, change, lambda hold: _entry(HoldRenewed, hold, by))

    def release(self, hold_id: str, *, by: str, reason: str) -> LegalHold:
        """End it: what is overdue goes at the next run."""

        def change(hold: LegalHold) -> LegalHold:
            return domain.release_hold(hold, by=by, reason=reason, now=self._clock.now())

        return self._register.change(hold_id, change, lambda hold: _entry(HoldReleased, hold, by, reason))

    def show(self, hold_id: str) -> LegalHold:
        return self._register.get(hold_id)

    def listing(self, states: Sequence[HoldState] = ()) -> list[LegalHold]:
        return self._register.all(states)

    def to_review(self) -> list[LegalHold]:
        """ACTIVE holds whose review is late: they go on, and a person must look."""
        now = self._clock.now()
        return [hold for hold in self._register.all([HoldState.ACTIVE]) if hold.review_overdue(now)]


def _entry(step: type[HoldStep], hold: LegalHold, by: str, reason: str = "") -> Entry:
    items = sorted(hold.items)
    event = step(
        hold_id=hold.id,
        case=hold.case,
        owner=hold.owner,
        basis=hold.basis,
        actor=by,
        state=hold.state.value,
        approvals=len(hold.approvals),
        review_at=hold.review_at,
        items=tuple(items[:_LISTED]),
        item_count=len(items),
        items_sha256=items_digest(items),
        active_from=hold.active_from,
        reason=reason or ABSENT,
    )
    return Entry(event, recording_id=items[0] if len(items) == 1 else "")
