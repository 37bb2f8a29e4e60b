"""Requests of persons: the list with the days left, taking one in, its page, its steps and its letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TypeVar

from fastapi import Response

from ivr.console.attachment import attachment
from ivr.console.letters import packed, request_letter
from ivr.console.request_findings import found_lines, kept_lines, rows_of
from ivr.console.visit import Visit
from ivr.domain.access import AccessRequest, Action
from ivr.domain.audio.channel import Channel as Lane
from ivr.domain.rights.acts import Act
from ivr.domain.rights.letter import letters_of
from ivr.domain.rights.request import (
    RIGHTS_REQUEST,
    Channel,
    Due,
    ExtensionReason,
    IdentityCheck,
    Outcome,
    RefusalGround,
    RequestEvent,
    RequestState,
    Right,
    RightsRequest,
)
from ivr.domain.rights.third_voice import VoiceGround
from ivr.errors import ComplianceError, ConfigurationError, IvrError, TransitionError
from ivr.services.rights.acting import Acting
from ivr.services.rights.findings import Findings, Found
from ivr.services.rights.requests import Opened, Requests
from ivr.settings import Settings

_E = TypeVar("_E", bound=Enum)
#: What is typed when a request is taken in, and shown again when it cannot be.
_TYPED = ("right", "channel", "received_on", "name", "address", "phone", "member", "note")


#: What the fields of forms are called on the pages.
_LABELS = {
    "right": "requests.asks",
    "received_on": "requests.received",
    "phone": "recordings.phone",
    "member": "recordings.member",
    "person": "requests.lane",
    "review": "holds.review",
    "items": "holds.items",
    "risk": "breaches.risk",
    "exemption": "breaches.exemption",
    "persons": "breaches.persons",
    "aware_at": "breaches.noticed",
    "at": "breaches.at",
    **{
        name: f"authorities.{name}"
        for name in (
            "authority",
            "asked_reference",
            "basis",
            "received_at",
            "official",
            "service",
            "contact",
            "how",
            "form",
            "holder",
            "until",
            "signed_on",
        )
    },
    **{
        name: f"requests.{name}"
        for name in (
            "channel",
            "name",
            "address",
            "note",
            "check",
            "reason",
            "why",
            "outcome",
            "found",
            "kept",
            "ground",
        )
    },
}


@dataclass(frozen=True)
class Line:
    """A request as the list shows it."""

    case_id: str
    reference: str
    right: str
    received: str
    due: str
    left: str
    state: str
    is_open: bool
    is_late: bool


@dataclass(frozen=True)
class RequestPages:
    settings: Settings
    service: Requests
    findings: Findings
    doing: Acting

    def listing(self, visit: Visit) -> Response:
        asked = asked_by(visit, Action.RIGHTS)
        return visit.go("/finalite") if asked is None else self._list(visit, asked)

    def taking_in(self, visit: Visit) -> Response:
        asked = asked_by(visit, Action.RIGHTS)
        if asked is None:
            return visit.go("/finalite")
        form = visit.form
        try:
            received = day_of_form("received_on", form.get("received_on", ""))
            right, channel = one_of(Right, form, "right"), one_of(Channel, form, "channel")
            made = self.service.take_in(asked, right, channel, received, form)
        except IvrError as error:
            return self._list(visit, asked, fault=fault_of(visit, error))
        return visit.go(f"/demandes/{made.id}")

    def request(self, visit: Visit) -> Response:
        asked = asked_by(visit, Action.RIGHTS)
        if asked is None:
            return visit.go("/finalite")
        return self._request(visit, self._opened(asked, case_of(visit)))

    def acting(self, visit: Visit) -> Response:
        """One step of a request; which one, its form says."""
        asked = asked_by(visit, Action.RIGHTS)
        if asked is None:
            return visit.go("/finalite")
        case_id, act = case_of(visit), visit.form.get("act", "")
        fault, found = "", None
        try:
            if act == Act.COPY.value:
                return self._copy(visit, asked, case_id)
            acts = self._acts(asked, case_id, visit.form)
            if act in acts:
                acts[act]()
                found = self.findings.find(asked, case_id)
            else:
                self._step(asked, case_id, visit.form)
        except IvrError as error:
            fault = fault_of(visit, error)
        if not fault and found is None:
            return visit.go(f"/demandes/{case_id}")
        return self._request(visit, self._opened(asked, case_id), fault=fault, found=found)

    def letter(self, visit: Visit) -> Response:
        """A letter that belongs to the request as it stands, to be printed."""
        asked = asked_by(visit, Action.RIGHTS)
        if asked is None:
            return visit.go("/finalite")
        case_id, name = case_of(visit), str(visit.request.path_params.get("name", ""))
        self.doing.finish(asked, case_id)
        _, body = request_letter(self.settings, self.service, asked, case_id, name)
        return visit.page("letter", body=body, name=name, back=f"/demandes/{case_id}")

    def _opened(self, asked: AccessRequest, case_id: str) -> Opened:
        self.doing.finish(asked, case_id)
        return self.service.show(asked, case_id)

    def _acts(self, asked: AccessRequest, case_id: str, form: Mapping[str, str]) -> Mapping[str, Callable[[], object]]:
        """What may be done with what was found; the page shows it anew afterwards."""
        recording_id = form.get("recording_id", "")

        def erase() -> object:
            if form.get("sure") != "yes":
                raise ConfigurationError(
                    "an erasure cannot be undone", key="sure", remedy="tick the box beside the button"
                )
            return self.doing.erase(asked, case_id, recording_id)

        return {
            "search": lambda: None,
            Act.ERASE.value: erase,
            Act.RESTRICT.value: lambda: self.doing.restrict(asked, case_id, recording_id),
            Act.UNRESTRICT.value: lambda: self.doing.restrict(asked, case_id, recording_id, lift=True),
            "bar": lambda: self.doing.bar(asked, case_id),
            "freeze": lambda: self.doing.freeze(asked, case_id),
        }

    def _copy(self, visit: Visit, asked: AccessRequest, case_id: str) -> Response:
        """A copy for the person: one archive, made in memory."""
        form = visit.form
        person, recording_id = one_of(Lane, form, "person"), form.get("recording_id", "")
        ground = one_of(VoiceGround, form, "voice") if form.get("voice") else None
        files = self.doing.copy(asked, case_id, recording_id, person=person.value, ground=ground)
        headers = attachment(f"{recording_id}.zip")
        return Response(packed(files), headers=headers, media_type="application/zip")

    def _step(self, asked: AccessRequest, case_id: str, form: Mapping[str, str]) -> None:
        service, note, why = self.service, form.get("note", ""), form.get("why", "")
        told = {name: form.get(name, "") for name in ("found", "kept")}
        steps: Mapping[str, Callable[[], object]] = {
            "ask_identity": lambda: service.ask_identity(asked, case_id),
            "identify": lambda: service.identify(asked, case_id, one_of(IdentityCheck, form, "check"), note),
            "extend": lambda: service.extend(asked, case_id, one_of(ExtensionReason, form, "reason"), why),
            "answer": lambda: service.answer(asked, case_id, one_of(Outcome, form, "outcome"), told),
            "refuse": lambda: service.refuse(asked, case_id, one_of(RefusalGround, form, "ground"), why),
            "dispute": lambda: service.dispute(asked, case_id, note),
            "note": lambda: service.note(asked, case_id, note),
        }
        act = form.get("act", "")
        if act not in steps:
            raise ConfigurationError("there is no such step", key="act", remedy="use the forms of the page")
        steps[act]()

    def _list(self, visit: Visit, asked: AccessRequest, *, fault: str = "") -> Response:
        rows = self.service.listing(asked)
        return visit.page(
            "requests",
            status=422 if fault else 200,
            fault=fault,
            typed={name: visit.form.get(name, "") for name in _TYPED},
            today=self.service.today.isoformat(),
            lines=[_line(visit, request, due) for request, due in rows],
            rights=[right.value for right in Right],
            channels=[channel.value for channel in Channel],
        )

    def _request(self, visit: Visit, opened: Opened, *, fault: str = "", found: Found | None = None) -> Response:
        request, profile = opened.request, self.settings.profile
        may = [event.value for event in RequestEvent if RIGHTS_REQUEST.allows(request.state, event)]
        return visit.page(
            "request",
            status=422 if fault else 200,
            fault=fault,
            line=_line(visit, request, opened.due),
            opened=opened,
            due=opened.due,
            detail=visit.words.told(opened.due.detail),
            keep_until=opened.keep_until and profile.day_of(opened.keep_until).isoformat(),
            may=[event for event in may if event != "extend" or opened.due.may_extend],
            letters=[name for name in letters_of(request) if name in self.settings.letters],
            checks=[check.value for check in IdentityCheck],
            reasons=[reason.value for reason in ExtensionReason],
            outcomes=[outcome.value for outcome in Outcome],
            grounds=[ground.value for ground in RefusalGround],
            found=found,
            rows=rows_of(found, visit.words, profile) if found else [],
            numbers_since=profile.day_of(found.numbers_since).isoformat() if found and found.numbers_since else "",
            found_text=opened.told["found"] or (found_lines(found, profile) if found else ""),
            kept_text=opened.told["kept"] or (kept_lines(found, profile) if found else ""),
            may_act=request.state is RequestState.IDENTIFIED,
            voices=[ground.value for ground in VoiceGround],
        )


def asked_by(visit: Visit, action: Action) -> AccessRequest | None:
    """What whoever visits asks for; None until they have said why."""
    session = visit.signed_in
    if not session.reason:
        return None
    return AccessRequest(session.account.actor, action, purpose=session.purpose, reason=session.reason)


def case_of(visit: Visit) -> str:
    return str(visit.request.path_params["case_id"])


def one_of(kind: type[_E], form: Mapping[str, str], key: str) -> _E:
    """Return the choice of a form. Raises ConfigurationError for none, or one that the list does not have."""
    found = next((one for one in kind if one.value == form.get(key, "")), None)
    if found is None:
        raise ConfigurationError("nothing of the list was chosen", key=key, remedy="choose one")
    return found


def fault_of(visit: Visit, error: IvrError) -> str:
    """What a person is told of what they typed or asked for. What is no fault of a form is raised again."""
    ours = isinstance(error, ConfigurationError | TransitionError)
    if not ours and not (isinstance(error, ComplianceError) and "REC-016" not in error.rules):
        raise error
    if isinstance(error, TransitionError):
        return visit.words("requests.not_now")
    told = f"{visit.words.told(error.what)} : {visit.words.told(error.remedy)}"
    label = _LABELS.get(error.key, "") if isinstance(error, ConfigurationError) else ""
    return f"{visit.words(label)} : {told}" if label else told


def day_of_form(key: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError("that is no date", key=key, remedy="write 2027-06-01") from None


def _line(visit: Visit, request: RightsRequest, due: Due) -> Line:
    late = due.days_left < 0
    left = (
        visit.words("requests.late", days=-due.days_left) if late else visit.words("requests.left", days=due.days_left)
    )
    return Line(
        request.id,
        request.reference,
        visit.words(f"data_right.{request.right.value}"),
        request.received_on.isoformat(),
        due.on.isoformat(),
        left if request.is_open else "",
        visit.words(f"request_state.{request.state.value.lower()}"),
        request.is_open,
        request.is_open and due.days_left < 0,
    )
