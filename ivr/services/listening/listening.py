"""Listening to a recording: the gate is asked before every piece, and what was heard stands in the evidence.

Nothing is decrypted but the piece that is asked for, in memory. Whatever ends a listening (the person, a rule, the
destruction of the recording) drops its key and writes down how much was handed over, and how much of that was played.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from ivr.domain.access import AccessRequest, Action, Audience
from ivr.domain.audio.byte_range import ByteRange, asked_range
from ivr.domain.audio.heard import Passage, common, joined, length_ms
from ivr.domain.audio.peaks import Peaks
from ivr.domain.evidence.events.recording import Listened, ListeningBegun
from ivr.domain.recording.state import KEPT
from ivr.errors import ArchiveError, ComplianceError, HostError, IvrError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.vault import PlayableSound, RecordingRow, SealedFile
from ivr.services.vault.data_key import unlocked
from ivr.services.vault.vault_ports import VaultPorts

_T = TypeVar("_T")

#: Bytes of one piece: some twenty seconds of Opus. Who stops to listen was sent little more than they heard.
PIECE_BYTES: Final = 64 * 1024
_LONGEST = 200


@dataclass(frozen=True)
class Piece:
    """An answer to a player: what to send, with which status and headers (RFC 9110). Never logged or cached."""

    range: ByteRange
    media_type: str
    body: bytes

    def __repr__(self) -> str:
        return f"Piece({self.range})"


class ListeningRoom:
    """Opens listenings. Blocking."""

    def __init__(self, gate: Gate, ports: VaultPorts, *, new_id: Callable[[], str]) -> None:
        self._gate = gate
        self._ports = ports
        self._new_id = new_id

    def open(self, request: AccessRequest, recording_id: str) -> Listening:
        """Begin to listen, once that stands in the evidence.

        Raises ComplianceError after noting a denial (a role, a purpose that ended, a restriction, a hold that keeps
        what nobody may hear any more), ArchiveError when there is nothing to hear.
        """
        if request.audience is Audience.SUBJECT:
            raise ComplianceError(
                "nobody but the house and an authority listens here",
                rules=("REC-016",),
                remedy="hand out a copy: 'ivr recordings export'",
            )
        request = replace(request, action=Action.LISTEN)
        self._gate.check(request, [recording_id])
        row, sealed = self._audible(recording_id)
        if not request.purpose:
            # The gate took the only one there is.
            request = replace(request, purpose=row.tag.retention)
        with unlocked(self._ports, recording_id) as data_key:
            sound = self._ports.store.sound(recording_id, data_key, sealed)
        listening = Listening(self, self._ports, request, row, sealed, sound, self._new_id())
        try:
            self._ports.audit.append(listening.begun(), call_id=row.tag.call_id, recording_id=recording_id)
        except BaseException:
            sound.close()
            raise
        return listening

    def check(self, request: AccessRequest, recording_id: str) -> None:
        """Raise ComplianceError or ArchiveError unless it may still be heard, and is still there."""
        self._gate.check(request, [recording_id])
        self._audible(recording_id)

    def _audible(self, recording_id: str) -> tuple[RecordingRow, SealedFile]:
        row = self._ports.catalogue.get(recording_id)
        if row.state not in KEPT or row.sealed is None or not row.has_key:
            raise ArchiveError(
                f"a recording in state {row.state.value} cannot be listened to",
                where=f"recording {recording_id}",
                remedy="only SEALED and DAMAGED recordings hold audio",
            )
        return row, row.sealed


class Listening:
    """One person who listens to one recording. Not safe for threads."""

    def __init__(
        self,
        room: ListeningRoom,
        ports: VaultPorts,
        request: AccessRequest,
        row: RecordingRow,
        sealed: SealedFile,
        sound: PlayableSound,
        listening_id: str,
    ) -> None:
        self.id = listening_id
        self.row = row
        self.duration_ms = sealed.duration_ms
        self.size = sound.size
        self.ended = ""
        #: What ended it, when that was no person.
        self.why = ""
        self._room = room
        self._ports = ports
        self._request = request
        self._sound = sound
        self._given: list[Passage] = []
        #: What the player told; None while it has told nothing.
        self._played: list[Passage] | None = None

    def __repr__(self) -> str:
        return f"Listening({self.id!r}, {self.row.tag.recording_id!r}, {self.ended or 'open'})"

    @property
    def given_ms(self) -> int:
        """How much was handed over, each passage once: players fetch ahead."""
        return length_ms(self._given)

    @property
    def heard_ms(self) -> int:
        """How much of that was played, as the player tells it; all of it while it tells nothing."""
        return length_ms(self._given if self._played is None else common(self._played, self._given))

    def played(self, passages: Iterable[Passage]) -> None:
        """Note what a player has played so far, in milliseconds; nothing is no passage. Raises as `piece` does."""
        self._note_played(passages)
        self._allowed()

    def leave(self, passages: Iterable[Passage]) -> None:
        """`played` for the last time: the player is closed. Again is fine. Raises when it cannot be written."""
        self._note_played(passages)
        self.close()

    def piece(self, range_header: str = "", *, most: int = PIECE_BYTES) -> Piece:
        """What to answer to a request with this Range header, at most `most` bytes.

        Raises ComplianceError when a rule no longer allows it, ArchiveError when the recording is destroyed or
        damaged: then the listening has ended, and says why.
        """
        asked = asked_range(range_header, self.size, most=most)
        return Piece(asked, self._sound.media_type, self._handed(asked.start, asked.end))

    def from_moment(self, ms: int, *, most: int = PIECE_BYTES) -> bytes:
        """A playable beginning of what follows `ms` of the recording: the file's heads, then at most `most` bytes.

        Its granule positions are the recording's own. Raises as `piece` does.
        """
        self._allowed()
        start = self._guarded(lambda: self._sound.at(ms))
        return self._sound.heads + self._handed(start, min(start + most, self.size))

    def offset(self, ms: int) -> int:
        """At which byte the moment `ms` begins, for a player that asks by bytes. Raises as `piece` does."""
        self._allowed()
        return self._guarded(lambda: self._sound.at(ms))

    def peaks(self) -> Peaks:
        """How loud each lane is, for a player to draw. Raises as `piece` does."""
        self._allowed()
        recording_id = self.row.tag.recording_id

        def read() -> Peaks:
            with unlocked(self._ports, recording_id) as data_key:
                return self._ports.store.peaks(recording_id, data_key)

        return self._guarded(read)

    def close(self, ended: str = "closed") -> None:
        """End it and write down what was heard. Again is fine. Raises when the evidence cannot be written."""
        if self.ended:
            return
        self._sound.close()
        tag = self.row.tag
        self._ports.audit.append(self._listened(ended), call_id=tag.call_id, recording_id=tag.recording_id)
        self.ended = ended

    def begun(self) -> ListeningBegun:
        asked = self._request
        return ListeningBegun(
            actor=asked.actor.id[:_LONGEST],
            role=asked.actor.role.value,
            purpose=asked.purpose,
            reason=asked.reason[:_LONGEST],
            listening_id=self.id,
        )

    def _listened(self, ended: str) -> Listened:
        told = vars(self.begun())
        return Listened(
            **told, heard_ms=self.heard_ms, given_ms=self.given_ms, duration_ms=self.duration_ms, ended=ended
        )

    def _note_played(self, passages: Iterable[Passage]) -> None:
        self._played = joined([*(self._played or ()), *passages])

    def _handed(self, start: int, end: int) -> bytes:
        self._allowed()
        content = self._guarded(lambda: self._sound.read(start, end))
        heard = self._guarded(lambda: self._sound.passages(start, start + len(content)))
        self._given = joined([*self._given, *heard])
        return content

    def _allowed(self) -> None:
        if self.ended:
            raise ArchiveError(
                f"this listening has ended: {self.why or self.ended}",
                where=f"recording {self.row.tag.recording_id}",
                remedy="open it again",
            )
        self._guarded(lambda: self._room.check(self._request, self.row.tag.recording_id))

    def _guarded(self, work: Callable[[], _T]) -> _T:
        """Whatever forbids or prevents it ends the listening, but a database that is away: that may come back."""
        try:
            return work()
        except HostError:
            raise
        except IvrError as error:
            self.why = error.what
            self.close("denied" if isinstance(error, ComplianceError) else "gone")
            raise
