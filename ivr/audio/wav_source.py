"""Reads a WAV file as a stream: its header is checked before anything else is done, its samples come block by block.

PCM of 8 to 32 bits and IEEE float of 32 or 64, plain or in the extensible form (WAVE_FORMAT_EXTENSIBLE), with any
number of channels. What is held in memory does not depend on how long the file is.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ivr.audio.pcm import Samples
from ivr.errors import ArchiveError

LONGEST_S = 4 * 3600
MOST_CHANNELS = 64
_RATES_HZ = range(1000, 768_001)
_BLOCK_BYTES = 1 << 19
_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
#: What follows the format code in the sub-format of an extensible file (RFC 2361, section 4).
_SUBFORMAT = bytes.fromhex("000000001000800000aa00389b71")
_WIDTHS = {_PCM: (1, 2, 3, 4), _FLOAT: (4, 8)}
#: Written by those who could not know the length when they began: the samples reach to the end of the file.
_UNKNOWN_LENGTH = 0xFFFFFFFF
_MOST_CHUNKS = 1000
_REMEDY = "give a WAV file of PCM, 8 to 32 bits, or float; convert others with a sound editor first"


@dataclass(frozen=True)
class WavSource:
    """A WAV file whose header makes sense and whose samples are all there. `frames` counts samples per
    channel, `width` the bytes of one."""

    where: str
    channels: int
    rate_hz: int
    frames: int
    _open: Callable[[], BinaryIO]
    _code: int
    width: int
    _begin: int

    @property
    def duration_s(self) -> float:
        return self.frames / self.rate_hz

    def channel(self, number: int) -> Iterator[Samples]:
        """Yield one channel (from 0) as floats in -1..1, from its beginning. Raises ArchiveError when it ends early."""
        frame_bytes = self.channels * self.width
        block = max(1, _BLOCK_BYTES // frame_bytes)
        left = self.frames
        with self._open() as file:
            file.seek(self._begin)
            while left:
                raw = file.read(min(block, left) * frame_bytes)
                count = len(raw) // frame_bytes
                if not count:
                    raise _cut_short(self.frames - left, self.frames, self.where)
                octets = np.frombuffer(raw, np.uint8, count * frame_bytes).reshape(count, self.channels, self.width)
                yield _as_float(np.ascontiguousarray(octets[:, number]), self._code)
                left -= count


def open_wav(path: Path) -> WavSource:
    """Check a file's header. Raises ArchiveError naming the file when it is missing, no regular file, no WAV of a kind
    that can be read, cut short, empty, or longer than LONGEST_S."""
    try:
        # Whatever is no file of a length of its own (a device, a pipe) is not even opened: it might never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ArchiveError("not a regular file", where=str(path), remedy="name a WAV file")
        with path.open("rb") as file:
            return _checked(file, os.fstat(file.fileno()).st_size, lambda: path.open("rb"), str(path))
    except OSError as error:
        raise ArchiveError(error.strerror or "cannot be read", where=str(path), remedy="check the path") from error


def _checked(file: BinaryIO, size: int, opener: Callable[[], BinaryIO], where: str) -> WavSource:
    if not size:
        raise ArchiveError("the file is empty", where=where, remedy=_REMEDY)
    try:
        code, channels, rate_hz, width, begin, declared = _header(file, size)
    except (struct.error, ValueError) as error:
        reason = "it ends too soon" if isinstance(error, struct.error) else str(error)
        raise ArchiveError(f"not a PCM WAV file: {reason}", where=where, remedy=_REMEDY) from error
    frame_bytes = channels * width
    frames = declared // frame_bytes
    if frames == 0:
        raise ArchiveError("the file holds no audio (0 frames)", where=where, remedy=_REMEDY)
    if begin + frames * frame_bytes > size:
        raise _cut_short(max(0, size - begin) // frame_bytes, frames, where)
    if rate_hz not in _RATES_HZ:
        raise ArchiveError(f"a sampling rate of {rate_hz} Hz makes no sense", where=where, remedy=_REMEDY)
    if channels > MOST_CHANNELS:
        raise ArchiveError(
            f"{channels} channels, {MOST_CHANNELS} at most can be read", where=where, remedy="split the file"
        )
    if frames > LONGEST_S * rate_hz:
        raise ArchiveError(f"longer than {LONGEST_S // 3600} hours", where=where, remedy="split the file")
    return WavSource(where, channels, rate_hz, frames, opener, code, width, begin)


def _cut_short(there: int, declared: int, where: str) -> ArchiveError:
    return ArchiveError(
        f"the file is cut short: {there} of {declared} frames are there",
        where=where,
        remedy="copy it again from its source",
    )


def _header(file: BinaryIO, size: int) -> tuple[int, int, int, int, int, int]:
    """Return code, channels, rate, bytes per sample, where the samples begin and how many bytes they are said to fill.

    Raises ValueError or struct.error for what is no such file.
    """
    riff, _, form = struct.unpack("<4sI4s", file.read(12))
    if riff != b"RIFF" or form != b"WAVE":
        raise ValueError("it does not begin with RIFF and WAVE")
    form_found: tuple[int, int, int, int] | None = None
    for _ in range(_MOST_CHUNKS):
        name, length = struct.unpack("<4sI", file.read(8))
        begin = file.tell()
        if name == b"fmt ":
            form_found = _form(file.read(min(length, 40)))
        if name == b"data":
            if form_found is None:
                raise ValueError("its samples come before their format")
            return (*form_found, begin, size - begin if length == _UNKNOWN_LENGTH else length)
        # Chunks begin at even places.
        file.seek(begin + length + length % 2)
    raise ValueError("it holds no samples")


def _form(chunk: bytes) -> tuple[int, int, int, int]:
    code, channels, rate_hz, _, align, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE:
        code, rest = struct.unpack_from("<H14s", chunk, 24)
        if rest != _SUBFORMAT:
            raise ValueError("its samples are of an unknown kind")
    if code not in _WIDTHS:
        raise ValueError(f"its samples are of kind {code}, not PCM")
    if not channels or not align or align % channels:
        raise ValueError("it has no whole samples")
    width = align // channels
    if width not in _WIDTHS[code] or not 1 <= bits <= 8 * width:
        raise ValueError(f"samples of {bits} bits in {width} bytes")
    return code, channels, rate_hz, width


def _as_float(octets: np.ndarray[tuple[int, int], np.dtype[np.uint8]], code: int) -> Samples:
    """Return samples, given as one row of bytes each, as floats; what is no number is silence."""
    width = octets.shape[1]
    if code == _FLOAT:
        values = np.nan_to_num(octets.view("<f4" if width == 4 else "<f8")[:, 0].astype(np.float64), nan=0.0)
        return np.clip(values, -1.0, 1.0).astype(np.float32)
    if width == 1:
        return (octets[:, 0].astype(np.float32) - 128.0) / 128.0
    if width == 2:
        return octets.view("<i2")[:, 0].astype(np.float32) / 32768.0
    if width == 3:
        wide = np.zeros((octets.shape[0], 4), np.uint8)
        wide[:, 1:] = octets
        octets = wide
    return octets.view("<i4")[:, 0].astype(np.float32) / 2147483648.0
