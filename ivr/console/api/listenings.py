"""Listening: begun for a purpose, handed over piece by piece, counted in what was played, as the player does."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Header, Path, Response
from pydantic import Field

from ivr.console.api.caller import Asked, Caller
from ivr.console.api.fields import ID, Given, Shown
from ivr.console.api.problems import problem
from ivr.console.api.recordings import RecordingId
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.domain.access import Action
from ivr.domain.account.api_token import ApiToken
from ivr.domain.audio.peaks import PEAK_MS
from ivr.errors import HostError, IvrError
from ivr.french import french
from ivr.services.listening.listening import Listening

_T = TypeVar("_T")
_SCOPES = (Action.LIST, Action.LISTEN)
ListeningId = Annotated[str, Path(pattern=ID)]
_Ms = Annotated[int, Field(ge=0, le=999_999_999)]
_SOUND = "audio/ogg"


class ListeningOut(Shown):
    """`size` is that of the playable file, in bytes."""

    id: str
    duration_ms: int
    size: int


class PassageIn(Given):
    start_ms: _Ms
    end_ms: _Ms


class PlayedIn(Given):
    """What was played so far, in milliseconds of the audio. `leaving`: for the last time."""

    passages: Annotated[list[PassageIn], Field(max_length=500)] = Field(default_factory=list)
    leaving: bool = False


class PeaksOut(Shown):
    """How loud each lane is (caller, agent): base64 of a byte for each `step_ms`."""

    step_ms: int
    lanes: list[str]


@dataclass(frozen=True)
class ListeningsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        place = "/listenings/{listening_id}"
        return (
            ApiRoute("POST", "/recordings/{recording_id}/listenings", self.begin_listening, _SCOPES, ListeningOut, 201),
            ApiRoute("GET", f"{place}/audio", self.read_audio, _SCOPES, status=206, media=_SOUND, more=(410, 416)),
            ApiRoute("GET", f"{place}/peaks", self.read_peaks, _SCOPES, PeaksOut, more=(410,)),
            ApiRoute("POST", f"{place}/played", self.note_played, _SCOPES, status=204, more=(410,)),
        )

    def begin_listening(self, asked: Asked, recording_id: RecordingId) -> ListeningOut:
        """Begin to listen to a recording. It ends when it is left, after 15 minutes without a request, with the token,
        or when a rule no longer allows it; then the evidence says how much was heard."""
        # What one may not see looks like what is not there, before it is asked whether one may hear it.
        self.services.gate.see(asked.request(), recording_id)
        listening = self.services.listenings.open(asked.token.key, asked.request(), recording_id)
        return ListeningOut(id=listening.id, duration_ms=listening.duration_ms, size=listening.size)

    def read_audio(
        self, token: Caller, listening_id: ListeningId, range_header: Annotated[str, Header(alias="Range")] = ""
    ) -> Response:
        """Hand over bytes of the playable Ogg Opus file (RFC 9110 section 14), 64 KiB of them at most. What is handed
        over counts as heard until it is told what was played."""
        piece = self._used(token, listening_id, lambda listening: listening.piece(range_header))
        if isinstance(piece, Response):
            return piece
        headers = {name: value for name, value in piece.range.headers.items() if name != "Content-Length"}
        if piece.range.status == 416:
            return problem(416, headers=headers)
        return Response(piece.body, piece.range.status, headers=headers, media_type=piece.media_type)

    def read_peaks(self, token: Caller, listening_id: ListeningId) -> PeaksOut | Response:
        """Read how loud each lane is, to draw it."""
        found = self._used(token, listening_id, lambda listening: listening.peaks())
        if isinstance(found, Response):
            return found
        return PeaksOut(step_ms=PEAK_MS, lanes=[base64.b64encode(lane).decode() for lane in found.lanes])

    def note_played(self, token: Caller, listening_id: ListeningId, given: PlayedIn) -> Response:
        """Tell what was played so far. It counts within what was handed over."""
        passages = [(one.start_ms, one.end_ms) for one in given.passages]
        over = self._used(token, listening_id, lambda it: it.leave(passages) if given.leaving else it.played(passages))
        return over or Response(status_code=204)

    def _used(self, token: ApiToken, listening_id: str, work: Callable[[Listening], _T]) -> _T | Response:
        with self.services.listenings.used(token.key, listening_id) as listening:
            try:
                return work(listening)
            except HostError:
                raise
            except IvrError as error:
                return problem(410, french(error.what))
