"""Finds the tones of DTMF digits in speech: two sines at once (ITU-T Q.23), received as ITU-T Q.24 asks.

It serves to silence them, not to read them: which DTMF digit it was is neither kept nor told. So it is wider than a
receiver in level, twist and frequency, and as strict as one in purity and duration, which is what tells tones from
speech.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ivr.domain.recording.dtmf_masks import Tone

RATE_HZ = 8000
PER_MS = RATE_HZ // 1000
KEYPAD = "123A456B789C*0#D"

_ROWS_HZ = (697.0, 770.0, 852.0, 941.0)
_COLUMNS_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
#: Each tone is looked for at these places around its own: Q.24 has 1.8 % accepted and 3.5 % refused.
_OFFSETS = (-0.016, 0.0, 0.016)
#: Windows of 20 ms, each 5 ms after the last. A tone of 40 ms holds at least four whole ones.
WINDOW = 160
HOP = 40
_RUN = 4
#: How much of a window's energy must be in the two tones, and how much when a DTMF digit is known to be pressed.
_PURE = 0.73
_PURE_WHEN_KEEN = 0.40
#: Level difference between the two that is still a DTMF digit, in dB; Q.24 asks for 4 and 8.
_TWIST_DB = 12.0
#: Weaker audio (about -46 dBm0 for a tone) can hold no tone that a recording would give away.
_WEAKEST_PEAK = 80

Floats = npt.NDArray[np.float32]


def _bank() -> Floats:
    tones = [hz * (1 + offset) for hz in _ROWS_HZ + _COLUMNS_HZ for offset in _OFFSETS]
    phase = 2 * np.pi / RATE_HZ * np.outer(np.arange(WINDOW), tones)
    # What a sine of this frequency leaves in a bin is then its share of the window's energy.
    return np.hstack([np.cos(phase), np.sin(phase)]).astype(np.float32) * np.float32(np.sqrt(2 / WINDOW))


_BANK = _bank()
_COUNT = _BANK.shape[1] // 2


def measure(heard: Floats, count: int) -> tuple[Floats, Floats]:
    """Measure `count` windows of PCM: the energy of each low and high tone, and the whole energy, never quite 0.

    Shapes (count, 2, 4), which is rows and columns of the keypad, and (count,).
    """
    windows = np.lib.stride_tricks.as_strided(
        heard, (count, WINDOW), (heard.strides[0] * HOP, heard.strides[0]), writeable=False
    )
    energy = np.einsum("ij,ij->i", windows, windows) + np.float32(1.0)
    both = np.square(windows @ _BANK)
    return (both[:, :_COUNT] + both[:, _COUNT:]).reshape(count, 2, 4, -1).max(axis=3), energy


class GoertzelToneDetector:
    """Port ToneDetector. One per channel."""

    def __init__(self) -> None:
        self._tail = np.zeros(0, dtype=np.float32)
        self._next_ms = 0
        self._run: list[int] = []
        self._pair = -1

    @property
    def open_ms(self) -> int | None:
        """When something began that more audio may show to be a tone."""
        return self._run[0] if self._run else None

    def feed(self, at_ms: int, frames: Sequence[bytes], *, keen: bool = False) -> tuple[Tone, ...]:
        """Take consecutive frames of PCM16 mono 8 kHz that begin at `at_ms`; return the tones they revealed.

        A tone that goes on is told again with each call, as far as it has come. `keen`: a DTMF digit is known to be
        pressed now, so that what merely resembles a tone for a moment is one.
        """
        found: list[Tone] = []
        if at_ms != self._next_ms:
            found += self.finish()
        pcm = np.frombuffer(b"".join(frames), dtype="<i2")
        self._next_ms = at_ms + pcm.size // PER_MS
        if pcm.size == 0:
            return tuple(found)
        if int(pcm.max()) < _WEAKEST_PEAK and int(pcm.min()) > -_WEAKEST_PEAK:
            found += self._ended()
            self._tail = pcm[-(WINDOW - HOP) :].astype(np.float32)
            return tuple(found)
        heard = np.concatenate([self._tail, pcm.astype(np.float32)])
        count = (heard.size - WINDOW) // HOP + 1
        if count > 0:
            first_ms = self._next_ms - heard.size // PER_MS
            found += self._windows(heard, count, first_ms, keen=keen)
            heard = heard[count * HOP :]
        self._tail = heard
        return tuple(found)

    def finish(self) -> tuple[Tone, ...]:
        """Nothing follows: a tone too short to be sure of is one, since what would have shown it is missing."""
        found = self._ended(sure=True)
        self._tail = self._tail[:0]
        return found

    def _windows(self, heard: Floats, count: int, first_ms: int, *, keen: bool) -> list[Tone]:
        tones, energy = measure(heard, count)
        best, indexes = tones.max(axis=2), tones.argmax(axis=2)
        pure = best.sum(axis=1) > (_PURE_WHEN_KEEN if keen else _PURE) * energy
        if not pure.any():
            return list(self._ended())
        ratio = 10 ** (_TWIST_DB / 10)
        balanced = (best[:, 0] < ratio * best[:, 1]) & (best[:, 1] < ratio * best[:, 0])
        loud = energy > np.float32(WINDOW * (_WEAKEST_PEAK / 2) ** 2)
        found: list[Tone] = []
        for at in range(count):
            if not (pure[at] and balanced[at] and loud[at]):
                found += self._ended()
                continue
            pair = int(indexes[at, 0]) * 4 + int(indexes[at, 1])
            if pair != self._pair:
                found += self._ended()
                self._pair = pair
            start_ms = first_ms + at * HOP // PER_MS
            self._run.append(start_ms)
            if keen and len(self._run) < _RUN:
                found.append(Tone(start_ms, start_ms + WINDOW // PER_MS))
        if len(self._run) >= _RUN:
            found.append(self._tone())
        return found

    def _tone(self) -> Tone:
        return Tone(self._run[0], self._run[-1] + WINDOW // PER_MS)

    def _ended(self, *, sure: bool = False) -> tuple[Tone, ...]:
        found = (self._tone(),) if self._run and (sure or len(self._run) >= _RUN) else ()
        self._run.clear()
        self._pair = -1
        return found
