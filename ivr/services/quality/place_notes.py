"""Notes at moments of a recording: written by who scores calls, read by who listens, gone with the recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ivr.domain.access import AccessRequest, Action
from ivr.domain.evidence.events.quality import PlaceNoted, PlaceNoteRemoved
from ivr.domain.quality.note import clean_note
from ivr.domain.quality.place_note import LONGEST, MOST, PlaceNote, judge_place_note
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.domain.text.told import Told
from ivr.errors import ArchiveError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import NoteBook, NoteSealer, SealedNote
from ivr.services.vault.data_key import unlocked
from ivr.services.vault.vault_ports import VaultPorts


@dataclass(frozen=True)
class PlaceNotes:
    """`is_blind` says whether this login is yet to score this recording without what others think of it."""

    gate: Gate
    book: NoteBook
    ports: VaultPorts
    sealer: Callable[[bytearray, str], NoteSealer]
    new_id: Callable[[], str]
    is_blind: Callable[[str, str], bool]
    redactor: Redactor = REDACTOR

    def of(self, request: AccessRequest, recording_id: str) -> list[PlaceNote]:
        """In order of time, for whoever may listen to it now. Raises what `Gate.check` raises."""
        self.gate.check(replace(request, action=Action.LISTEN), (recording_id,))
        kept, me = self.book.of(recording_id), request.actor.id
        if kept and self.is_blind(recording_id, me):
            kept = [one for one in kept if one.author == me]
        if not kept:
            return []
        sealer = self._sealer(recording_id)
        return [_opened(one, sealer) for one in kept]

    def write(self, request: AccessRequest, recording_id: str, at_ms: int, typed: str) -> PlaceNote | Told:
        """Keep a note, or say what is wrong with it.

        Raises ComplianceError after a denial, ArchiveError for a recording that is not there for this actor, or gone.
        """
        self._may_write(request, recording_id)
        row = self.ports.catalogue.get(recording_id)
        found = clean_note(typed, longest=LONGEST, redactor=self.redactor)
        if fault := judge_place_note(found, at_ms=at_ms, duration_ms=row.sealed.duration_ms if row.sealed else -1):
            return fault
        actor = request.actor
        note = PlaceNote(self.new_id(), recording_id, at_ms, actor.id, self.ports.clock.now(), found.text)
        event = PlaceNoted(
            actor=actor.id, role=actor.role.value, purpose=request.purpose, reason=request.reason, note_id=note.id,
            at_ms=at_ms,
        )  # fmt: skip
        sealed = self._sealer(recording_id).seal(found.text.encode(), _bound(note.id))
        kept = SealedNote(note.id, recording_id, at_ms, note.author, note.written_at, sealed)
        entry = Entry(event, call_id=row.tag.call_id, recording_id=recording_id)
        return note if self.book.add(kept, MOST, entry) else Told(f"A recording has at most {MOST} notes.")

    def remove(self, request: AccessRequest, recording_id: str, note_id: str) -> None:
        """Remove a note of the actor's own. Raises ArchiveError for any other, as if there were none."""
        self._may_write(request, recording_id)
        actor, tag = request.actor, self.ports.catalogue.get(recording_id).tag
        event = PlaceNoteRemoved(actor=actor.id, role=actor.role.value, note_id=note_id)
        entry = Entry(event, call_id=tag.call_id, recording_id=recording_id)
        if not self.book.remove(recording_id, note_id, actor.id, entry):
            raise ArchiveError("there is no such note of yours", remedy="load the page again")

    def _may_write(self, request: AccessRequest, recording_id: str) -> None:
        self.gate.check(replace(request, action=Action.GRADE))
        self.gate.see(replace(request, action=Action.LIST), recording_id)
        self.gate.check(replace(request, action=Action.LISTEN), (recording_id,))

    def _sealer(self, recording_id: str) -> NoteSealer:
        with unlocked(self.ports, recording_id) as data_key:
            return self.sealer(data_key, recording_id)


def _opened(kept: SealedNote, sealer: NoteSealer) -> PlaceNote:
    text = sealer.open(kept.sealed, _bound(kept.id)).decode()
    return PlaceNote(kept.id, kept.recording_id, kept.at_ms, kept.author, kept.written_at, text)


def _bound(note_id: str) -> bytes:
    return f"note {note_id}".encode()
