"""Lossless on a G.711 line: A-law in a WAV file whose header says "to the end", so that a prefix is a whole file.

Sizes in the header are 0xFFFFFFFF (RFC 2361 gives format 6 to A-law): the file is written forwards only, and the
container around it already proves where it ends.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from ivr.audio.g711 import alaw_decode, alaw_encode
from ivr.errors import ArchiveError
from ivr.recording.codec import Sound

_UNTIL_THE_END = 0xFFFFFFFF
_HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sI")
_FORMAT_ALAW = 6


class AlawCodec:
    name = "alaw"

    def owns(self, content: bytes) -> bool:
        return content[:4] == b"RIFF" and content[8:12] == b"WAVE"

    def encoder(self, *, rate_hz: int, channels: int) -> AlawEncoder:
        return AlawEncoder(rate_hz, channels)

    def decode(self, content: bytes) -> Sound:
        rate_hz, channels = self._read(content)
        return Sound(b"".join(piece.pcm for piece in self.pieces(content)), rate_hz, channels)

    def pieces(self, content: bytes) -> Iterator[Sound]:
        rate_hz, channels = self._read(content)
        end = len(content) - (len(content) - _HEADER.size) % channels
        for at in range(_HEADER.size, end, rate_hz * channels):
            samples = np.frombuffer(content, np.uint8, min(rate_hz * channels, end - at), at)
            yield Sound(alaw_decode(samples).astype("<i2").tobytes(), rate_hz, channels)

    def trim(self, prefix: bytes) -> bytes:
        if len(prefix) <= _HEADER.size:
            return b""
        _, channels = self._read(prefix)
        return prefix[: len(prefix) - (len(prefix) - _HEADER.size) % channels]

    def duration_ms(self, content: bytes) -> int:
        rate_hz, channels = self._read(content)
        return (len(content) - _HEADER.size) * 1000 // (channels * rate_hz)

    @staticmethod
    def _read(content: bytes) -> tuple[int, int]:
        if len(content) < _HEADER.size:
            raise ArchiveError("the WAV header is cut", remedy="recover the recording")
        riff, _, wave, fmt, _, kind, channels, rate_hz, *_, data, _ = _HEADER.unpack_from(content)
        if (riff, wave, fmt, data, kind) != (b"RIFF", b"WAVE", b"fmt ", b"data", _FORMAT_ALAW) or not channels:
            raise ArchiveError("not a WAV file of ours", remedy="see docs/recording-format.md")
        return rate_hz, channels


class AlawEncoder:
    def __init__(self, rate_hz: int, channels: int) -> None:
        self._pending = _HEADER.pack(
            b"RIFF", _UNTIL_THE_END, b"WAVE", b"fmt ", 18, _FORMAT_ALAW, channels, rate_hz, rate_hz * channels,
            channels, 8, 0, b"data", _UNTIL_THE_END,
        )  # fmt: skip

    def encode(self, pcm: bytes) -> bytes:
        head, self._pending = self._pending, b""
        return head + alaw_encode(np.frombuffer(pcm, dtype="<i2")).tobytes()

    def finish(self) -> bytes:
        return self.encode(b"")
