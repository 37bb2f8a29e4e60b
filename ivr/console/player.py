"""One recording: what is known of it, its player and its notes. The sound goes out piece by piece, from memory."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from fastapi import Response
from fastapi.responses import JSONResponse, PlainTextResponse

from ivr.console.open_listenings import OpenListenings
from ivr.console.times import clock_text, moment_text
from ivr.console.visit import Visit
from ivr.domain.access import AccessRequest, Action
from ivr.domain.audio.heard import Passage
from ivr.domain.audio.peaks import PEAK_MS
from ivr.domain.quality.answers import place_ms
from ivr.domain.quality.place_note import LONGEST, PlaceNote
from ivr.domain.recording.marks import DOUBT, GAP, MASK, Mark
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError, HostError, IvrError
from ivr.services.listening.listening import Listening
from ivr.services.quality.place_notes import PlaceNotes
from ivr.services.search.sheet import Sheet, Sheets
from ivr.settings import Settings

_T = TypeVar("_T")

#: Where listenings lie: one of these is asked for many times a minute.
LISTENINGS: Final = "/ecoutes/"
SPEEDS: Final = ("0.75", "1", "1.25", "1.5", "1.75", "2")
_LIST: Final = "/enregistrements"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PASSAGE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
_MOST_PASSAGES = 500


@dataclass(frozen=True)
class Place:
    """A mark as the page shows it: when (`at`, to seconds), how long, and what it is, in words."""

    kind: str
    start_ms: int
    end_ms: int
    lane: str
    at: str
    length: str
    text: str


@dataclass(frozen=True)
class NoteLine:
    """A note as the page shows it. `mine`: whoever looks wrote it, and may remove it."""

    id: str
    at_ms: int
    at: str
    text: str
    author: str
    written: str
    mine: bool


@dataclass(frozen=True)
class PlayerPages:
    settings: Settings
    sheets: Sheets
    listenings: OpenListenings
    notes: PlaceNotes

    def recording(self, visit: Visit) -> Response:
        """The page of a recording; opening it begins a listening, where the rules allow one."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        recording_id = named(visit, "recording_id")
        request = _request(visit)
        return self.played_by(visit, request, self.sheets.show(request, recording_id))

    def played_by(self, visit: Visit, request: AccessRequest, sheet: Sheet, *, back: str = _LIST) -> Response:
        """The page of a recording whose facts may be shown; `back` leads to the list that it is of.

        What the house noted is shown to the house alone.
        """
        played = self._played(visit, request, sheet, answering=False, with_notes=back == _LIST)
        return self._page(visit, sheet, played, back=back)

    def played_in(self, visit: Visit, recording_id: str) -> Mapping[str, Any]:
        """What `player.html` is filled with beside the questions of a grid: as `recording`, where it may be heard."""
        request = _request(visit)
        try:
            sheet = self.sheets.show(request, recording_id)
        except (ComplianceError, ArchiveError) as error:
            return {"listening": "", "why": visit.words.told(error.what)}
        return self._played(visit, request, sheet, answering=True, with_notes=True)

    def _played(
        self, visit: Visit, request: AccessRequest, sheet: Sheet, *, answering: bool, with_notes: bool
    ) -> Mapping[str, Any]:
        """What `player.html` is filled with, once a listening is begun; without one it says `why`."""
        session, recording_id = visit.signed_in, sheet.row.tag.recording_id
        try:
            listening = self.listenings.open(session.key, request, recording_id)
            notes = self._notes(visit, recording_id) if with_notes else {"may_note": False}
        except (ComplianceError, ArchiveError) as error:
            if Action.LISTEN.value not in visit.rights:
                raise
            return {"listening": "", "why": visit.words.told(error.what)}
        return {
            "listening": f"{LISTENINGS}{listening.id}", "why": "", "speeds": SPEEDS, "answering": answering,
            "drawn": json.dumps([_drawn(visit, mark) for mark in sheet.marks]), "with_notes": with_notes,
            **notes,
        }  # fmt: skip

    # ---- notes at a moment

    def noting(self, visit: Visit) -> Response:
        """Write a note. With `quiet` the answer is the notes alone, for the script: the listening goes on."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        recording_id, at, text = named(visit, "recording_id"), visit.form.get("at", ""), visit.form.get("text", "")
        at_ms = place_ms(at.strip())
        found = self.notes.write(_request(visit), recording_id, -1 if at_ms is None else at_ms, text)
        if isinstance(found, PlaceNote):
            return self._noted(visit, recording_id)
        page = f"/enregistrements/{recording_id}"
        given = {"note_fault": visit.words.told(found), "typed_at": at, "typed_text": text, "path": page}
        if visit.form.get("quiet"):
            return visit.page("notes", status=422, **{**self._notes(visit, recording_id), **given})
        request = _request(visit)
        sheet = self.sheets.show(request, recording_id)
        played = {**self._played(visit, request, sheet, answering=False, with_notes=True), **given}
        return self._page(visit, sheet, played, status=422)

    def removing_note(self, visit: Visit) -> Response:
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        recording_id = named(visit, "recording_id")
        self.notes.remove(_request(visit), recording_id, visit.form.get("note", ""))
        return self._noted(visit, recording_id)

    def _noted(self, visit: Visit, recording_id: str) -> Response:
        if visit.form.get("quiet"):
            return visit.page("notes", **self._notes(visit, recording_id))
        return visit.go(f"/enregistrements/{recording_id}")

    def _notes(self, visit: Visit, recording_id: str) -> Mapping[str, Any]:
        """What `notes.html` is filled with."""
        me, letter = visit.signed_in.account.login, visit.words("letter.note")
        found = self.notes.of(_request(visit), recording_id)
        drawn = [
            {"kind": "note", "start_ms": one.at_ms, "end_ms": one.at_ms, "lane": None, "letter": letter}
            for one in found
        ]
        lines = [
            NoteLine(
                one.id,
                one.at_ms,
                clock_text(one.at_ms),
                one.text,
                one.author,
                self._shown(one.written_at),
                one.author == me,
            )
            for one in found
        ]
        return {
            "recording_id": recording_id, "notes": lines, "noted": json.dumps(drawn), "note_fault": "",
            "typed_at": "", "typed_text": "", "may_note": Action.GRADE.value in visit.rights,
            "longest_place_note": LONGEST,
        }  # fmt: skip

    # ---- the sound

    def sound(self, visit: Visit) -> Response:
        """The bytes that the player asks for (RFC 9110 section 14), a piece of them at a time."""
        piece = self._asked(visit, lambda listening: listening.piece(visit.request.headers.get("range", "")))
        if isinstance(piece, Response):
            return piece
        headers = {name: value for name, value in piece.range.headers.items() if name != "Content-Length"}
        return Response(piece.body, piece.range.status, headers=headers, media_type=piece.media_type)

    def played(self, visit: Visit) -> Response:
        """What the player tells that it has played; with `leaving` for the last time. 410 and why, when it is over."""
        passages, leaving = _passages(visit.form.get("played", "")), visit.form.get("leaving")
        over = self._asked(
            visit, lambda listening: listening.leave(passages) if leaving else listening.played(passages)
        )
        return over or Response(status_code=204)

    def peaks(self, visit: Visit) -> Response:
        """How loud each lane is, in base64: a byte for each `step_ms` (`ivr.domain.audio.peaks`)."""
        found = self._asked(visit, lambda listening: listening.peaks())
        if isinstance(found, Response):
            return found
        return JSONResponse({"step_ms": PEAK_MS, "lanes": [base64.b64encode(lane).decode() for lane in found.lanes]})

    def _asked(self, visit: Visit, work: Callable[[Listening], _T]) -> _T | Response:
        """What a listening answers; 410 and why, in the person's language, when it is over."""
        with self.listenings.used(visit.signed_in.key, named(visit, "listening_id")) as listening:
            try:
                return work(listening)
            except HostError:
                raise
            except IvrError as error:
                return PlainTextResponse(visit.words.told(error.what), 410)

    def _page(
        self, visit: Visit, sheet: Sheet, played: Mapping[str, Any], *, back: str = _LIST, status: int = 200
    ) -> Response:
        row, schedules = sheet.row, self.settings.retention.schedules
        tags = [purpose.tag for purpose in sheet.retention.purposes]
        return visit.page(
            "recording",
            status=status,
            row=row,
            state=visit.words(f"state.{row.state.value.lower()}"),
            opened=self._shown(row.tag.opened_at),
            length=clock_text(row.sealed.duration_ms) if row.sealed else "",
            purposes=[schedules[tag].title if tag in schedules else tag for tag in tags],
            deadline=self._shown(row.deadline),
            details=[visit.words.told(detail) for detail in sheet.retention.details],
            rules=sheet.retention.reasons,
            holds=[(hold.id, self._shown(hold.review_at)) for hold in sheet.holds],
            notices=_notices(visit, sheet),
            places=[_place(visit, mark) for mark in sheet.marks],
            counts={kind: sum(mark.kind == kind for mark in sheet.marks) for kind in (GAP, MASK, DOUBT)},
            back=back,
            is_item=back != _LIST,
            **played,
        )

    def _shown(self, at: datetime | None) -> str:
        return moment_text(at, self.settings.profile.timezone)


def _request(visit: Visit) -> AccessRequest:
    session = visit.signed_in
    return AccessRequest(session.account.actor, Action.LIST, purpose=session.purpose, reason=session.reason)


def named(visit: Visit, name: str) -> str:
    """The id in the address. What cannot be one is nothing that there is."""
    value = str(visit.request.path_params[name])
    if not _ID.fullmatch(value):
        raise ArchiveError("there is no such recording", remedy="see 'ivr recordings list'")
    return value


def _passages(text: str) -> list[Passage]:
    """`0-5000,7000-8000`, in milliseconds of the audio. Raises ConfigurationError for anything else."""
    found = [_PASSAGE.fullmatch(part) for part in text.split(",", _MOST_PASSAGES)] if text else []
    passages = [(int(one[1]), int(one[2])) for one in found if one]
    if len(passages) < len(found):
        raise ConfigurationError("these are no passages", key="played", remedy="write 0-5000,7000-8000")
    return passages


def _notices(visit: Visit, sheet: Sheet) -> list[str]:
    """What each party was told before anything of it was recorded, and how its consent stands."""
    told = []
    for party, consent in sheet.row.consent.items():
        moves = consent.get("moves", ()) if isinstance(consent, dict) else ()
        first = next((move for move in moves if move.get("prompt_id")), None)
        prompt = f"{first['prompt_id']} ({first['prompt_version']})" if first else visit.words("recording.no_prompt")
        told.append(f"{visit.words.of('lane', party)} : {prompt}")
    return told


def _drawn(visit: Visit, mark: Mark) -> Mapping[str, object]:
    """A mark for the picture: the letter that stands there is that of the list below it."""
    lane = {"caller": 0, "agent": 1}.get(mark.lane)
    letter = visit.words(f"letter.{mark.kind}")
    return {"kind": mark.kind, "start_ms": mark.start_ms, "end_ms": mark.end_ms, "lane": lane, "letter": letter}


def _place(visit: Visit, mark: Mark) -> Place:
    text = visit.words(f"mark.{mark.kind}")
    if mark.why:
        text = f"{text} : {visit.words.of(mark.kind, mark.why)}"
    length = clock_text(mark.end_ms - mark.start_ms) if mark.end_ms > mark.start_ms else ""
    lane = visit.words.of("lane", mark.lane) if mark.lane else ""
    return Place(mark.kind, mark.start_ms, mark.end_ms, lane, clock_text(mark.start_ms), length, text)
