"""Details of calls and their legs (CDR): page by page or as a file, each in the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Response
from pydantic import Field

from ivr.console.api.caller import Asked
from ivr.console.api.fields import Given, Line, Shown, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.calls import file_of
from ivr.domain.access import Action
from ivr.domain.call.leg import Disposition
from ivr.services.ports.call_details import CallDetail, DetailQuery
from ivr.services.search.call_details import detail_query

_SCOPES = (Action.CALLS,)
_CSV = "text/csv"


class CallFilters(Given):
    """Each that is given narrows the answer: calls that began from `since` on and before `until`, a day (`2027-06-01`,
    in the house's time zone) or a moment (`2027-06-01T09:00+02:00`)."""

    since: Annotated[Line, Field(examples=["2027-06-01"])] = ""
    until: Line = ""
    program: Line = ""
    disposition: Annotated[list[Disposition], Field(max_length=10)] = Field(default_factory=list)

    def typed(self) -> dict[str, str]:
        """As people type them."""
        endings = ",".join(one.value for one in self.disposition)
        return {"since": self.since, "until": self.until, "program": self.program, "disposition": endings}


class CallsIn(CallFilters):
    """`after` is what the page before gave; `limit` counts calls."""

    after: Annotated[str, Field(max_length=400, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class LegOut(Shown):
    """docs/cdr.md says each field. None: not known."""

    leg_id: str
    role: str
    direction: str
    peer: str
    began_at: Told
    answered_at: Told | None
    ended_at: Told
    ended_by: str
    sip_status: int
    hangup_cause: int
    codec: str
    received: int | None
    lost: int | None
    discarded: int | None
    jitter_ms: float | None
    jitter_max_ms: float | None
    buffer_ms: float | None
    sent: int | None
    far_lost: int | None
    far_jitter_ms: float | None
    round_trip_ms: float | None
    mos: float | None
    far_mos: float | None


class CallOut(Shown):
    """A call with its legs, in the order in which they began; none of a call whose line died."""

    call_id: str
    program: str
    direction: str
    disposition: str
    began_at: Told
    answered_at: Told | None
    ended_at: Told
    ended_by: str
    queue_wait_ms: int | None
    agent: str
    recording_id: str | None
    recording_state: str
    node_id: str
    legs: list[LegOut]


class CallsPage(Shown):
    """`after` empty: there are no more."""

    calls: list[CallOut]
    after: str


@dataclass(frozen=True)
class CallsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("POST", "/calls/search", self.search_calls, _SCOPES, CallsPage),
            ApiRoute("POST", "/calls/search.csv", self.export_calls, _SCOPES, media=_CSV),
        )

    def search_calls(self, asked: Asked, given: CallsIn) -> CallsPage:
        """Find calls with their legs, newest first, for the purpose `call_report`: no other is taken. Numbers are
        masked."""
        place = self.services.places.opened(asked.actor.id, given.after)
        page = self.services.details.page(asked.request(Action.CALLS), self._query(given, place, given.limit))
        return CallsPage(
            calls=[_call(detail) for detail in page.calls],
            after=self.services.places.sealed(asked.actor.id, page.after),
        )

    def export_calls(self, asked: Asked, given: CallFilters) -> Response:
        """Write all that a search finds as CSV (RFC 4180, UTF-8), a row for each leg, up to 100,000 rows."""
        return file_of(self.services.details.file(asked.request(Action.CALLS), self._query(given)))

    def _query(self, given: CallFilters, after: str = "", limit: int = 50) -> DetailQuery:
        return detail_query(given.typed(), zone=self.services.zone, after=after, limit=limit)


def _call(detail: CallDetail) -> CallOut:
    call = detail.call
    return CallOut(
        call_id=call.call_id,
        program=call.program,
        direction=call.direction,
        disposition=call.disposition,
        began_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        ended_by=call.ended_by,
        queue_wait_ms=call.queue_wait_ms,
        agent=call.agent,
        recording_id=call.recording_id,
        recording_state=call.recording_state,
        node_id=call.node_id,
        legs=[LegOut(**{name: value for name, value in vars(leg).items() if name != "call_id"}) for leg in detail.legs],
    )
