"""A prompt: a WAV file held in memory as 20 ms frames, so that the media clock never waits for a disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ivr.audio.pcm import to_pcm
from ivr.audio.resampling import resample
from ivr.audio.wav_source import open_wav
from ivr.domain.audio.frame import FRAME_MS
from ivr.errors import ArchiveError, ConfigurationError

RATES_HZ = (8000, 16000)
_REMEDY = "give a mono 16-bit PCM WAV at 8000 or 16000 Hz"


@dataclass(frozen=True)
class PromptFrames:
    """20 ms frames of PCM16 mono at `rate_hz`; the last one is padded with silence.

    `duration_ms` is the length of the file itself, without that padding.
    """

    path: Path
    frames: Sequence[bytes]
    rate_hz: int
    duration_ms: int


def load_prompt(path: Path, rate_hz: int) -> PromptFrames:
    """Read a WAV file (mono PCM16, 8 or 16 kHz) and bring it to `rate_hz`; remembered until the file changes.

    Raises ConfigurationError when it is missing, unreadable, empty or of another format.
    """
    try:
        stamp = path.stat()
    except OSError as failure:
        raise _unusable(path, f"prompt cannot be read: {failure.strerror}", "put the file there") from failure
    return _load(path, rate_hz, stamp.st_mtime_ns, stamp.st_size)


def heard_ms(prompt: PromptFrames, frames_sent: int) -> int:
    """Return how many milliseconds of the file itself were in the frames sent (looping counts every round)."""
    rounds, rest = divmod(frames_sent, len(prompt.frames))
    return rounds * prompt.duration_ms + min(rest * FRAME_MS, prompt.duration_ms)


@lru_cache(maxsize=64)
def _load(path: Path, rate_hz: int, _mtime_ns: int, _size: int) -> PromptFrames:
    try:
        source = open_wav(path)
        samples = np.concatenate(list(source.channel(0)))
    except ArchiveError as failure:
        raise _unusable(path, failure.what, _REMEDY) from failure
    channels, bits, source_hz = source.channels, 8 * source.width, source.rate_hz
    if channels != 1 or bits != 16 or source_hz not in RATES_HZ:
        raise _unusable(path, f"prompt has {channels} channel(s), {bits} bits, {source_hz} Hz", _REMEDY)
    duration_ms = -(-samples.size * 1000 // source_hz)
    data = to_pcm(resample(samples, source_hz, rate_hz)).astype("<i2").tobytes()
    size = rate_hz * FRAME_MS // 1000 * 2
    frames = tuple(data[at : at + size].ljust(size, b"\0") for at in range(0, len(data), size))
    return PromptFrames(path=path, frames=frames, rate_hz=rate_hz, duration_ms=duration_ms)


def _unusable(path: Path, what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(what, file=str(path), remedy=remedy)
