"""Change of sampling rate and band-pass filtering with windowed-sinc filters."""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np
import numpy.typing as npt

from ivr.audio.pcm import Samples

_ZERO_CROSSINGS = 16
_KAISER_BETA = 8.6  # about 85 dB of stop-band
_BLOCK = 65_536


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Return mono `samples` at `to_hz`, of ceil(len * to_hz / from_hz) samples, without delay.

    Frequencies above half the lower rate are filtered out. Raises ValueError for a rate that is not positive.
    """
    resampler = Resampler(from_hz, to_hz)
    return np.concatenate([resampler.feed(samples), resampler.finish()])


class Resampler:
    """The same for samples that come block by block; what it gives does not depend on where the blocks end."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        """Raises ValueError for a rate that is not positive."""
        if from_hz <= 0 or to_hz <= 0:
            raise ValueError(f"sampling rates must be positive, not {from_hz} and {to_hz}")
        divisor = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // divisor, from_hz // divisor
        self._phases, self._reach = _polyphase(self._up, self._down)
        self._same = from_hz == to_hz
        # Input from `_at` on, counted with the silence that is put before the first sample.
        self._held = np.zeros(self._reach, dtype=np.float32)
        self._at = 0
        self._taken = 0
        self._given = 0

    def feed(self, samples: Samples) -> Samples:
        """Take the next samples; return those of the new rate that no later ones can change."""
        if self._same:
            return samples.astype(np.float32, copy=True)
        self._taken += samples.size
        self._held = np.concatenate([self._held, samples.astype(np.float32)])
        last = self._at + self._held.size - self._phases.shape[1]
        return self._until(max(self._given, ((last + 1) * self._up - 1) // self._down + 1))

    def finish(self) -> Samples:
        """Return the rest: silence follows the last sample."""
        if self._same:
            return np.empty(0, dtype=np.float32)
        self._held = np.pad(self._held, (0, self._reach + self._phases.shape[1]))
        return self._until(-(-self._taken * self._up // self._down))

    def _until(self, end: int) -> Samples:
        out = np.empty(end - self._given, dtype=np.float32)
        if out.size:
            windows = np.lib.stride_tricks.sliding_window_view(self._held, self._phases.shape[1])
            for begin in range(self._given, end, _BLOCK):
                position = np.arange(begin, min(begin + _BLOCK, end), dtype=np.int64) * self._down
                rows = windows[position // self._up - self._at]
                place = begin - self._given
                np.einsum("ij,ij->i", rows, self._phases[position % self._up], out=out[place : place + position.size])
            self._given = end
            spare = min(end * self._down // self._up - self._at, self._held.size)
            self._held, self._at = self._held[spare:].copy(), self._at + spare
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
