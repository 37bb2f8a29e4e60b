"""The list of recordings: for whoever has said why, in pages or as a file, each in the evidence; kept searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import Response

from ivr.console.attachment import attachment
from ivr.console.places import Places
from ivr.console.times import clock_text, moment_text
from ivr.console.visit import Visit
from ivr.domain.access import AccessRequest, Action
from ivr.domain.call.leg import Disposition
from ivr.domain.recording.state import RecordingState
from ivr.domain.search.query import FILTERS, RecordingQuery, parse_query
from ivr.errors import ConfigurationError
from ivr.services.ports.search import RecordingPage
from ivr.services.ports.vault import RecordingRow
from ivr.services.search.listing import Listing
from ivr.settings import Settings

_ROWS = 50


@dataclass(frozen=True)
class Line:
    """A recording as the page shows it."""

    recording_id: str
    opened: str
    program: str
    length: str
    state: str
    deadline: str
    gaps: int
    masks: int


@dataclass(frozen=True)
class RecordingPages:
    settings: Settings
    listing: Listing
    places: Places

    def recordings(self, visit: Visit) -> Response:
        """Without a purpose there is no list: it is chosen first. `kept` names a search of the person's own."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        asked = self._asked(visit)
        self.listing.open_to(_request(visit), asked)
        try:
            page = self.listing.page(_request(visit), self._query(visit, asked))
        except ConfigurationError as error:
            return self._page(visit, asked, RecordingPage((), ""), fault=_told(visit, error))
        return self._page(visit, asked, page)

    def file(self, visit: Visit) -> Response:
        """All that the search finds, as CSV."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        asked = self._asked(visit)
        self.listing.open_to(_request(visit), asked)
        try:
            found = self.listing.file(_request(visit), self._query(visit, asked))
        except ConfigurationError as error:
            return self._page(visit, asked, RecordingPage((), ""), fault=_told(visit, error))
        return Response(found.content, headers=attachment("enregistrements.csv"), media_type="text/csv")

    def keeping(self, visit: Visit) -> Response:
        """Keep the search under a name, or no longer: `forget`. Then the list as it was asked for."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        asked = self._asked(visit)
        self.listing.open_to(_request(visit), {})
        try:
            if "forget" in visit.form:
                self.listing.forget(visit.signed_in.account.login, visit.form.get("kept", ""))
            else:
                purposes = self.settings.retention.schedules
                name = visit.form.get("name", "")
                self.listing.save(_request(visit), name, asked, zone=self._zone, purposes=purposes)
        except ConfigurationError as error:
            return self._page(visit, asked, RecordingPage((), ""), fault=_told(visit, error))
        return visit.go("/enregistrements")

    def _asked(self, visit: Visit) -> Mapping[str, str]:
        name = visit.form.get("kept", "")
        kept = next((one for one in self.listing.saved(visit.signed_in.account.login) if one.name == name), None)
        given = visit.form if kept is None else kept.filters
        return {name: given.get(name, "") for name in FILTERS}

    def _query(self, visit: Visit, asked: Mapping[str, str]) -> RecordingQuery:
        return parse_query(
            asked,
            zone=self._zone,
            purposes=self.settings.retention.schedules,
            after=self.places.opened(visit.signed_in.account.login, visit.form.get("after", "")),
            limit=_ROWS,
        )

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.profile.timezone)

    def _page(self, visit: Visit, asked: Mapping[str, str], page: RecordingPage, *, fault: str = "") -> Response:
        # A session for one purpose lists no other.
        schedules = {} if visit.signed_in.purpose else self.settings.retention.schedules
        return visit.page(
            "recordings",
            path="/enregistrements",
            status=422 if fault else 200,
            asked=asked,
            kept=[one.name for one in self.listing.saved(visit.signed_in.account.login)],
            dispositions=[one.value for one in Disposition],
            purposes=sorted((one.title, tag) for tag, one in schedules.items()),
            fault=fault,
            lines=[self._line(visit, row) for row in page.rows],
            after=self.places.sealed(visit.signed_in.account.login, page.after),
            numbers_since=self._shown(page.numbers_since),
            programs=sorted(self.settings.programs),
            states=[state.value for state in RecordingState],
        )

    def _line(self, visit: Visit, row: RecordingRow) -> Line:
        tag = row.tag
        return Line(
            tag.recording_id,
            self._shown(tag.opened_at),
            tag.program,
            clock_text(row.sealed.duration_ms) if row.sealed else "",
            visit.words(f"state.{row.state.value.lower()}"),
            self._shown(row.deadline),
            len(row.gaps),
            len(row.masks),
        )

    def _shown(self, at: datetime | None) -> str:
        return moment_text(at, self.settings.profile.timezone)


def _request(visit: Visit) -> AccessRequest:
    session = visit.signed_in
    return AccessRequest(session.account.actor, Action.LIST, purpose=session.purpose, reason=session.reason)


def _told(visit: Visit, error: ConfigurationError) -> str:
    return f"{visit.words.told(error.what)} : {visit.words.told(error.remedy)}"
