"""The list of recordings: for whoever has said why, in pages, each in the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import Response

from ivr.console.places import Places
from ivr.console.times import clock_text, moment_text
from ivr.console.visit import Visit
from ivr.domain.access import AccessRequest, Action
from ivr.domain.recording.state import RecordingState
from ivr.domain.search.query import parse_query
from ivr.errors import ConfigurationError
from ivr.services.ports.search import RecordingPage
from ivr.services.ports.vault import RecordingRow
from ivr.services.search.listing import Listing
from ivr.settings import Settings

_ROWS = 50
#: What may be asked on this page, by forms alone: no number of a person stands in an address.
_ASKED = ("since", "until", "program", "state", "gaps", "masks", "doubts", "phone", "member")


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
        """Without a purpose there is no list: it is chosen first."""
        session = visit.signed_in
        if not session.reason:
            return visit.go("/finalite")
        asked = {name: visit.form.get(name, "") for name in _ASKED}
        request = AccessRequest(session.account.actor, Action.LIST, purpose=session.purpose, reason=session.reason)
        try:
            query = parse_query(
                asked,
                zone=self._zone,
                purposes=self.settings.retention.schedules,
                after=self.places.opened(session.account.login, visit.form.get("after", "")),
                limit=_ROWS,
            )
            page = self.listing.page(request, query)
        except ConfigurationError as error:
            fault = f"{visit.words.told(error.what)} : {visit.words.told(error.remedy)}"
            return self._page(visit, asked, RecordingPage((), ""), fault=fault)
        return self._page(visit, asked, page)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.profile.timezone)

    def _page(self, visit: Visit, asked: Mapping[str, str], page: RecordingPage, *, fault: str = "") -> Response:
        return visit.page(
            "recordings",
            status=422 if fault else 200,
            asked=asked,
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
