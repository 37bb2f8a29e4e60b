"""Ports of hearing: what was said, judged; and whether anybody speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ivr.domain.hearing import Piece
from ivr.domain.verdict import EarVerdict, Thresholds


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
