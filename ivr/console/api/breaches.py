"""The register of breaches: recorded, assessed, told to whom it must be, closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Path, Response
from pydantic import Field

from ivr.console.api.caller import Asked, Asking
from ivr.console.api.fields import ID, Given, Moment, Shown, Text, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.letters import breach_letter
from ivr.domain.access import AccessRequest, Action
from ivr.domain.rights.breach import Breach, BreachState, Duties, Duty, Exemption, Loss, Owed, Risk
from ivr.french import french

_SCOPES = (Action.BREACH,)
BreachId = Annotated[str, Path(pattern=ID)]


class DutyOut(Shown):
    owed: Owed
    detail: str
    rules: list[str]


class BreachOut(Shown):
    """`due_at`: 72 hours after it was noticed; `hours_left` negative: late."""

    id: str
    reference: str
    state: BreachState
    aware_at: Told
    losses: list[Loss]
    persons: int
    risk: Risk | None
    exemption: Exemption | None
    authority_told_at: Told | None
    persons_told_at: Told | None
    due_at: Told
    hours_left: int
    authority: DutyOut
    persons_duty: DutyOut


class BreachList(Shown):
    breaches: list[BreachOut]


class BreachSheet(Shown):
    """`told`: what article 33(3) asks to be told, in the desk's words."""

    breach: BreachOut
    told: dict[str, str]


class ToldIn(Given):
    """What is left out stays as it is."""

    nature: Text | None = None
    data: Text | None = None
    consequences: Text | None = None
    measures: Text | None = None
    delay: Text | None = None

    def told(self) -> dict[str, str]:
        return {name: text for name in ToldIn.model_fields if (text := getattr(self, name)) is not None}


class BreachIn(ToldIn):
    aware_at: Moment
    losses: Annotated[list[Loss], Field(max_length=3)]
    persons: Annotated[int, Field(ge=0, le=999_999_999)] = 0


class DescribeStep(ToldIn):
    step: Literal["describe"]


class AssessStep(Given):
    step: Literal["assess"]
    risk: Risk
    exemption: Exemption | None = None


class TellStep(Given):
    step: Literal["tell_authority", "tell_persons"]
    at: Moment


class CloseStep(Given):
    step: Literal["close"]


BreachStepIn = Annotated[DescribeStep | AssessStep | TellStep | CloseStep, Field(discriminator="step")]


@dataclass(frozen=True)
class BreachesApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        one = "/breaches/{case_id}"
        return (
            ApiRoute("GET", "/breaches", self.list_breaches, _SCOPES, BreachList),
            ApiRoute("POST", "/breaches", self.record_breach, _SCOPES, BreachSheet, 201),
            ApiRoute("GET", one, self.read_breach, _SCOPES, BreachSheet),
            ApiRoute("POST", f"{one}/steps", self.step_breach, _SCOPES, BreachSheet, more=(409,)),
            ApiRoute("GET", f"{one}/letter", self.read_breach_letter, _SCOPES, media="text/plain"),
        )

    def list_breaches(self, asked: Asked) -> BreachList:
        """List all breaches, newest first, with what is owed to whom."""
        found = self.services.breaches.listing(_asks(asked))
        return BreachList(breaches=[_breach(breach, duties) for breach, duties in found])

    def record_breach(self, asked: Asked, given: BreachIn) -> BreachSheet:
        """Open the file of a breach: the 72 hours run from `aware_at`."""
        losses = tuple(dict.fromkeys(given.losses))
        made = self.services.breaches.record(_asks(asked), given.aware_at, losses, given.persons, given.told())
        return self._sheet(asked, made.id)

    def read_breach(self, asked: Asked, case_id: BreachId) -> BreachSheet:
        """Read a breach with what is told of it."""
        return self._sheet(asked, case_id)

    def step_breach(self, asked: Asked, case_id: BreachId, given: BreachStepIn) -> BreachSheet:
        """Take a step of a breach: `describe`, `assess`, `tell_authority`, `tell_persons`, `close`."""
        self._step(_asks(asked), case_id, given)()
        return self._sheet(asked, case_id)

    def read_breach_letter(self, asked: Asked, case_id: BreachId) -> Response:
        """Read what each person concerned is written (article 34(2)); names are filled in by whoever sends it."""
        _, body = breach_letter(self.services.settings, self.services.breaches, _asks(asked), case_id)
        return Response(body, media_type="text/plain")

    def _step(
        self, request: AccessRequest, case_id: str, given: DescribeStep | AssessStep | TellStep | CloseStep
    ) -> Callable[[], object]:
        service = self.services.breaches
        if isinstance(given, DescribeStep):
            return lambda: service.describe(request, case_id, given.told())
        if isinstance(given, AssessStep):
            return lambda: service.assess(request, case_id, given.risk, given.exemption)
        if isinstance(given, CloseStep):
            return lambda: service.close(request, case_id)
        tell = service.tell_authority if given.step == "tell_authority" else service.tell_persons
        return lambda: tell(request, case_id, given.at)

    def _sheet(self, asked: Asking, case_id: str) -> BreachSheet:
        breach, duties, told = self.services.breaches.show(_asks(asked), case_id)
        return BreachSheet(breach=_breach(breach, duties), told=dict(told))


def _asks(asked: Asking) -> AccessRequest:
    return asked.request(Action.BREACH)


def _breach(breach: Breach, duties: Duties) -> BreachOut:
    return BreachOut(
        id=breach.id,
        reference=breach.reference,
        state=breach.state,
        aware_at=breach.aware_at,
        losses=list(breach.losses),
        persons=breach.persons,
        risk=breach.risk,
        exemption=breach.exemption,
        authority_told_at=breach.authority_told_at,
        persons_told_at=breach.persons_told_at,
        due_at=duties.due_at,
        hours_left=duties.hours_left,
        authority=_duty(duties.authority),
        persons_duty=_duty(duties.persons),
    )


def _duty(duty: Duty) -> DutyOut:
    return DutyOut(owed=duty.owed, detail=french(duty.detail), rules=list(duty.reasons))
