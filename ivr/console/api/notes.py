"""Notes at moments of a recording, as beside the player: read by who may listen, written by who scores calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Response
from pydantic import Field

from ivr.console.api.caller import Asked
from ivr.console.api.fields import ID, Given, Line, Shown, Told
from ivr.console.api.problems import problem
from ivr.console.api.recordings import RecordingId
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.domain.access import Action
from ivr.domain.quality.place_note import PlaceNote
from ivr.french import french

_READ = (Action.LIST, Action.LISTEN)
_WRITE = (Action.GRADE, Action.LIST, Action.LISTEN)
NoteId = Annotated[str, Path(pattern=ID)]


class NoteOut(Shown):
    """What somebody noted of [at_ms] of the audio."""

    id: str
    at_ms: int
    text: str
    author: str
    written_at: Told


class NoteList(Shown):
    notes: list[NoteOut]


class NoteIn(Given):
    """Without numbers of persons and quotations: such a text is refused (REC-018)."""

    at_ms: Annotated[int, Field(ge=0, le=999_999_999)]
    text: Line


@dataclass(frozen=True)
class NotesApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        place = "/recordings/{recording_id}/notes"
        return (
            ApiRoute("GET", place, self.list_notes, _READ, NoteList),
            ApiRoute("POST", place, self.write_note, _WRITE, NoteOut, 201),
            ApiRoute("DELETE", f"{place}/{{note_id}}", self.remove_note, _WRITE, status=204),
        )

    def list_notes(self, asked: Asked, recording_id: RecordingId) -> NoteList:
        """Read the notes of a recording in order of time; whoever is yet to score it for a calibration, their own."""
        # Shown with its facts, as on its page, which is evidence; what is closed looks like what is not there.
        self.services.sheets.show(asked.request(), recording_id)
        return NoteList(notes=[_note(one) for one in self.services.quality.notes.of(asked.request(), recording_id)])

    def write_note(self, asked: Asked, recording_id: RecordingId, given: NoteIn) -> NoteOut | Response:
        """Note something of a moment of the recording."""
        found = self.services.quality.notes.write(asked.request(), recording_id, given.at_ms, given.text)
        return _note(found) if isinstance(found, PlaceNote) else problem(422, french(found))

    def remove_note(self, asked: Asked, recording_id: RecordingId, note_id: NoteId) -> Response:
        """Remove a note of one's own."""
        self.services.quality.notes.remove(asked.request(), recording_id, note_id)
        return Response(status_code=204)


def _note(one: PlaceNote) -> NoteOut:
    return NoteOut(id=one.id, at_ms=one.at_ms, text=one.text, author=one.author, written_at=one.written_at)
