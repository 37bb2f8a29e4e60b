"""Recordings: looked for page by page or as a file, and the facts of one. For a purpose, each in the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Response
from pydantic import Field

from ivr.console.api.caller import Asked
from ivr.console.api.fields import ID, Shown, Told
from ivr.console.api.filters import Filters
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.attachment import attachment
from ivr.domain.access import Action
from ivr.domain.recording.state import RecordingState
from ivr.domain.search.query import RecordingQuery, parse_query
from ivr.services.ports.vault import RecordingRow

_SCOPES = (Action.LIST,)
_CSV = "text/csv"
RecordingId = Annotated[str, Path(pattern=ID)]


class SearchIn(Filters):
    """`after` is what the page before gave."""

    after: Annotated[str, Field(max_length=400, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class RecordingOut(Shown):
    """`purpose` is its retention tag; `deadline` when its last purpose ends."""

    recording_id: str
    call_id: str
    state: RecordingState
    program: str
    purpose: str
    opened_at: Told
    duration_ms: int | None
    deadline: Told | None
    gaps: int
    masks: int


class RecordingsPage(Shown):
    """`after` empty: there are no more. A page may hold less than `limit` and have more behind it. Looked for by a
    number, recordings before `numbers_since` are not found."""

    recordings: list[RecordingOut]
    after: str
    numbers_since: Told | None


class MarkOut(Shown):
    """Something about [start_ms, end_ms) of the audio: `kind` is notice, doubt, gap or mask."""

    kind: str
    start_ms: int
    end_ms: int
    lane: str
    why: str


class RecordingSheet(Shown):
    """What is known of a recording. `rules` are the ids behind its deadline, `details` their sentences in English."""

    recording: RecordingOut
    purposes: list[str]
    rules: list[str]
    details: list[str]
    holds: list[str]
    marks: list[MarkOut]


@dataclass(frozen=True)
class RecordingsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("POST", "/recordings/search", self.search_recordings, _SCOPES, RecordingsPage),
            ApiRoute("POST", "/recordings/search.csv", self.export_recordings, _SCOPES, media=_CSV),
            ApiRoute("GET", "/recordings/{recording_id}", self.read_recording, _SCOPES, RecordingSheet),
        )

    def search_recordings(self, asked: Asked, given: SearchIn) -> RecordingsPage:
        """Find recordings of the purpose, newest first; with `due_before`, what is due first. A body, so that no number
        of a person stands in an address."""
        place = self.services.places.opened(asked.actor.id, given.after)
        page = self.services.listing.page(asked.request(), self._query(given, after=place, limit=given.limit))
        return RecordingsPage(
            recordings=[line_of(row) for row in page.rows],
            after=self.services.places.sealed(asked.actor.id, page.after),
            numbers_since=page.numbers_since,
        )

    def export_recordings(self, asked: Asked, given: Filters) -> Response:
        """Write all that a search finds as CSV (RFC 4180, UTF-8), up to 100,000 rows."""
        file = self.services.listing.file(asked.request(), self._query(given))
        headers = attachment("enregistrements.csv")
        return Response(file.content, headers={**headers, "ivr-whole": "yes" if file.whole else "no"}, media_type=_CSV)

    def read_recording(self, asked: Asked, recording_id: RecordingId) -> RecordingSheet:
        """Read what is known of a recording: its facts, its deadline with the rules behind it, its marks."""
        sheet = self.services.sheets.show(asked.request(), recording_id)
        return RecordingSheet(
            recording=line_of(sheet.row),
            purposes=[purpose.tag for purpose in sheet.retention.purposes],
            rules=list(sheet.retention.reasons),
            details=list(sheet.retention.details),
            holds=[hold.id for hold in sheet.holds],
            marks=[MarkOut(**vars(mark)) for mark in sheet.marks],
        )

    def _query(self, given: Filters, *, after: str = "", limit: int = 50) -> RecordingQuery:
        purposes = self.services.settings.retention.schedules
        return parse_query(given.typed(), zone=self.services.zone, purposes=purposes, after=after, limit=limit)


def line_of(row: RecordingRow) -> RecordingOut:
    tag = row.tag
    return RecordingOut(
        recording_id=tag.recording_id,
        call_id=tag.call_id,
        state=row.state,
        program=tag.program,
        purpose=tag.retention,
        opened_at=tag.opened_at,
        duration_ms=row.sealed.duration_ms if row.sealed else None,
        deadline=row.deadline,
        gaps=len(row.gaps),
        masks=len(row.masks),
    )
