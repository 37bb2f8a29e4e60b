"""Ports of hearing: what was said, judged; and whether anybody speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivr.domain.call.party import Direction
from ivr.domain.hearing.cleared_mark import Piece
from ivr.domain.hearing.verdict import PendingNumber, Thresholds, Verdict
from ivr.domain.recording.dtmf_masks import PlayedDtmf, Tone


@dataclass(frozen=True)
class ListenContext:
    """What the ear must know besides the audio to judge it.

    `pending` is the number that the asker believes to be going on: an ear that does not know of it has lost the
    beginning, and says so. `guard` is the direction of the call where the words are one of ours, to be watched for
    forbidden questions; None: they are not.
    """

    program: str = ""
    last_prompt: str = ""
    after_disclosure: bool = False
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)
    want_text: bool = False
    pending: PendingNumber | None = None
    guard: Direction | None = None


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

    async def judge(self, speech: Speech) -> Verdict: ...

    async def forget(self, call_id: str) -> None:
        """The call is over: nothing that was said on it need be remembered. Never raises; an ear that is away has
        forgotten already."""
        ...

    async def close(self) -> None: ...


class VoiceDetector(Protocol):
    """Says whether 20 ms of PCM16 mono 8 kHz (320 bytes) holds voice. Keeps state per channel."""

    def is_voice(self, frame: bytes) -> bool: ...


class DtmfReader(Protocol):
    """Reads the DTMF digits that one party plays as clean tones; what might be speech or music is none.

    Keeps state from one call of `feed` to the next.
    """

    def feed(self, at_ms: int, frames: Sequence[bytes]) -> Sequence[PlayedDtmf]:
        """Take consecutive frames of PCM16 mono 8 kHz that begin at `at_ms`; return the digits that became certain."""
        ...


class ToneDetector(Protocol):
    """Finds DTMF tones in one channel (ITU-T Q.23, Q.24). Keeps state from one call of `feed` to the next."""

    @property
    def open_ms(self) -> int | None:
        """When something began that more audio may show to be a tone; None when there is no such thing."""
        ...

    def feed(self, at_ms: int, frames: Sequence[bytes], *, keen: bool = False) -> Sequence[Tone]:
        """Take consecutive frames of PCM16 mono 8 kHz that begin at `at_ms`; return the tones they revealed.

        A tone that goes on is told again with each call, as far as it has come. `keen`: a DTMF digit is known to be
        pressed now, so that what merely resembles a tone for a moment is one.
        """
        ...

    def finish(self) -> Sequence[Tone]:
        """Nothing follows: what may be the beginning of a tone is one."""
        ...
