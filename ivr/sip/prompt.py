"""A prompt: a WAV file held in memory as 20 ms frames, so that the media clock never waits for a disk."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.errors import ConfigurationError

FRAME_MS = 20
RATES_HZ = (8000, 16000)
_TAPS = 63
_REMEDY = "give a mono 16-bit PCM WAV at 8000 or 16000 Hz"


@dataclass(frozen=True)
class Prompt:
    """20 ms frames of PCM16 mono at `rate_hz`; the last one is padded with silence.

    `duration_ms` is the length of the file itself, without that padding.
    """

    path: Path
    frames: Sequence[bytes]
    rate_hz: int
    duration_ms: int


def load_prompt(path: Path, rate_hz: int) -> Prompt:
    """Read a WAV file (mono PCM16, 8 or 16 kHz) and bring it to `rate_hz`; remembered until the file changes.

    Raises ConfigurationError when it is missing, unreadable, empty or of another format.
    """
    try:
        stamp = path.stat()
    except OSError as failure:
        raise _unusable(path, f"prompt cannot be read: {failure.strerror}", "put the file there") from failure
    return _load(path, rate_hz, stamp.st_mtime_ns, stamp.st_size)


def heard_ms(prompt: Prompt, frames_sent: int) -> int:
    """Return how many milliseconds of the file itself were in the frames sent (looping counts every round)."""
    rounds, rest = divmod(frames_sent, len(prompt.frames))
    return rounds * prompt.duration_ms + min(rest * FRAME_MS, prompt.duration_ms)


@lru_cache(maxsize=64)
def _load(path: Path, rate_hz: int, _mtime_ns: int, _size: int) -> Prompt:
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, source_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            pcm = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as failure:
        raise _unusable(path, f"prompt is not a PCM WAV file: {failure or 'it is cut short'}", _REMEDY) from failure
    if channels != 1 or width != 2 or source_hz not in RATES_HZ:
        raise _unusable(path, f"prompt has {channels} channel(s), {8 * width} bits, {source_hz} Hz", _REMEDY)
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2")
    if not samples.size:
        raise _unusable(path, "prompt holds no audio", _REMEDY)
    duration_ms = -(-samples.size * 1000 // source_hz)
    data = _resample(samples, source_hz, rate_hz).astype("<i2").tobytes()
    size = rate_hz * FRAME_MS // 1000 * 2
    frames = tuple(data[at : at + size].ljust(size, b"\0") for at in range(0, len(data), size))
    return Prompt(path=path, frames=frames, rate_hz=rate_hz, duration_ms=duration_ms)


def _resample(samples: npt.NDArray[np.int16], source_hz: int, rate_hz: int) -> npt.NDArray[np.int16]:
    """Halve or double the rate through a windowed-sinc half-band filter."""
    if source_hz == rate_hz:
        return samples
    at = np.arange(_TAPS) - _TAPS // 2
    kernel = np.sinc(at / 2) * np.hamming(_TAPS)
    kernel /= kernel.sum()
    signal = samples.astype(np.float64)
    if source_hz > rate_hz:
        out = np.convolve(signal, kernel, mode="full")[_TAPS // 2 :][: signal.size][::2]
    else:
        spread = np.zeros(signal.size * 2)
        spread[::2] = signal * 2
        out = np.convolve(spread, kernel, mode="full")[_TAPS // 2 :][: spread.size]
    return np.clip(np.rint(out), -32768, 32767).astype(np.int16)


def _unusable(path: Path, what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(what, file=str(path), remedy=remedy)
