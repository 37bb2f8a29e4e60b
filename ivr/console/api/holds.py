"""Legal holds: listed, asked for, approved by two others, rejected, renewed, released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from ivr.console.api.caller import Asked
from ivr.console.api.fields import ID, Day, Given, Id, Line, Shown, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.domain.access import Action
from ivr.domain.retention.legal_hold import HoldState, LegalHold
from ivr.services.rights.hold_desk import desk_action

_HOLD = (Action.HOLD,)
HoldId = Annotated[str, Path(pattern=ID)]


class ApprovalOut(Shown):
    by: str
    at: Told


class HoldOut(Shown):
    id: str
    state: HoldState
    case: str
    owner: str
    basis: str
    items: list[str]
    requested_by: str
    requested_at: Told
    review_at: Told
    approvals: list[ApprovalOut]
    closed_at: Told | None


class HoldList(Shown):
    holds: list[HoldOut]


class HoldIn(Given):
    """`basis` is one of rule RET-002's; `review_on` the day on which it is looked at again."""

    case: Line
    owner: Line
    basis: Line
    items: Annotated[list[Id], Field(min_length=1, max_length=500)]
    review_on: Day


class ReasonedStep(Given):
    step: Literal["reject", "release"]
    reason: Line


class RenewStep(Given):
    step: Literal["renew"]
    review_on: Day


class ApproveStep(Given):
    step: Literal["approve"]


HoldStepIn = Annotated[ApproveStep | RenewStep | ReasonedStep, Field(discriminator="step")]


@dataclass(frozen=True)
class HoldsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("GET", "/holds", self.list_holds, (), HoldList),
            ApiRoute("POST", "/holds", self.request_hold, _HOLD, HoldOut, 201),
            ApiRoute("POST", "/holds/{hold_id}/steps", self.step_hold, (), HoldOut, more=(409,)),
        )

    def list_holds(self, asked: Asked) -> HoldList:
        """List all holds, newest first. With `hold` or `approve`."""
        rights = self.services.settings.access.rights_of(asked.actor)
        found = self.services.holds.listing(asked.request(desk_action(rights)))
        return HoldList(holds=[_hold(one) for one in found])

    def request_hold(self, asked: Asked, given: HoldIn) -> HoldOut:
        """Ask for a hold: it suspends nothing before two others approved it."""
        made = self.services.holds.request(
            asked.request(Action.HOLD),
            case=given.case,
            owner=given.owner,
            basis=given.basis,
            items=list(dict.fromkeys(given.items)),
            review_at=self.services.settings.profile.start_of(given.review_on),
        )
        return _hold(made)

    def step_hold(self, asked: Asked, hold_id: HoldId, given: HoldStepIn) -> HoldOut:
        """Take a step of a hold: `approve` and `reject` with `approve`, `renew` and `release` with `hold`."""
        desk = self.services.holds
        if isinstance(given, ApproveStep):
            return _hold(desk.approve(asked.request(Action.APPROVE), hold_id))
        if isinstance(given, RenewStep):
            review_at = self.services.settings.profile.start_of(given.review_on)
            return _hold(desk.renew(asked.request(Action.HOLD), hold_id, review_at))
        if given.step == "reject":
            return _hold(desk.reject(asked.request(Action.APPROVE), hold_id, given.reason))
        return _hold(desk.release(asked.request(Action.HOLD), hold_id, given.reason))


def _hold(one: LegalHold) -> HoldOut:
    return HoldOut(
        id=one.id,
        state=one.state,
        case=one.case,
        owner=one.owner,
        basis=one.basis,
        items=sorted(one.items),
        requested_by=one.requested_by,
        requested_at=one.requested_at,
        review_at=one.review_at,
        approvals=[ApprovalOut(by=approval.by, at=approval.at) for approval in one.approvals],
        closed_at=one.closed_at,
    )
