"""Requests of authorities: taken in, checked, approved by another, handed out, receipted; accounts to look by.

An account of an authority bears no token: what it sees, a person sees on its page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Path, Request, Response
from pydantic import Field

from ivr.console.api.caller import Asked, Asking
from ivr.console.api.fields import ID, Day, Given, Id, Line, Moment, Shown, Text, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.authority_papers import authority_receipt, sealed_export
from ivr.console.guard import ORIGIN
from ivr.domain.access import AccessRequest, Action, Role
from ivr.domain.authority.requisition import (
    MOST_ITEMS,
    CheckedBy,
    Due,
    RefusalGround,
    Requisition,
    RequisitionState,
    authorities_of,
)
from ivr.services.authority.desk import Opened

_SCOPES = (Action.AUTHORITY,)
_EXPORT = (Action.AUTHORITY, Action.EXPORT)
CaseId = Annotated[str, Path(pattern=ID)]
_Note = Annotated[Text, Field(max_length=2_000)]
_Items = Annotated[list[Id], Field(min_length=1, max_length=MOST_ITEMS)]
_Seen = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="`items_sha256` of the list that was looked at.")]


class RequisitionOut(Shown):
    """`due_at` is the house's figure for "without delay"; `hours_left` negative: late. `count`: how many it lists."""

    id: str
    reference: str
    authority: str
    asked_reference: str
    basis: str
    received_at: Told
    state: RequisitionState
    count: int
    due_at: Told
    hours_left: int
    silent: bool
    checked_by: str
    checked_how: CheckedBy | None
    approved_by: str
    approver_role: Role | None
    ground: RefusalGround | None
    handed_out_by: str
    handed_out_at: Told | None
    index_sha256: str
    receipted_on: Day | None


class RequisitionList(Shown):
    """`authorities` are those that may ask, each with the texts that it usually cites."""

    requisitions: list[RequisitionOut]
    authorities: dict[str, str]


class OfficialOut(Shown):
    official: str
    service: str
    contact: str


class ViewerOut(Shown):
    login: str
    holder: str
    until: Told


class RequisitionSheet(Shown):
    """A requisition with the official who asks. `found` are the items that are there now; `items_sha256` is what
    `check` and `approve` answer with, so that they answer this list."""

    requisition: RequisitionOut
    official: OfficialOut
    items: list[str]
    items_sha256: str
    found: list[str]
    notes: list[str]
    viewers: list[ViewerOut]
    keep_until: Told | None


class RequisitionIn(Given):
    """`silent`: the law forbids to tell the person. Numbers of persons in what is written become their kind."""

    authority: Line
    asked_reference: Line
    basis: Line
    received_at: Moment
    items: _Items
    official: Line
    service: Line = ""
    contact: Line = ""
    silent: bool = False
    note: _Note = ""

    def typed(self) -> dict[str, str]:
        """As people type it, by the names of the page's form."""
        lines = ("authority", "asked_reference", "basis", "official", "service", "contact", "note")
        texts = {name: getattr(self, name) for name in lines}
        return {**texts, "items": "\n".join(self.items), "silent": "yes" if self.silent else ""}


class AmendStep(Given):
    step: Literal["amend"]
    items: _Items


class CheckStep(Given):
    step: Literal["check"]
    how: CheckedBy
    seen: _Seen
    note: _Note = ""


class ApproveRequisitionStep(Given):
    step: Literal["approve"]
    seen: _Seen
    note: _Note = ""


class RefuseRequisitionStep(Given):
    step: Literal["refuse"]
    ground: RefusalGround
    note: _Note


class ReceiptStep(Given):
    step: Literal["receipt"]
    signed_on: Day
    note: _Note = ""


class NoteRequisitionStep(Given):
    step: Literal["note"]
    note: _Note


class FreezeStep(Given):
    step: Literal["freeze"]


class DismissStep(Given):
    step: Literal["dismiss"]
    login: Line


_Step = (
    AmendStep | CheckStep | ApproveRequisitionStep | RefuseRequisitionStep | ReceiptStep | NoteRequisitionStep
    | FreezeStep | DismissStep
)  # fmt: skip
RequisitionStepIn = Annotated[_Step, Field(discriminator="step")]


class ExportIn(Given):
    form: Literal["wav", "opus"]


class ViewerIn(Given):
    """`until` is the last day of the account."""

    holder: Line
    until: Day


class ViewerLink(Shown):
    """`link` makes the account of whoever opens it, once."""

    login: str
    link: str


@dataclass(frozen=True)
class RequisitionsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        one, zipped, plain = "/requisitions/{case_id}", "application/zip", "text/plain"
        return (
            ApiRoute("GET", "/requisitions", self.list_requisitions, _SCOPES, RequisitionList),
            ApiRoute("POST", "/requisitions", self.take_in_requisition, _SCOPES, RequisitionSheet, 201),
            ApiRoute("GET", one, self.read_requisition, _SCOPES, RequisitionSheet),
            ApiRoute("POST", f"{one}/steps", self.step_requisition, _SCOPES, RequisitionSheet, more=(409,)),
            ApiRoute("POST", f"{one}/exports", self.hand_out, _EXPORT, media=zipped, more=(409,)),
            ApiRoute("GET", f"{one}/receipt", self.read_receipt, _SCOPES, media=plain),
            ApiRoute("POST", f"{one}/viewers", self.admit_viewer, _EXPORT, ViewerLink, 201),
        )

    def list_requisitions(self, asked: Asked) -> RequisitionList:
        """List all requests of authorities, what is to be answered first on top."""
        found = self.services.authority.desk.listing(_asks(asked))
        return RequisitionList(
            requisitions=[_requisition(one, due) for one, due in found],
            authorities=dict(authorities_of(self.services.settings.profile)),
        )

    def take_in_requisition(self, asked: Asked, given: RequisitionIn) -> RequisitionSheet:
        """Open the file of a written request: which authority, its reference, the text that it cites, what it lists."""
        desk = self.services.authority.desk
        made = desk.take_in(_asks(asked), given.received_at, given.typed())
        return _sheet(desk.show(_asks(asked), made.id))

    def read_requisition(self, asked: Asked, case_id: CaseId) -> RequisitionSheet:
        """Read a request with the official who asks."""
        return _sheet(self.services.authority.desk.show(_asks(asked), case_id))

    def step_requisition(self, asked: Asked, case_id: CaseId, given: RequisitionStepIn) -> RequisitionSheet:
        """Take a step of a request: `amend`, `check`, `approve` (with `agree`; never who checked it), `refuse`,
        `receipt`, `note`, `freeze` (with `hold`), `dismiss`: end an account of the authority."""
        return _sheet(self._step(_asks(asked), case_id, given)())

    def hand_out(self, asked: Asked, case_id: CaseId, given: ExportIn) -> Response:
        """Hand out exactly what was approved, as on the page: signed, with its proof and the offline verifier, sent
        while it is made. Never who approved it. What breaks off has no end, and is not noted as handed out."""
        services, token = self.services, asked.token
        return sealed_export(
            *services.authority.handing_out.files(
                _asks(asked), case_id, form=given.form, is_there=lambda: services.tokens.still(token)
            )
        )

    def read_receipt(self, asked: Asked, case_id: CaseId) -> Response:
        """Read the receipt that the authority signs, ready to print; there is none before something was handed out."""
        services = self.services
        _, body = authority_receipt(services.settings, services.authority, _asks(asked), case_id)
        return Response(body, media_type="text/plain")

    def admit_viewer(self, asked: Asked, case_id: CaseId, given: ViewerIn, request: Request) -> ViewerLink:
        """Open an account through which the authority looks at what was approved; its one-time link is shown this once.
        For whoever may hand it out."""
        until = self.services.settings.profile.start_of(given.until + timedelta(days=1))
        login, token = self.services.authority.viewers.admit(_asks(asked), case_id, given.holder, until)
        return ViewerLink(login=login, link=f"{request.scope[ORIGIN]}/invitation?jeton={token}")

    def _step(self, asked: AccessRequest, case_id: str, given: _Step) -> Callable[[], Opened]:
        desk = self.services.authority.desk
        if isinstance(given, AmendStep):
            return lambda: desk.amend(asked, case_id, "\n".join(given.items))
        if isinstance(given, CheckStep):
            return lambda: desk.check(asked, case_id, given.how, given.seen, given.note)
        if isinstance(given, ApproveRequisitionStep):
            return lambda: desk.approve(asked, case_id, given.seen, given.note)
        if isinstance(given, RefuseRequisitionStep):
            return lambda: desk.refuse(asked, case_id, given.ground, given.note)
        if isinstance(given, ReceiptStep):
            return lambda: desk.receipt(asked, case_id, given.signed_on, given.note)
        if isinstance(given, NoteRequisitionStep):
            return lambda: desk.note(asked, case_id, given.note)
        return lambda: self._aside(asked, case_id, given)

    def _aside(self, asked: AccessRequest, case_id: str, given: FreezeStep | DismissStep) -> Opened:
        """What is done beside the file, which is shown anew."""
        authority = self.services.authority
        if isinstance(given, FreezeStep):
            authority.desk.freeze(asked, case_id)
        else:
            authority.viewers.dismiss(asked, case_id, given.login)
        return authority.desk.show(asked, case_id)


def _asks(asked: Asking) -> AccessRequest:
    return asked.request(Action.AUTHORITY)


def _requisition(one: Requisition, due: Due) -> RequisitionOut:
    return RequisitionOut(
        id=one.id,
        reference=one.reference,
        authority=one.authority,
        asked_reference=one.asked_reference,
        basis=one.basis,
        received_at=one.received_at,
        state=one.state,
        count=len(one.items),
        due_at=due.at,
        hours_left=due.hours_left,
        silent=one.silent,
        checked_by=one.checked_by,
        checked_how=one.checked_how,
        approved_by=one.approved_by,
        approver_role=one.approver_role,
        ground=one.ground,
        handed_out_by=one.handed_out_by,
        handed_out_at=one.handed_out_at,
        index_sha256=one.index_sha256,
        receipted_on=one.receipted_on,
    )


def _sheet(opened: Opened) -> RequisitionSheet:
    it = opened.requisition
    return RequisitionSheet(
        requisition=_requisition(it, opened.due),
        official=OfficialOut(**opened.official),
        items=list(it.items),
        items_sha256=it.items_sha256,
        found=[item for item in it.items if item in opened.found],
        notes=list(opened.notes),
        viewers=[
            ViewerOut(login=one.login, holder=opened.holders.get(one.login, ""), until=one.until) for one in it.viewers
        ],
        keep_until=opened.keep_until,
    )
