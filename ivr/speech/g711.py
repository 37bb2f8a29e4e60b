"""G.711 A-law and µ-law, exact to the tables of ITU-T G.711, and the 300–3400 Hz telephone band.

Used to make audio sound as it does after a call: in tests, benchmarks and the speech corpus. Live calls are
decoded by the SIP stack.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from ivr.speech.resampling import Samples, band_pass

Law = Literal["a", "u"]
Octets = npt.NDArray[np.uint8]
Pcm = npt.NDArray[np.int16]

_ULAW_BIAS = 33 << 2
_ULAW_CLIP = 32635


def alaw_decode(octets: Octets) -> Pcm:
    """Return PCM16 (13 significant bits, left-justified) of A-law octets with even bits inverted."""
    return _ALAW_TABLE[octets]


def alaw_encode(pcm: Pcm) -> Octets:
    """Return the A-law octet of each PCM16 sample."""
    # G.711 works on 13 bits in sign and magnitude; -1 - x keeps the two zero codes apart.
    value = pcm.astype(np.int32) >> 3
    negative = value < 0
    magnitude = np.where(negative, -1 - value, value)
    segment = np.maximum(_bit_length(magnitude) - 5, 0)
    mantissa = (magnitude >> np.maximum(segment, 1)) & 0x0F
    code = (segment << 4) | mantissa
    return (np.where(negative, code, code | 0x80) ^ 0x55).astype(np.uint8)


def ulaw_decode(octets: Octets) -> Pcm:
    """Return PCM16 (14 significant bits, left-justified) of µ-law octets, all bits inverted."""
    return _ULAW_TABLE[octets]


def ulaw_encode(pcm: Pcm) -> Octets:
    """Return the µ-law octet of each PCM16 sample."""
    value = pcm.astype(np.int32)
    negative = value < 0
    magnitude = np.minimum(np.abs(value), _ULAW_CLIP) + _ULAW_BIAS
    segment = _bit_length(magnitude) - 8
    mantissa = (magnitude >> (segment + 3)) & 0x0F
    code = (segment << 4) | mantissa
    return (~np.where(negative, code | 0x80, code)).astype(np.uint8)


def through_telephone(samples: Samples, law: Law = "a", *, band: bool = True) -> Samples:
    """Return 8 kHz audio (floats in -1..1) as the far end of a G.711 call hears it."""
    limited = band_pass(samples, 8000, 300, 3400) if band else samples
    pcm = np.clip(np.round(limited * 32768.0), -32768, 32767).astype(np.int16)
    out = alaw_decode(alaw_encode(pcm)) if law == "a" else ulaw_decode(ulaw_encode(pcm))
    return (out / 32768.0).astype(np.float32)


def _bit_length(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return np.frexp(values.astype(np.float64))[1].astype(np.int32)


def _alaw_table() -> Pcm:
    codes = np.arange(256, dtype=np.int32) ^ 0x55
    segment, mantissa = (codes >> 4) & 0x07, codes & 0x0F
    step = (mantissa << 4) + 8
    magnitude = np.where(segment == 0, step, (step + 0x100) << np.maximum(segment - 1, 0))
    return np.where(codes & 0x80, magnitude, -magnitude).astype(np.int16)


def _ulaw_table() -> Pcm:
    codes = ~np.arange(256, dtype=np.int32) & 0xFF
    segment, mantissa = (codes >> 4) & 0x07, codes & 0x0F
    magnitude = (((mantissa << 3) + _ULAW_BIAS) << segment) - _ULAW_BIAS
    return np.where(codes & 0x80, -magnitude, magnitude).astype(np.int16)


_ALAW_TABLE = _alaw_table()
_ULAW_TABLE = _ulaw_table()
