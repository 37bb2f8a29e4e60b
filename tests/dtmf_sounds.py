"""DTMF as sound (ITU-T Q.23), made for tests; and a measure of their tones that shares no code with ours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]
Signal = npt.NDArray[np.float64]

ROWS_HZ = (697, 770, 852, 941)
COLUMNS_HZ = (1209, 1336, 1477, 1633)
PAD = "123A456B789C*0#D"


def key(
    digit: str,
    ms: float = 80.0,
    *,
    dbfs: float = -20.0,
    twist_db: float = 0.0,
    off: float = 0.0,
) -> Signal:
    """One digit: `dbfs` is the level (RMS) of both tones together, `twist_db` how much louder the high one is,
    `off` by which part of themselves the frequencies are wrong."""
    at = PAD.index(digit)
    t = np.arange(round(ms * 8)) / 8000
    low, high = 10 ** (-twist_db / 40), 10 ** (twist_db / 40)
    sound = low * np.sin(2 * np.pi * ROWS_HZ[at // 4] * (1 + off) * t + 0.3)
    sound += high * np.sin(2 * np.pi * COLUMNS_HZ[at % 4] * (1 + off) * t + 1.1)
    loudness: Signal = sound * 32768 * 10 ** (dbfs / 20) / np.sqrt((low**2 + high**2) / 2)
    return loudness


def typed(digits: str, *, ms: float = 80.0, pause_ms: float = 80.0, dbfs: float = -20.0) -> Signal:
    """Digits one after the other."""
    pause = np.zeros(round(pause_ms * 8))
    return np.concatenate([part for digit in digits for part in (key(digit, ms, dbfs=dbfs), pause)])


def pcm(signal: Signal) -> Pcm:
    return np.clip(np.round(signal), -32768, 32767).astype(np.int16)


def frames(samples: Pcm) -> list[bytes]:
    """Whole 20 ms frames."""
    return [samples[at : at + 160].tobytes() for at in range(0, samples.size // 160 * 160, 160)]


def strongest_dtmf_tone(samples: Pcm) -> float:
    """Return the amplitude of the strongest pair of DTMF tones in any 10 ms, by least squares; 0 without any."""
    t = np.arange(80) / 8000
    strongest = 0.0
    blocks = samples[: samples.size // 80 * 80].reshape(-1, 80).astype(np.float64)
    blocks = blocks[np.abs(blocks).max(axis=1) > 0]
    for row in ROWS_HZ:
        for column in COLUMNS_HZ:
            basis = np.stack([f(2 * np.pi * hz * t) for hz in (row, column) for f in (np.sin, np.cos)], axis=1)
            fit, *_ = np.linalg.lstsq(basis, blocks.T, rcond=None)
            low, high = np.hypot(fit[0], fit[1]), np.hypot(fit[2], fit[3])
            explained = np.square(basis @ fit).sum(axis=0) / np.square(blocks).sum(axis=1)
            pure = explained > 0.9
            if pure.any():
                strongest = max(strongest, float(np.minimum(low, high)[pure].max()))
    return strongest
