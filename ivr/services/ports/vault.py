"""Ports of the vault: containers, keys, and the rows about recordings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.audio.peaks import Peaks
from ivr.domain.recording.state import RecordingEvent, RecordingState
from ivr.domain.retention.legal_hold import LegalHold
from ivr.errors import IvrError


@dataclass(frozen=True)
class RecordingTag:
    """What is written beside a recording when it is opened; see docs/recording-format.md."""

    recording_id: str
    call_id: str
    program: str
    activities: tuple[str, ...]
    policy_id: str
    policy_version: str
    rule_ids: tuple[str, ...]
    retention: str
    codec: str
    channels: tuple[str, ...]
    rate_hz: int
    opened_at: datetime
    node_id: str


@dataclass(frozen=True)
class SealedFile:
    """What a finished container is: its bytes' SHA-256 (hex), size in bytes, and length in milliseconds."""

    sha256: str
    size_bytes: int
    duration_ms: int


class RecordingWriter(Protocol):
    """An open, encrypted recording. Every method raises ArchiveError or HostError when the store fails."""

    def write(self, pcm: bytes) -> None:
        """Append interleaved stereo PCM16 at the tag's rate."""

    def seal(self) -> SealedFile:
        """Finish, fsync and rename; the recording is now whole."""
        ...

    def abort(self) -> None:
        """Close and delete what was written."""

    def close(self) -> None:
        """Stop writing and leave what is there to `RecordingStore.recover`. Never raises; closed already is fine."""


class Reservation(Protocol):
    """A name that is taken and locked, without a byte of audio yet."""

    def open(self, data_key: bytes | bytearray, *, codec: str, rate_hz: int, channels: int) -> RecordingWriter:
        """Begin to write. `data_key` may be cleared afterwards."""
        ...

    def abort(self) -> None:
        """Give the name back; nothing stays."""


class PlayableSound(Protocol):
    """A recording as a playable file of which any piece is decrypted in memory when it is asked for. Never on a disk.

    Every method may raise ArchiveError or HostError: the file is gone, or was changed.
    """

    @property
    def media_type(self) -> str: ...
    @property
    def size(self) -> int:
        """Bytes of the playable file."""
        ...

    @property
    def heads(self) -> bytes:
        """What a player needs before any piece that does not begin at the beginning."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """Bytes [start, end), as far as there are any."""
        ...

    def at(self, ms: int) -> int:
        """Where the piece begins that holds this moment; the size when the recording ends before."""
        ...

    def passages(self, start: int, end: int) -> Sequence[tuple[int, int]]:
        """Which passages the bytes [start, end) hold, or a part of: each [start, end) in milliseconds."""
        ...

    def close(self) -> None:
        """Drop the key; nothing more can be read."""


class FarStore(Protocol):
    """What a store can do whose recordings are made here and kept elsewhere."""

    @property
    def where(self) -> str:
        """Where they are kept, for people."""
        ...

    @property
    def locks(self) -> bool:
        """Whether it keeps from deletion what it is given a `lock_until` for (Object Lock)."""
        ...

    def check(self) -> None:
        """Raise HostError unless it answers, takes us, and locks when it is to."""

    def upload(self, recording_id: str, sealed: SealedFile, *, lock_until: datetime | None) -> None:
        """Copy and verify; the local file stays. Repeating it is harmless. Raises ArchiveError or HostError.

        `lock_until` is None where it does not lock.
        """

    def release(self, recording_id: str) -> None:
        """Remove the local file of what was uploaded."""


class RecordingStore(Protocol):
    """Where the encrypted containers lie."""

    @property
    def far(self) -> FarStore | None:
        """Where what is sealed is moved to; None when it stays on this machine."""
        ...

    def must_be_writable(self) -> None:
        """Raise HostError unless recordings can be made on this machine."""

    def reserve(self, recording_id: str) -> Reservation:
        """Take the name: from now until its process dies or closes it, it is `busy`. Raises ArchiveError when taken."""
        ...

    def open(
        self, recording_id: str, data_key: bytes | bytearray, *, codec: str, rate_hz: int, channels: int
    ) -> RecordingWriter: ...

    def recover(self, recording_id: str, data_key: bytes | bytearray) -> SealedFile | None:
        """Keep the complete segments of a half-written file as a whole file; None when nothing is readable."""
        ...

    def verify(self, recording_id: str, data_key: bytes | bytearray, sealed: SealedFile) -> None:
        """Read every byte; raises ArchiveError naming the recording and what is wrong with it."""

    def copy(
        self, recording_id: str, data_key: bytes | bytearray, form: str, metadata: Mapping[str, str] | None = None
    ) -> bytes:
        """Return a sealed recording as the bytes of a playable file, `form` "wav" or "opus", in memory.

        `metadata` is what players show of the file: "title", "artist", "date", "comment".
        """
        ...

    def sound(self, recording_id: str, data_key: bytes | bytearray, sealed: SealedFile) -> PlayableSound:
        """Open a sealed recording to be played; `data_key` may be cleared afterwards.

        Raises ArchiveError when it is missing, is not what was sealed, or not of this key.
        """
        ...

    def peaks(self, recording_id: str, data_key: bytes | bytearray) -> Peaks:
        """Return the peaks of a sealed recording: those kept since it was sealed, or measured now, in memory.

        They are kept encrypted under a key that is derived from the data key, and go with the recording.
        """
        ...

    def delete(self, recording_id: str) -> None:
        """Remove the file, whole or half-written, and what is derived of it; absent is fine."""

    def delete_all(self, recording_ids: Sequence[str]) -> Mapping[str, IvrError]:
        """`delete` for many, durable when it returns; what could not be removed, by id. Raises HostError for all."""
        ...

    def digest(self, recording_id: str) -> str | None:
        """SHA-256 (hex) of the bytes that are stored now, whole or half-written; None when there are none."""
        ...

    def busy(self, recording_id: str) -> bool:
        """Whether some process is writing this recording at this moment."""
        ...

    def drop_empty(self, recording_id: str) -> bool:
        """Remove a half-written file that nobody writes and that holds no complete segment; False when it is more."""
        ...

    def unfinished(self) -> Sequence[str]:
        """Ids of half-written files."""
        ...

    def stored(self) -> Sequence[str]:
        """Ids of whole files, wherever they lie."""
        ...

    def at_hand(self) -> Sequence[str]:
        """Ids of whole files on this machine."""
        ...


@dataclass(frozen=True)
class RecordingRow:
    """A recording as the catalogue knows it."""

    tag: RecordingTag
    state: RecordingState
    sealed: SealedFile | None
    deadline: datetime | None
    closed_at: datetime | None
    consent: Mapping[str, object]
    gaps: Sequence[Mapping[str, object]]
    masks: Sequence[Mapping[str, object]]
    has_key: bool
    reason: str = ""


class Catalogue(Protocol):
    """Rows about recordings, in the database. Every write is one transaction; states move by the table only."""

    def add(self, tag: RecordingTag, wrapped_key: bytes, kek_id: str, *, deadline: datetime | None = None) -> None:
        """Insert in state CAPTURING; raises ArchiveError for a duplicate id."""

    def get(self, recording_id: str) -> RecordingRow:
        """Raises ArchiveError naming the id when there is none."""
        ...

    def find(
        self,
        *,
        call_id: str | None = None,
        node_id: str | None = None,
        states: Sequence[RecordingState] = (),
        has_key: bool | None = None,
        limit: int = 1000,
    ) -> list[RecordingRow]:
        """Newest first; each argument given narrows the answer."""
        ...

    def page(self, *, after: str, limit: int) -> list[RecordingRow]:
        """Rows by id, beginning behind `after`."""
        ...

    def count(self) -> int:
        """How many rows there are."""
        ...

    def states(self, recording_ids: Sequence[str]) -> Mapping[str, RecordingState]:
        """States of those of these recordings that have a row."""
        ...

    def wrapped_key(self, recording_id: str) -> bytes:
        """Raises ArchiveError when the key has been destroyed."""
        ...

    def move(
        self, recording_id: str, event: RecordingEvent, *, reason: str = "", at: datetime | None = None
    ) -> RecordingState:
        """Apply `event` through the state table; return the state after it."""
        ...

    def move_all(
        self, recording_ids: Sequence[str], event: RecordingEvent, *, reason: str, at: datetime
    ) -> Collection[str]:
        """`move` for those of these that `event` can move; return their ids."""
        ...

    def describe(
        self,
        recording_id: str,
        *,
        sealed: SealedFile | None,
        deadline: datetime | None,
        closed_at: datetime,
        consent: Mapping[str, object],
        gaps: Sequence[Mapping[str, object]],
        masks: Sequence[Mapping[str, object]],
    ) -> None:
        """Note what the recording holds, before it is kept (`KEPT`).

        `sealed` is None while the file is still being closed: a crash then finds consent and deadline here. A deadline
        that a business event has fixed meanwhile stands.
        """

    def destroy_keys(self, recording_ids: Sequence[str]) -> None:
        """Delete the wrapped keys, and wipe them from the database's files: every copy of the audio is now noise.

        One transaction, one wipe; inside `together`, `wipe_destroyed_keys` is to follow.
        """

    def wipe_destroyed_keys(self) -> bool:
        """Finish the wiping that a crash or a busy reader has put off; True when nothing is left to do."""
        ...

    def holds_on(self, recording_id: str) -> Sequence[LegalHold]:
        """The legal holds that are ACTIVE on it; inside `together` none changes until the block ends."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """What this thread does inside the block, in the audit log of the same database too, happens whole or not."""
        ...

    def claim(self, name: str) -> AbstractContextManager[None]:
        """Hold `name` against every other thread, process and node until the block ends; a dead holder holds nothing.

        Waits for its turn. A thread must not claim what it holds already.
        """
        ...
