"""Details of calls and their legs (CDR): for whoever has said why, in pages or as a file, each in the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import Response

from ivr.console.attachment import attachment
from ivr.console.places import Places
from ivr.console.times import clock_text, second_text
from ivr.console.visit import Visit
from ivr.domain.access import CALL_REPORT, AccessRequest, Action
from ivr.domain.call.leg import Disposition
from ivr.domain.call.party import Direction
from ivr.errors import ConfigurationError
from ivr.services.ports.call_details import CallDetail, DetailQuery
from ivr.services.ports.evidence import LegRow
from ivr.services.search.call_details import FILTERS, CallDetailListing, DetailFile, Details, detail_query
from ivr.settings import Settings

FILE, CUT_FILE = "appels.csv", "appels-incomplet.csv"
_ROWS = 50
_PAGE = "/appels"


@dataclass(frozen=True)
class ShownLeg:
    """A leg as the page shows it; empty for what is not known."""

    role: str
    peer: str
    lasted: str
    ended_by: str
    sip_status: int
    hangup_cause: int
    codec: str
    lost: str
    jitter: str
    round_trip: str
    mos: str
    far_mos: str


@dataclass(frozen=True)
class ShownCall:
    """A call as the page shows it, with its legs."""

    call_id: str
    began: str
    program: str
    direction: str
    disposition: str
    wait: str
    agent: str
    legs: list[ShownLeg]


@dataclass(frozen=True)
class CallPages:
    settings: Settings
    listing: CallDetailListing
    places: Places

    def calls(self, visit: Visit) -> Response:
        """Without a reason there is no list: it is given first, by who may see one."""
        self.listing.open_to(_request(visit))
        if not visit.signed_in.reason:
            return visit.go(f"/finalite?retour={_PAGE}")
        asked = _asked(visit)
        try:
            page = self.listing.page(_request(visit), self._query(visit, asked))
        except ConfigurationError as error:
            return self._page(visit, asked, Details((), ""), fault=_told(visit, error))
        return self._page(visit, asked, page)

    def file(self, visit: Visit) -> Response:
        """All that was asked for, as CSV: a row for each leg."""
        self.listing.open_to(_request(visit))
        if not visit.signed_in.reason:
            return visit.go(f"/finalite?retour={_PAGE}")
        asked = _asked(visit)
        try:
            found = self.listing.file(_request(visit), self._query(visit, asked))
        except ConfigurationError as error:
            return self._page(visit, asked, Details((), ""), fault=_told(visit, error))
        return file_of(found)

    def _query(self, visit: Visit, asked: Mapping[str, str]) -> DetailQuery:
        after = self.places.opened(visit.signed_in.account.login, visit.form.get("after", ""))
        return detail_query(asked, zone=ZoneInfo(self.settings.profile.timezone), after=after, limit=_ROWS)

    def _page(self, visit: Visit, asked: Mapping[str, str], page: Details, *, fault: str = "") -> Response:
        return visit.page(
            "calls",
            path=_PAGE,
            status=422 if fault else 200,
            asked=asked,
            fault=fault,
            purpose=self.settings.retention.schedule(CALL_REPORT).title,
            calls=[self._call(visit, detail) for detail in page.calls],
            after=self.places.sealed(visit.signed_in.account.login, page.after),
            programs=sorted(self.settings.programs),
            dispositions=[one.value for one in Disposition],
        )

    def _call(self, visit: Visit, detail: CallDetail) -> ShownCall:
        call, words = detail.call, visit.words
        return ShownCall(
            call.call_id,
            self._shown(call.started_at),
            call.program,
            words.of("direction", call.direction),
            words.of("disposition", call.disposition.lower()),
            _number(visit, None if call.queue_wait_ms is None else call.queue_wait_ms / 1000, " s"),
            call.agent,
            [_leg(visit, leg, outbound=call.direction == Direction.OUTBOUND.value) for leg in detail.legs],
        )

    def _shown(self, at: datetime | None) -> str:
        return second_text(at, self.settings.profile.timezone)


def file_of(found: DetailFile) -> Response:
    """Return calls as a file whose name, and a header, say when there were more than it holds."""
    headers = attachment(FILE if found.whole else CUT_FILE) | {"ivr-whole": "yes" if found.whole else "no"}
    return Response(found.content, headers=headers, media_type="text/csv")


def _leg(visit: Visit, leg: LegRow, *, outbound: bool) -> ShownLeg:
    words = visit.words
    # A node's clock may have been set back meanwhile.
    lasted_s = max(0.0, (leg.ended_at - leg.answered_at).total_seconds()) if leg.answered_at else None
    heard = (leg.received or 0) + (leg.lost or 0)
    return ShownLeg(
        words("leg_role.called") if outbound and leg.role == "caller" else words.of("leg_role", leg.role),
        leg.peer,
        "" if lasted_s is None else clock_text(round(lasted_s * 1000)),
        words.of("leg_end", leg.ended_by or "other"),
        leg.sip_status,
        leg.hangup_cause,
        leg.codec,
        _number(visit, 100 * (leg.lost or 0) / heard if heard else None, " %"),
        _number(visit, leg.jitter_ms, " ms"),
        _number(visit, leg.round_trip_ms, " ms"),
        _number(visit, leg.mos, digits=2),
        _number(visit, leg.far_mos, digits=2),
    )


def _number(visit: Visit, value: float | None, unit: str = "", *, digits: int = 1) -> str:
    return "" if value is None else f"{visit.words.decimal(value, digits)}{unit}"


def _asked(visit: Visit) -> dict[str, str]:
    return {name: visit.form.get(name, "") for name in FILTERS}


def _request(visit: Visit) -> AccessRequest:
    """For call reports, whatever purpose was chosen: recordings are of that one, calls are not."""
    session = visit.signed_in
    return AccessRequest(session.account.actor, Action.CALLS, purpose=CALL_REPORT, reason=session.reason)


def _told(visit: Visit, error: ConfigurationError) -> str:
    return f"{visit.words.told(error.what)} : {visit.words.told(error.remedy)}"
