"""Samples: 16-bit numbers as they are carried and stored, floats as they are computed with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]
Samples = npt.NDArray[np.float32]


def to_pcm(samples: Samples) -> Pcm:
    """Return floats in -1..1 as PCM16, clipped."""
    return np.clip(np.round(samples * 32768.0), -32768, 32767).astype(np.int16)


def from_pcm(pcm: bytes | Pcm) -> Samples:
    """Return PCM16 (little-endian when bytes) as floats in -1..1; an odd last byte is ignored."""
    if isinstance(pcm, bytes):
        pcm = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(np.int16)
    return pcm.astype(np.float32) / np.float32(32768.0)
