"""WAV files in and out: any rate, width and number of channels becomes 8 kHz PCM16, one array per channel."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.errors import ArchiveError
from ivr.speech.resampling import Samples, resample

EAR_HZ = 8000
_LONGEST_S = 4 * 3600
_REMEDY = "give a PCM WAV file, 8 to 32 bits, any rate; convert others with a sound editor first"

Pcm = npt.NDArray[np.int16]


def read_wav(path: Path, rate_hz: int = EAR_HZ) -> list[Pcm]:
    """Return one PCM16 array at `rate_hz` per channel of the file, all of equal, non-zero length.

    Raises ArchiveError naming the file when it is missing, unreadable, not a PCM WAV, cut short or empty.
    """
    try:
        with path.open("rb") as file:
            return parse_wav(file.read(), rate_hz, where=str(path))
    except OSError as error:
        raise ArchiveError(error.strerror or "cannot be read", where=str(path), remedy="check the path") from error


def parse_wav(content: bytes, rate_hz: int = EAR_HZ, *, where: str = "WAV") -> list[Pcm]:
    """The same as `read_wav` for a file that is already in memory."""
    if not content:
        raise ArchiveError("the file is empty", where=where, remedy=_REMEDY)
    try:
        with wave.open(io.BytesIO(content)) as source:
            channels, width, source_hz = source.getnchannels(), source.getsampwidth(), source.getframerate()
            declared = source.getnframes()
            raw = source.readframes(declared)
    except (wave.Error, EOFError, RuntimeError, ValueError) as error:
        raise ArchiveError(f"not a PCM WAV file: {error or 'it ends too soon'}", where=where, remedy=_REMEDY) from error
    if declared == 0:
        raise ArchiveError("the file holds no audio (0 frames)", where=where, remedy=_REMEDY)
    frame_bytes = channels * width
    if len(raw) < declared * frame_bytes:
        raise ArchiveError(
            f"the file is cut short: {len(raw) // frame_bytes} of {declared} frames are there",
            where=where,
            remedy="copy it again from its source",
        )
    if not 1000 <= source_hz <= 768_000:
        raise ArchiveError(f"a sampling rate of {source_hz} Hz makes no sense", where=where, remedy=_REMEDY)
    if declared > _LONGEST_S * source_hz:
        raise ArchiveError(f"longer than {_LONGEST_S // 3600} hours", where=where, remedy="split the file")
    frames = _as_float(raw, width, where).reshape(-1, channels)
    return [to_pcm(resample(np.ascontiguousarray(frames[:, i]), source_hz, rate_hz)) for i in range(channels)]


def wav_bytes(channels: list[Pcm], rate_hz: int = EAR_HZ) -> bytes:
    """Return a PCM16 WAV file holding `channels`, which must be of equal length."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.stack(channels, axis=1).astype("<i2").tobytes())
    return out.getvalue()


def to_pcm(samples: Samples) -> Pcm:
    """Return floats in -1..1 as PCM16, clipped."""
    return np.clip(np.round(samples * 32768.0), -32768, 32767).astype(np.int16)


def from_pcm(pcm: bytes | Pcm) -> Samples:
    """Return PCM16 (little-endian when bytes) as floats in -1..1; an odd last byte is ignored."""
    if isinstance(pcm, bytes):
        pcm = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(np.int16)
    return pcm.astype(np.float32) / np.float32(32768.0)


def _as_float(raw: bytes, width: int, where: str) -> Samples:
    if width == 1:
        return (np.frombuffer(raw, np.uint8).astype(np.float32) - 128.0) / 128.0
    if width == 2:
        return np.frombuffer(raw, "<i2").astype(np.float32) / 32768.0
    if width == 3:
        octets = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int32)
        value = (octets[:, 0] << 8) | (octets[:, 1] << 16) | (octets[:, 2] << 24)
        return value.astype(np.float32) / 2147483648.0
    if width == 4:
        return np.frombuffer(raw, "<i4").astype(np.float32) / 2147483648.0
    raise ArchiveError(f"samples of {8 * width} bits are not supported", where=where, remedy=_REMEDY)
