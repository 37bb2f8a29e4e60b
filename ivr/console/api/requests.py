"""Requests of persons about their data: taken in, identified, searched, acted upon, answered; their letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Path, Response
from pydantic import Field

from ivr.console.api.caller import Asked, Asking
from ivr.console.api.fields import ID, Day, Given, Id, Line, Shown, Text, Told
from ivr.console.api.found import FoundOut, found_out
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.attachment import attachment
from ivr.console.letters import packed, request_letter
from ivr.domain.access import AccessRequest, Action
from ivr.domain.audio.channel import Channel as Lane
from ivr.domain.rights.letter import letters_of
from ivr.domain.rights.request import (
    Channel,
    Due,
    ExtensionReason,
    IdentityCheck,
    Outcome,
    RefusalGround,
    RequestState,
    Right,
    RightsRequest,
)
from ivr.domain.rights.third_voice import VoiceGround
from ivr.services.rights.requests import Opened

_SCOPES = (Action.RIGHTS,)
CaseId = Annotated[str, Path(pattern=ID)]


class RequestOut(Shown):
    """`due_on` is the last day on which it is answered; `days_left` negative: late."""

    id: str
    reference: str
    right: Right
    channel: Channel
    received_on: Day
    state: RequestState
    identity: IdentityCheck | None
    due_on: Day
    days_left: int
    may_extend: bool
    closed_on: Day | None
    outcome: Outcome | None
    ground: RefusalGround | None


class RequestList(Shown):
    requests: list[RequestOut]


class RequesterOut(Shown):
    name: str
    address: str
    phone: str
    member: str
    notes: list[str]


class RequestSheet(Shown):
    """A request with who asks. `told` are the desk's words for the letters, `letters` those that belong to it now;
    `acts` what was done: act, recording, day of the call, how."""

    request: RequestOut
    requester: RequesterOut
    keep_until: Told | None
    told: dict[str, str]
    letters: list[str]
    acts: list[list[str]]


class RequestIn(Given):
    """Never a NIR, nor bank data: such a value is refused."""

    right: Right
    channel: Channel
    received_on: Day
    name: Line
    address: Annotated[Text, Field(max_length=500)] = ""
    phone: Line = ""
    member: Line = ""
    note: Annotated[Text, Field(max_length=2_000)] = ""

    def person(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("name", "address", "phone", "member", "note")}


class IdentifyStep(Given):
    step: Literal["identify"]
    check: IdentityCheck
    note: Text = ""


class ExtendStep(Given):
    step: Literal["extend"]
    reason: ExtensionReason
    why: Text


class AnswerStep(Given):
    step: Literal["answer"]
    outcome: Outcome
    found: Text = ""
    kept: Text = ""


class RefuseStep(Given):
    step: Literal["refuse"]
    ground: RefusalGround
    why: Text


class NoteStep(Given):
    step: Literal["ask_identity", "dispute", "note"]
    note: Text = ""


StepIn = IdentifyStep | ExtendStep | AnswerStep | RefuseStep | NoteStep
RequestStepIn = Annotated[StepIn, Field(discriminator="step")]


class RecordingAct(Given):
    """`erase` destroys the recording for good."""

    act: Literal["erase", "restrict", "unrestrict"]
    recording_id: Id


class PersonAct(Given):
    """`bar`: never call the person again. `freeze`: ask for a legal hold on all that was found."""

    act: Literal["bar", "freeze"]


RequestActIn = Annotated[RecordingAct | PersonAct, Field(discriminator="act")]


class CopyIn(Given):
    """`person` is the lane of whoever asks; the other voice is silenced, unless `voice` says why it stays."""

    recording_id: Id
    person: Lane
    voice: VoiceGround | None = None


@dataclass(frozen=True)
class RequestsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        one = "/requests/{case_id}"
        zipped, plain = "application/zip", "text/plain"
        return (
            ApiRoute("GET", "/requests", self.list_requests, _SCOPES, RequestList),
            ApiRoute("POST", "/requests", self.take_in, _SCOPES, RequestSheet, 201),
            ApiRoute("GET", one, self.read_request, _SCOPES, RequestSheet),
            ApiRoute("POST", f"{one}/steps", self.step_request, _SCOPES, RequestSheet, more=(409,)),
            ApiRoute("GET", f"{one}/findings", self.find, _SCOPES, FoundOut),
            ApiRoute("POST", f"{one}/acts", self.act_on_findings, _SCOPES, RequestSheet),
            ApiRoute("POST", f"{one}/copies", self.copy_recording, (*_SCOPES, Action.EXPORT), media=zipped),
            ApiRoute("GET", f"{one}/letters/{{name}}", self.read_letter, _SCOPES, media=plain),
        )

    def list_requests(self, asked: Asked) -> RequestList:
        """List all requests, what is to be answered first on top."""
        found = self.services.requests.listing(_asks(asked))
        return RequestList(requests=[_request(request, due) for request, due in found])

    def take_in(self, asked: Asked, given: RequestIn) -> RequestSheet:
        """Open the file of a request that came: the month runs from the day on which it was received."""
        made = self.services.requests.take_in(
            _asks(asked), given.right, given.channel, given.received_on, given.person()
        )
        return self._opened(asked, made.id)

    def read_request(self, asked: Asked, case_id: CaseId) -> RequestSheet:
        """Read a request with who asks."""
        return self._opened(asked, case_id)

    def step_request(self, asked: Asked, case_id: CaseId, given: RequestStepIn) -> RequestSheet:
        """Take a step of a request: `ask_identity`, `identify`, `extend`, `answer`, `refuse`, `dispute`, `note`."""
        return self._sheet(self._step(_asks(asked), case_id, given)())

    def find(self, asked: Asked, case_id: CaseId) -> FoundOut:
        """Find what bears the numbers of whoever asks, and what may be done with it by which rule."""
        return found_out(self.services.findings.find(_asks(asked), case_id))

    def act_on_findings(self, asked: Asked, case_id: CaseId, given: RequestActIn) -> RequestSheet:
        """Do what is asked for: `erase` (with `discard`), `restrict`, `unrestrict`, `bar`, `freeze` (with `hold`)."""
        request, doing = _asks(asked), self.services.acting
        if isinstance(given, PersonAct):
            act = doing.bar if given.act == "bar" else doing.freeze
            act(request, case_id)
        elif given.act == "erase":
            doing.erase(request, case_id, given.recording_id)
        else:
            doing.restrict(request, case_id, given.recording_id, lift=given.act == "unrestrict")
        return self._opened(asked, case_id)

    def copy_recording(self, asked: Asked, case_id: CaseId, given: CopyIn) -> Response:
        """Make a copy for the person: sound, manifest and signature in one archive, made in memory."""
        files = self.services.acting.copy(
            _asks(asked), case_id, given.recording_id, person=given.person.value, ground=given.voice
        )
        headers = attachment(f"{given.recording_id}.zip")
        return Response(packed(files), headers=headers, media_type="application/zip")

    def read_letter(self, asked: Asked, case_id: CaseId, name: Annotated[str, Path(pattern=ID)]) -> Response:
        """Read a letter that belongs to the request as it stands, ready to print."""
        services = self.services
        services.acting.finish(_asks(asked), case_id)
        _, body = request_letter(services.settings, services.requests, _asks(asked), case_id, name)
        return Response(body, media_type="text/plain")

    def _step(self, request: AccessRequest, case_id: str, given: StepIn) -> Callable[[], Opened]:
        service = self.services.requests
        if isinstance(given, IdentifyStep):
            return lambda: service.identify(request, case_id, given.check, given.note)
        if isinstance(given, ExtendStep):
            return lambda: service.extend(request, case_id, given.reason, given.why)
        if isinstance(given, AnswerStep):
            told = {"found": given.found, "kept": given.kept}
            return lambda: service.answer(request, case_id, given.outcome, told)
        if isinstance(given, RefuseStep):
            return lambda: service.refuse(request, case_id, given.ground, given.why)
        noted: Mapping[str, Callable[[], Opened]] = {
            "ask_identity": lambda: service.ask_identity(request, case_id),
            "dispute": lambda: service.dispute(request, case_id, given.note),
            "note": lambda: service.note(request, case_id, given.note),
        }
        return noted[given.step]

    def _opened(self, asked: Asking, case_id: str) -> RequestSheet:
        # What a crash left of an erasure is finished first, as on the page.
        self.services.acting.finish(_asks(asked), case_id)
        return self._sheet(self.services.requests.show(_asks(asked), case_id))

    def _sheet(self, opened: Opened) -> RequestSheet:
        who = opened.requester
        letters = self.services.settings.letters
        return RequestSheet(
            request=_request(opened.request, opened.due),
            requester=RequesterOut(
                name=who.name, address=who.address, phone=who.phone, member=who.member, notes=list(who.notes)
            ),
            keep_until=opened.keep_until,
            told=dict(opened.told),
            letters=[name for name in letters_of(opened.request) if name in letters],
            acts=[[str(part) for part in act] for act in opened.acts],
        )


def _asks(asked: Asking) -> AccessRequest:
    return asked.request(Action.RIGHTS)


def _request(one: RightsRequest, due: Due) -> RequestOut:
    return RequestOut(
        id=one.id,
        reference=one.reference,
        right=one.right,
        channel=one.channel,
        received_on=one.received_on,
        state=one.state,
        identity=one.identity,
        due_on=due.on,
        days_left=due.days_left,
        may_extend=due.may_extend,
        closed_on=one.closed_on,
        outcome=one.outcome,
        ground=one.ground,
    )
