"""What callers say in these tests: spoken French, and noise that no two windows of which are alike."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.audio.g711 import alaw_decode, coded
from ivr.audio.pcm import from_pcm, to_pcm
from ivr.audio.resampling import resample
from ivr.audio.wav import EAR_HZ, wav_bytes
from ivr.speech.voice import NanoVoice

LINE_HZ = 8000
Pcm = npt.NDArray[np.int16]


def write_wav(path: Path, pcm: Pcm) -> Path:
    path.write_bytes(wav_bytes(pcm, LINE_HZ))
    return path


def noise(seconds: float, seed: int) -> Pcm:
    """Random A-law codewords, decoded: a G.711 line carries them without changing a bit."""
    codewords = np.random.default_rng(seed).integers(0, 256, int(seconds * LINE_HZ), dtype=np.uint8)
    return alaw_decode(codewords)


def speech(text: str, *, pause_s: float = 0.6) -> Pcm:
    """A spoken sentence and a pause, made of A-law's values so that a G.711 line carries it unchanged."""
    spoken = np.concatenate([_spoken(text), np.zeros(int(pause_s * LINE_HZ), np.int16)])
    return coded(spoken)


@lru_cache(maxsize=32)
def _spoken(text: str) -> Pcm:
    return to_pcm(resample(from_pcm(NanoVoice(rate_hz=EAR_HZ).say(text)), EAR_HZ, LINE_HZ))
