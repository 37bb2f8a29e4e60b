"""Peaks of a recording: measured while it is written, kept beside it encrypted, or measured anew from the audio.

The file `<id>.ivr.peaks` is a container like the recording's own (`ivr.recording.container`), of the same data key, but
with `<id> peaks` in the place of the id: so its segments have another key, which goes with the recording's.
Content: `IVP`, a byte 1, a byte with the number of lanes, then lane by lane a byte for each peak.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from ivr.domain.audio.peaks import LOUDEST, PEAK_MS, Peaks
from ivr.recording.codec import Sound
from ivr.recording.container import SegmentWriter, read_prefix

_MAGIC = b"IVP\x01"
_FULL_SCALE = 32_768
#: Measured together: each measurement costs the same, however little it looks at.
_BATCH = 10


class PeakMeter:
    """Takes interleaved PCM16 in any portions; keeps no more than a second of it."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._channels = channels
        self._step_bytes = rate_hz * PEAK_MS // 1000 * 2 * channels
        self._pending = bytearray()
        self._lanes = [bytearray() for _ in range(channels)]

    def add(self, pcm: bytes) -> None:
        self._pending += pcm
        if len(self._pending) >= _BATCH * self._step_bytes:
            self._measure(len(self._pending) // self._step_bytes * self._step_bytes)

    def finish(self) -> Peaks:
        """The last peak may stand for less than `PEAK_MS`."""
        self._pending += bytes(-len(self._pending) % self._step_bytes)
        self._measure(len(self._pending))
        return Peaks(tuple(bytes(lane) for lane in self._lanes))

    def forget(self) -> None:
        self._pending[:] = bytes(len(self._pending))
        self._pending.clear()

    def _measure(self, size: int) -> None:
        if size == 0:
            return
        samples = np.frombuffer(bytes(self._pending[:size]), "<i2").reshape(-1, self._step_bytes // 2)
        loudest = np.abs(samples.astype(np.int32)).reshape(len(samples), -1, self._channels).max(axis=1, initial=0)
        scaled = np.rint(np.sqrt(loudest / _FULL_SCALE) * LOUDEST).astype(np.uint8)
        for lane, column in zip(self._lanes, scaled.T, strict=True):
            lane.extend(column.tobytes())
        self._pending[:size] = bytes(size)
        del self._pending[:size]


def measured(pieces: Iterable[Sound]) -> Peaks:
    """The peaks of decoded audio, piece by piece."""
    meter: PeakMeter | None = None
    for piece in pieces:
        meter = meter or PeakMeter(piece.rate_hz, piece.channels)
        meter.add(piece.pcm)
    return meter.finish() if meter else Peaks(())


class PeaksWriter:
    """Peaks of a recording on its way to the disk. What fails here costs a later measurement, never the recording."""

    def __init__(
        self,
        path: Path,
        data_key: bytes | bytearray,
        recording_id: str,
        *,
        rate_hz: int,
        channels: int,
        random: Callable[[int], bytes],
    ) -> None:
        self._path = path
        self._sealed = bytearray()
        self._cipher = SegmentWriter(self._sealed.extend, data_key, _named(recording_id), random=random)
        self._meter = PeakMeter(rate_hz, channels)
        self.add = self._meter.add

    def publish(self) -> None:
        """Write the file, which nobody sees half-written; without one, peaks are measured when they are asked for."""
        peaks = self._meter.finish()
        self._cipher.write(_MAGIC + bytes((len(peaks.lanes),)) + b"".join(peaks.lanes))
        self._cipher.finish()
        fresh = self._path.with_name(self._path.name + ".new")
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
            try:
                with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
                    file.write(self._sealed)
                fresh.rename(self._path)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise

    def forget(self) -> None:
        self._cipher.forget()
        self._meter.forget()


def opened(stored: bytes, data_key: bytes | bytearray, recording_id: str) -> Peaks | None:
    """The peaks in a file's bytes; None when it was cut or changed, or is not of this key."""
    plain, whole = read_prefix(io.BytesIO(stored), data_key, _named(recording_id))
    head = len(_MAGIC) + 1
    if not whole or plain[: len(_MAGIC)] != _MAGIC or len(plain) < head:
        return None
    lanes = plain[len(_MAGIC)]
    each = (len(plain) - head) // lanes if lanes else 0
    return Peaks(tuple(plain[head + at * each : head + (at + 1) * each] for at in range(lanes)))


def _named(recording_id: str) -> str:
    return f"{recording_id} peaks"
