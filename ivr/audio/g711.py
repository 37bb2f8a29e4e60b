"""G.711 A-law and µ-law, exact to the tables of ITU-T G.711, and the 300–3400 Hz telephone band.

Recordings are stored as A-law when asked; tests, benchmarks and the corpus make audio sound as after a call. Live calls
are decoded by the SIP stack.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from ivr.audio.pcm import Pcm, Samples, from_pcm, to_pcm
from ivr.audio.resampling import band_pass

Law = Literal["a", "u"]
Octets = npt.NDArray[np.uint8]

_ULAW_BIAS = 33 << 2
_ULAW_CLIP = 32635


def alaw_decode(octets: Octets) -> Pcm:
    """Return PCM16 (13 significant bits, left-justified) of A-law octets with even bits inverted."""
    return _ALAW_TABLE[octets]


def alaw_encode(pcm: Pcm) -> Octets:
    """Return the A-law octet of each PCM16 sample."""
    return _ALAW_OCTETS[pcm.view(np.uint16)]


def ulaw_decode(octets: Octets) -> Pcm:
    """Return PCM16 (14 significant bits, left-justified) of µ-law octets, all bits inverted."""
    return _ULAW_TABLE[octets]


def ulaw_encode(pcm: Pcm) -> Octets:
    """Return the µ-law octet of each PCM16 sample."""
    return _ULAW_OCTETS[pcm.view(np.uint16)]


def coded(pcm: Pcm, law: Law = "a") -> Pcm:
    """Return what the far end of a G.711 call gets of these samples."""
    return alaw_decode(alaw_encode(pcm)) if law == "a" else ulaw_decode(ulaw_encode(pcm))


def through_telephone(samples: Samples, law: Law = "a", *, band: bool = True) -> Samples:
    """Return 8 kHz audio (floats in -1..1) as the far end of a G.711 call hears it."""
    limited = band_pass(samples, 8000, 300, 3400) if band else samples
    return from_pcm(coded(to_pcm(limited), law))


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


def _alaw_octets(pcm: Pcm) -> Octets:
    # G.711 works on 13 bits in sign and magnitude; -1 - x keeps the two zero codes apart.
    value = pcm.astype(np.int32) >> 3
    negative = value < 0
    magnitude = np.where(negative, -1 - value, value)
    segment = np.maximum(_bit_length(magnitude) - 5, 0)
    mantissa = (magnitude >> np.maximum(segment, 1)) & 0x0F
    code = (segment << 4) | mantissa
    return (np.where(negative, code, code | 0x80) ^ 0x55).astype(np.uint8)


def _ulaw_octets(pcm: Pcm) -> Octets:
    value = pcm.astype(np.int32)
    magnitude = np.minimum(np.abs(value), _ULAW_CLIP) + _ULAW_BIAS
    segment = _bit_length(magnitude) - 8
    code = (segment << 4) | ((magnitude >> (segment + 3)) & 0x0F)
    return (~np.where(value < 0, code | 0x80, code)).astype(np.uint8)


_ALAW_TABLE, _ULAW_TABLE = _alaw_table(), _ulaw_table()
#: By the sample as an unsigned number.
_EVERY_SAMPLE = np.arange(65536).astype(np.uint16).view(np.int16)
_ALAW_OCTETS, _ULAW_OCTETS = _alaw_octets(_EVERY_SAMPLE), _ulaw_octets(_EVERY_SAMPLE)
