"""A reviewer's note at a moment of a recording. It goes with the recording: sealed under its key, destroyed with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ivr.domain.quality.note import Note
from ivr.domain.text.told import Told

#: In characters: it points at something, and is no report.
LONGEST = 200
#: Of one recording, by all its reviewers.
MOST = 100


@dataclass(frozen=True)
class PlaceNote:
    """`at_ms` is a moment of the audio; `author` the login of who wrote it."""

    id: str
    recording_id: str
    at_ms: int
    author: str
    written_at: datetime
    text: str = field(repr=False)


def judge_place_note(note: Note, *, at_ms: int, duration_ms: int) -> Told | None:
    """Say why a note is not kept, or nothing. What would have to be taken out of it (REC-018) is not kept at all:
    whoever wrote it is there to write it otherwise."""
    if not note.text:
        return Told("The note is empty.")
    if note.longer:
        return Told(f"A note has at most {LONGEST} characters.")
    if note.numbers:
        return Told("The note holds a number that no note may hold (REC-018): social security, bank, card, telephone.")
    if note.quotes:
        return Told("The note quotes the call (REC-018): say in your own words what the agent does.")
    if not 0 <= at_ms <= duration_ms:
        return Told("The recording has no such moment.")
    return None
