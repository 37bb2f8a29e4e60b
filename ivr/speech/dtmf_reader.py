"""Reads the DTMF digits that a party plays as tones (ITU-T Q.23), where its telephone sends them no other way.

It is as strict as the detector that silences them (`ivr.speech.dtmf_detector`) is generous: what it reads acts like a
key, and speech or music may never object. So both tones must stand alone and in balance, without a break, for 60 ms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ivr.domain.recording.dtmf_masks import PlayedDtmf
from ivr.speech.dtmf_detector import HOP, KEYPAD, PER_MS, WINDOW, Floats, measure

#: Windows of 20 ms, each 5 ms after the last, that lie wholly in 60 ms.
_RUN = 9
#: A DTMF digit is let go when its tones have fallen to this part of their energy for so many windows (45 ms): a lost
#: packet inside a press is less, and who talks over it does not end it.
_LEFT = 0.1
_RELEASED = 9
#: How much of a window's energy must be in the two tones.
_PURE = 0.9
#: Q.24 asks for 4 dB (high tone louder) and 8 dB (low tone louder).
_HIGH_DB, _LOW_DB = 6.0, 9.0
#: About -40 dBm0: a DTMF digit that is played for us is louder, one that leaks in from elsewhere is not.
_WEAKEST_RMS = 230.0


class CleanDtmfReader:
    """Port DtmfReader. One per party."""

    def __init__(self) -> None:
        self._tail = np.zeros(0, dtype=np.float32)
        self._next_ms = 0
        self._pair = -1
        self._run = 0
        self._other = 0
        self._reported = False
        self._level = 0.0

    def feed(self, at_ms: int, frames: Sequence[bytes]) -> tuple[PlayedDtmf, ...]:
        """Take consecutive frames of PCM16 mono 8 kHz that begin at `at_ms`; return the digits that became certain."""
        pcm = np.frombuffer(b"".join(frames), dtype="<i2").astype(np.float32)
        if at_ms != self._next_ms:
            # A hole is not the end of a press, and no part of one.
            self._tail, self._run = self._tail[:0], 0
        self._next_ms = at_ms + pcm.size // PER_MS
        heard = np.concatenate([self._tail, pcm])
        count = max(0, (heard.size - WINDOW) // HOP + 1)
        first_ms = self._next_ms - heard.size // PER_MS
        self._tail = heard[count * HOP :]
        if not count:
            return ()
        tones, energy = measure(heard, count)
        low, high = tones[:, 0].max(axis=1), tones[:, 1].max(axis=1)
        clean = low + high > _PURE * energy
        clean &= energy > WINDOW * _WEAKEST_RMS**2
        clean &= (high < low * 10 ** (_HIGH_DB / 10)) & (low < high * 10 ** (_LOW_DB / 10))
        if self._pair < 0 and not clean.any():
            return ()
        rows, columns = tones[:, 0].argmax(axis=1), tones[:, 1].argmax(axis=1)
        found: list[PlayedDtmf] = []
        for at in range(count):
            level = float(low[at] + high[at])
            if not clean[at]:
                self._miss(tones[at])
            elif self._hit(int(rows[at]) * 4 + int(columns[at]), level):
                start_ms = first_ms + (at - _RUN + 1) * HOP // PER_MS
                found.append(PlayedDtmf(KEYPAD[self._pair], start_ms))
        return tuple(found)

    def _miss(self, tones: Floats) -> None:
        """Take a window that is not clean: the DTMF digit may be let go, or somebody talks over it."""
        self._run = 0
        if self._pair < 0:
            return
        left = tones[0, self._pair // 4] + tones[1, self._pair % 4]
        self._other = 0 if left > _LEFT * self._level else self._other + 1
        if self._other >= _RELEASED:
            self._pair = -1

    def _hit(self, pair: int, level: float) -> bool:
        """Take a clean window; return whether it makes a press certain."""
        if pair != self._pair:
            self._pair, self._run, self._reported = pair, 0, False
        self._other, self._level = 0, level
        self._run += 1
        if self._reported or self._run < _RUN:
            return False
        self._reported = True
        return True
