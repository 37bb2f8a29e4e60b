"""Change of sampling rate and band-pass filtering with windowed-sinc filters."""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

_ZERO_CROSSINGS = 16
_KAISER_BETA = 8.6  # about 85 dB of stop-band
_BLOCK = 65_536


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Return mono `samples` at `to_hz`, of ceil(len * to_hz / from_hz) samples, without delay.

    Frequencies above half the lower rate are filtered out. Raises ValueError for a rate that is not positive.
    """
    if from_hz <= 0 or to_hz <= 0:
        raise ValueError(f"sampling rates must be positive, not {from_hz} and {to_hz}")
    if from_hz == to_hz or samples.size == 0:
        return samples.astype(np.float32, copy=True)
    divisor = gcd(from_hz, to_hz)
    up, down = to_hz // divisor, from_hz // divisor
    phases, reach = _polyphase(up, down)
    taps = phases.shape[1]
    total = -(-samples.size * up // down)
    padded = np.pad(samples.astype(np.float32), (reach, reach + taps))
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps)
    out = np.empty(total, dtype=np.float32)
    for begin in range(0, total, _BLOCK):
        position = np.arange(begin, min(begin + _BLOCK, total), dtype=np.int64) * down
        np.einsum("ij,ij->i", windows[position // up], phases[position % up], out=out[begin : begin + position.size])
    return out


def band_pass(samples: Samples, rate_hz: int, low_hz: float, high_hz: float) -> Samples:
    """Return `samples` with what lies outside [low_hz, high_hz] removed; same length, no delay."""
    if samples.size == 0:
        return samples.astype(np.float32, copy=True)
    kernel = _band_kernel(rate_hz, low_hz, high_hz)
    size = 1 << int(np.ceil(np.log2(samples.size + kernel.size)))
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(kernel, size)
    start = kernel.size // 2
    return np.fft.irfft(spectrum, size)[start : start + samples.size].astype(np.float32)


@lru_cache(maxsize=32)
def _polyphase(up: int, down: int) -> tuple[Samples, int]:
    """Return one kernel per phase, shape (up, taps), and how many input samples it reaches back."""
    cutoff = min(1.0, up / down)
    reach = int(np.ceil(_ZERO_CROSSINGS / cutoff))
    taps = 2 * reach + 1
    # Output n lies between input samples i and i + 1, at a distance of phase / up after i.
    distance = np.arange(taps)[None, :] - reach - np.arange(up)[:, None] / up
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (distance / (reach + 1)) ** 2, 0, 1))) / np.i0(_KAISER_BETA)
    kernel = np.sinc(distance * cutoff * 0.97) * window
    return (kernel / kernel.sum(axis=1, keepdims=True)).astype(np.float32), reach


@lru_cache(maxsize=8)
def _band_kernel(rate_hz: int, low_hz: float, high_hz: float) -> npt.NDArray[np.float64]:
    taps = 2 * (rate_hz // 50) + 1
    n = np.arange(taps) - taps // 2
    high, low = high_hz / rate_hz, low_hz / rate_hz
    kernel: npt.NDArray[np.float64] = (2 * high * np.sinc(2 * high * n) - 2 * low * np.sinc(2 * low * n)) * np.kaiser(
        taps, 6.0
    )
    return kernel
