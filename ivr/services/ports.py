"""What the use cases need from the outside, by role. Adapters are named by technology and live elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from ivr.domain.hearing import Piece
from ivr.domain.legal_hold import LegalHold
from ivr.domain.recording import RecordingState
from ivr.domain.verdict import EarVerdict, Thresholds

T = TypeVar("T")

# ---------------------------------------------------------------- telephony


@dataclass(frozen=True)
class IncomingCall:
    """An INVITE has arrived and is unanswered; the adapter has already sent 180."""

    leg_id: str
    sip_call_id: str
    from_uri: str
    to_uri: str
    at: float


@dataclass(frozen=True)
class LegProgress:
    """A placed leg is ringing (18x)."""

    leg_id: str
    sip_status: int
    at: float


@dataclass(frozen=True)
class LegConfirmed:
    """The leg is up (ACK) and its media flows: frames begin at offset 0 now."""

    leg_id: str
    sip_call_id: str
    codec: str
    at: float


@dataclass(frozen=True)
class LegDisconnected:
    """The leg is over. `sip_status` is the final status (RFC 3261), `hangup_cause` is Q.850.

    `by_peer` tells who ended it. Always the last event of a leg, exactly once.
    """

    leg_id: str
    sip_status: int
    hangup_cause: int
    by_peer: bool
    was_confirmed: bool
    at: float


@dataclass(frozen=True)
class DigitPressed:
    """One key, from RFC 4733 or SIP INFO. Never log the digit: only that a key was pressed."""

    leg_id: str
    digit: str = field(repr=False)
    at: float = 0.0


@dataclass(frozen=True)
class PromptEnded:
    """A prompt stopped: at its end (`completed`) or because it was interrupted or the leg went away.

    `heard_ms` is how much of it was actually sent to the party.
    """

    leg_id: str
    play_id: str
    completed: bool
    heard_ms: int
    at: float


@dataclass(frozen=True)
class LegHeld:
    """The far end put us on hold or took us back (re-INVITE changing media direction)."""

    leg_id: str
    held: bool
    at: float


LineEvent = IncomingCall | LegProgress | LegConfirmed | LegDisconnected | DigitPressed | PromptEnded | LegHeld


@dataclass(frozen=True)
class LegAudio:
    """Consecutive 20 ms frames of one leg since the last drain, all lists of equal length.

    `first_frame` counts 20 ms frames since the leg's media began; `spoken[i]` is what the party said and
    `heard[i]` what the party was sent, each PCM16 mono at `rate_hz`. `lost_before` is how many frames just before
    `first_frame` were dropped because the queue was full.
    """

    first_frame: int
    spoken: Sequence[bytes]
    heard: Sequence[bytes]
    rate_hz: int
    lost_before: int = 0


class Line(Protocol):
    """One SIP endpoint. Commands return at once; what happens comes back as events, in order.

    Every command on a leg that is already gone is ignored: its LegDisconnected is on its way.
    """

    @property
    def uri(self) -> str:
        """The SIP URI to dial to reach this line."""
        ...

    @property
    def capacity(self) -> int:
        """How many legs this line can hold at once, as the SIP library says."""
        ...

    @property
    def free_legs(self) -> int:
        """How many more legs it can hold now."""
        ...

    def reserve(self, leg_id: str) -> bool:
        """Keep a slot for the leg that will be placed under this id; False when the line is full."""
        ...

    def release(self, leg_id: str) -> None:
        """Give up a reservation that was not used; unknown is fine."""

    async def next_event(self) -> LineEvent: ...

    def answer(self, leg_id: str) -> None:
        """Send 200 to an incoming leg."""

    def reject(self, leg_id: str, sip_status: int) -> None:
        """Send a final non-2xx status to an incoming leg."""

    def place(self, leg_id: str, uri: str, *, ring_timeout_s: float) -> None:
        """Send an INVITE to `uri`; no answer in time becomes a CANCEL and LegDisconnected with 408."""

    def hangup(self, leg_id: str) -> None:
        """End a leg in any state: BYE, CANCEL, or a final status."""

    def play(self, leg_id: str, play_id: str, prompt: Path, *, loop: bool = False) -> None:
        """Play a WAV file (PCM16 mono) to the party from now on; replaces a prompt that is playing on the leg."""

    def stop_playing(self, leg_id: str) -> None: ...

    def bridge(self, a_leg: str, b_leg: str) -> None:
        """Let two legs hear each other; `heard` of each then includes the other."""

    def unbridge(self, a_leg: str, b_leg: str) -> None: ...

    def drain(self, leg_id: str) -> LegAudio | None:
        """Take the audio frames that have arrived since the last call; None when there are none."""
        ...

    async def close(self) -> None: ...


# ---------------------------------------------------------------- hearing


@dataclass(frozen=True)
class ListenContext:
    """What the ear must know besides the audio to judge it."""

    program: str = ""
    last_prompt: str = ""
    after_disclosure: bool = False
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)
    want_text: bool = False


@dataclass(frozen=True)
class Speech:
    """One piece to judge: `pcm` is PCM16 mono 8 kHz of exactly [piece.start_ms, piece.end_ms)."""

    call_id: str
    piece: Piece
    pcm: bytes = field(repr=False)
    context: ListenContext
    deadline_s: float


class Ear(Protocol):
    """Judges speech. Raises SpeechError when it has no verdict before the deadline; never guesses."""

    async def judge(self, speech: Speech) -> EarVerdict: ...

    async def close(self) -> None: ...


class VoiceDetector(Protocol):
    """Says whether 20 ms of PCM16 mono 8 kHz (320 bytes) holds voice. Keeps state per channel."""

    def is_voice(self, frame: bytes) -> bool: ...


# ---------------------------------------------------------------- the vault


@dataclass(frozen=True)
class RecordingTag:
    """What is written beside a recording when it is opened; see docs/recording-format.md."""

    recording_id: str
    call_id: str
    program: str
    purposes: tuple[str, ...]
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


class RecordingStore(Protocol):
    """Where the encrypted containers lie."""

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

    def decode(self, recording_id: str, data_key: bytes | bytearray) -> tuple[bytes, int, int]:
        """Return (interleaved PCM16, rate in Hz, channels) of a sealed recording, in memory."""
        ...

    def copy(self, recording_id: str, data_key: bytes | bytearray, form: str) -> bytes:
        """Return a sealed recording as the bytes of a playable file, `form` "wav" or "opus", in memory."""
        ...

    def delete(self, recording_id: str) -> None:
        """Remove the file, whole or half-written; absent is fine."""

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


class KeyRing(Protocol):
    """Makes and unwraps data keys. The wrapped form is bound to the recording's id.

    Raises HostError when the KEK cannot be reached: then nothing is recorded. Who has used a data key clears it
    (`ivr.services.data_key`).
    """

    @property
    def kek_id(self) -> str:
        """The KEK that wraps new keys now."""
        ...

    def kek_of(self, wrapped: bytes) -> str:
        """Which KEK wrapped this; empty when it is no wrapped key."""
        ...

    def new_data_key(self, recording_id: str) -> tuple[bytearray, bytes]:
        """Return (data key, wrapped data key)."""
        ...

    def unwrap(self, recording_id: str, wrapped: bytes) -> bytearray:
        """Raises ArchiveError when the key is not ours or was changed."""
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

    def move(self, recording_id: str, event: str, *, reason: str = "", at: datetime | None = None) -> RecordingState:
        """Apply a RecordingEvent (by value) through the state table."""
        ...

    def settle(
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
        """Note what the recording holds, before it is moved to SEALED or DAMAGED.

        `sealed` is None while the file is still being closed: a crash then finds consent and deadline here.
        """

    def destroy_key(self, recording_id: str) -> None:
        """Delete the wrapped key, and wipe it from the database's files: every copy of the audio is now noise."""

    def destroy_keys(self, recording_ids: Sequence[str]) -> None:
        """`destroy_key` for many: one transaction, one wipe."""

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


@dataclass(frozen=True)
class CallRow:
    """What is reported of a call (CDR). No words, no digits."""

    call_id: str
    program: str
    direction: str
    party: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    disposition: str
    sip_status: int
    hangup_cause: int
    ended_by: str
    recording_id: str | None
    recording_state: str
    consent: Mapping[str, object]
    node_id: str


class CallLog(Protocol):
    def add(self, row: CallRow) -> None: ...

    def find(self, *, limit: int = 100) -> list[CallRow]: ...


@dataclass(frozen=True)
class AuditEvent:
    """One link of a node's chain. `body` is canonical JSON without content: no words, no digits, no audio."""

    node_id: str
    seq: int
    at: datetime
    kind: str
    call_id: str
    recording_id: str
    body: Mapping[str, object]
    previous: str
    digest: str


class AuditLog(Protocol):
    """Append-only, hash-chained evidence (promise 5)."""

    def append(
        self,
        kind: str,
        *,
        call_id: str = "",
        recording_id: str = "",
        body: Mapping[str, object] | None = None,
    ) -> AuditEvent: ...

    def events(self, *, call_id: str = "", recording_id: str = "", limit: int = 100_000) -> list[AuditEvent]:
        """Oldest first."""
        ...

    def recent(self, kind: str, *, last: int) -> list[AuditEvent]:
        """Events of this kind among the last so many of this node, oldest first."""
        ...

    def verify(self) -> list[str]:
        """Return one line per broken link, naming node, sequence number and what is wrong; empty when whole."""
        ...


class DoNotCallRegister(Protocol):
    """People never to be called again, as keyed hashes of their number or URI."""

    def add(self, uri: str, *, scope: str, rule_id: str, call_id: str) -> str:
        """Note the refusal and return the entry's id (a hash)."""
        ...

    def bars(self, uri: str, *, scope: str) -> str | None:
        """Return the entry's id when calls to this person are barred for this scope."""
        ...


# ---------------------------------------------------------------- odds and ends of the world


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC date and time."""
        ...

    def monotonic(self) -> float:
        """Seconds, never going back; comparable between processes of one machine."""
        ...


class Desk(Protocol):
    """Runs blocking work away from the event loop, one job at a time, in order."""

    async def run(self, work: Callable[[], T]) -> T: ...


class LiveFeed(Protocol):
    """Tells watchers (demo, console) what happens now. Never words, digits or audio."""

    def publish(self, kind: str, *, call_id: str = "", **fields: object) -> None: ...
