"""WAV files in and out: any rate, width and number of channels becomes 8 kHz PCM16, one array per channel."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ivr.audio.pcm import Pcm, to_pcm
from ivr.audio.resampling import Resampler
from ivr.audio.wav_source import WavSource, open_wav

EAR_HZ = 8000


def read_wav(path: Path, rate_hz: int = EAR_HZ) -> list[Pcm]:
    """Return one PCM16 array at `rate_hz` per channel of the file, all of equal, non-zero length.

    Raises ArchiveError naming the file when it is missing, unreadable, not a PCM WAV, cut short or empty.
    """
    source = open_wav(path)
    return [np.concatenate(list(pcm_blocks(source, number, rate_hz))) for number in range(source.channels)]


def pcm_blocks(source: WavSource, channel: int, rate_hz: int = EAR_HZ) -> Iterator[Pcm]:
    """Yield one channel (from 0) of a file as PCM16 at `rate_hz`, block by block."""
    resampler = Resampler(source.rate_hz, rate_hz)
    for samples in source.channel(channel):
        yield to_pcm(resampler.feed(samples))
    yield to_pcm(resampler.finish())


def wav_bytes(pcm: Pcm | bytes, rate_hz: int = EAR_HZ, channels: int = 1) -> bytes:
    """Return a PCM16 WAV file of interleaved samples (little-endian when bytes)."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm if isinstance(pcm, bytes) else pcm.astype("<i2").tobytes())
    return out.getvalue()
