"""Legal hold: a named case suspends the destruction of listed things, and opens nothing (RET-002, RET-003).

Pure. Two persons who did not ask for it must approve; until then it suspends nothing. A hold whose review is late is
flagged and goes on: only a person releases it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256

from ivr.domain.evidence.chain import canonical
from ivr.domain.profile import Profile
from ivr.domain.state_machine import Machine
from ivr.errors import ComplianceError, nearest


class HoldState(Enum):
    """In the order of its life: no move leads back."""

    REQUESTED = "REQUESTED"
    ACTIVE = "ACTIVE"
    RELEASED = "RELEASED"
    REJECTED = "REJECTED"


class HoldEvent(Enum):
    ENDORSE = "endorse"
    ACTIVATE = "activate"
    REJECT = "reject"
    RENEW = "renew"
    RELEASE = "release"


_S, _E = HoldState, HoldEvent

LEGAL_HOLD = Machine(
    name="legal_hold",
    initial=frozenset({_S.REQUESTED}),
    final=frozenset({_S.RELEASED, _S.REJECTED}),
    table={
        (_S.REQUESTED, _E.ENDORSE): _S.REQUESTED,
        (_S.REQUESTED, _E.ACTIVATE): _S.ACTIVE,
        (_S.REQUESTED, _E.REJECT): _S.REJECTED,
        (_S.ACTIVE, _E.RENEW): _S.ACTIVE,
        (_S.ACTIVE, _E.RELEASE): _S.RELEASED,
    },
)


@dataclass(frozen=True)
class HoldRules:
    """The figures of RET-002 and RET-003, in days, minutes and persons."""

    max_initial_days: int
    review_days: int
    approvers: int
    bases: tuple[str, ...]
    only_if_prior: bool
    grace_minutes: int


def hold_rules(profile: Profile) -> HoldRules:
    """Read the figures from the profile; raises ComplianceError when one is missing."""
    return HoldRules(
        max_initial_days=int(profile.number("RET-002", "max_initial_days")),
        review_days=int(profile.number("RET-002", "review_days")),
        approvers=int(profile.number("RET-002", "approvers")),
        bases=profile.names("RET-002", "bases"),
        # Anything but a clear permission keeps the strict reading: destruction at once wins.
        only_if_prior=profile.rule("RET-003").params.get("hold_beats_immediate_destruction") != "always",
        grace_minutes=int(profile.number("RET-003", "grace_minutes")),
    )


@dataclass(frozen=True)
class Approval:
    """Who approved, and when (aware)."""

    by: str
    at: datetime


@dataclass(frozen=True)
class LegalHold:
    """One case and the ids it holds. `basis` is one of RET-002's; every time is aware.

    `active_from` is when the last approval came: what was due at once before that stays due (RET-003).
    """

    id: str
    case: str
    owner: str
    basis: str
    items: frozenset[str]
    requested_by: str
    requested_at: datetime
    review_at: datetime
    state: HoldState = HoldState.REQUESTED
    approvals: tuple[Approval, ...] = ()
    active_from: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    closed_reason: str = ""

    def covers(self, item_id: str) -> bool:
        """Say whether it holds this item now: the listed ones only, and only while ACTIVE."""
        return self.state is HoldState.ACTIVE and item_id in self.items

    def review_overdue(self, now: datetime) -> bool:
        return self.state is HoldState.ACTIVE and now >= self.review_at


def request_hold(
    *,
    hold_id: str,
    case: str,
    owner: str,
    basis: str,
    items: frozenset[str],
    requested_by: str,
    review_at: datetime,
    now: datetime,
    rules: HoldRules,
) -> LegalHold:
    """Return a hold in state REQUESTED; it suspends nothing yet.

    Raises ComplianceError (RET-002) when case, owner, requester or items are missing, the basis is unknown, or the
    review lies before `now` or more than `max_initial_days` after it.
    """
    where = f"hold {hold_id}"
    for name, value in (("case", case), ("owner", owner), ("requester", requested_by)):
        if not value.strip():
            raise _refused(f"a hold needs a {name}", where, f"name the {name}")
    if not items:
        raise _refused("a hold lists the items it holds", where, "give at least one recording id")
    if basis not in rules.bases:
        raise _refused(f"'{basis}' is no basis for a hold", where, nearest(basis, rules.bases))
    _check_review(review_at, now, rules.max_initial_days, where)
    return LegalHold(hold_id, case, owner, basis, items, requested_by, now, review_at)


def approve_hold(hold: LegalHold, *, by: str, now: datetime, rules: HoldRules) -> LegalHold:
    """Return the hold with one more approval, ACTIVE from the last one needed on.

    Raises ComplianceError when `by` asked for the hold or has approved it already, TransitionError outside REQUESTED.
    """
    where = f"hold {hold.id}"
    person = by.strip().casefold()
    enough = len(hold.approvals) + 1 >= rules.approvers
    state = LEGAL_HOLD.after(hold.state, _E.ACTIVATE if enough else _E.ENDORSE, where=where)
    if not person:
        raise _refused("an approval needs a person", where, "say who approves")
    if person == hold.requested_by.strip().casefold():
        raise _refused("who asks for a hold cannot approve it", where, "ask two other persons")
    if person in {approval.by.strip().casefold() for approval in hold.approvals}:
        raise _refused(f"{by} has approved this hold already", where, "ask another person")
    approvals = (*hold.approvals, Approval(by, now))
    return replace(hold, state=state, approvals=approvals, active_from=now if enough else None)


def reject_hold(hold: LegalHold, *, by: str, reason: str, now: datetime) -> LegalHold:
    """Return the hold REJECTED; it never suspended anything. Raises TransitionError outside REQUESTED."""
    return _closed(hold, _E.REJECT, by, reason, now)


def renew_hold(hold: LegalHold, *, by: str, review_at: datetime, now: datetime, rules: HoldRules) -> LegalHold:
    """Return the hold with a new review date, at most `review_days` from `now`.

    Raises ComplianceError when `by` asked for the hold or the date is out of bounds, TransitionError outside ACTIVE.
    """
    where = f"hold {hold.id}"
    state = LEGAL_HOLD.after(hold.state, _E.RENEW, where=where)
    if not by.strip() or by.strip().casefold() == hold.requested_by.strip().casefold():
        raise _refused("who asked for a hold cannot renew it", where, "ask another person")
    _check_review(review_at, now, rules.review_days, where)
    return replace(hold, state=state, review_at=review_at)


def release_hold(hold: LegalHold, *, by: str, reason: str, now: datetime) -> LegalHold:
    """Return the hold RELEASED: what is overdue is destroyed by the next run. Raises TransitionError outside ACTIVE."""
    return _closed(hold, _E.RELEASE, by, reason, now)


def _closed(hold: LegalHold, event: HoldEvent, by: str, reason: str, now: datetime) -> LegalHold:
    where = f"hold {hold.id}"
    state = LEGAL_HOLD.after(hold.state, event, where=where)
    if not by.strip() or not reason.strip():
        raise _refused("closing a hold needs a person and a reason", where, "say who decides and why")
    return replace(hold, state=state, closed_at=now, closed_by=by, closed_reason=reason)


def _check_review(review_at: datetime, now: datetime, days: int, where: str) -> None:
    if not now < review_at <= now + timedelta(days=days):
        raise _refused("the review date is out of bounds", where, f"choose a day within {days} days from now")


def _refused(what: str, where: str, remedy: str) -> ComplianceError:
    return ComplianceError(what, rules=("RET-002",), where=where, remedy=remedy)


def items_digest(items: Iterable[str]) -> str:
    """What the evidence says of a hold's items, however many there are."""
    return sha256(canonical({"items": sorted(items)}).encode()).hexdigest()
