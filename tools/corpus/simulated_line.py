"""What a telephone line does to a voice: level, band, G.711, lost packets and their concealment, echo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ivr.audio.g711 import Law, through_telephone
from ivr.audio.pcm import Samples
from ivr.audio.resampling import band_pass
from ivr.audio.wav import EAR_HZ

_FRAME = EAR_HZ // 50
_PITCH_MIN, _PITCH_MAX = 40, 120  # samples: 200 Hz to 67 Hz, the range of ITU-T G.711 Appendix I
_FADE_PER_FRAME = 0.5


@dataclass(frozen=True)
class SimulatedLine:
    """`loss` is the share of 20 ms packets that never arrive; they go missing in bursts of `burst` on average."""

    law: Law = "a"
    loss: float = 0.0
    burst: float = 1.5
    level_db: float = 0.0


def through(line: SimulatedLine, samples: Samples, random_: np.random.Generator) -> Samples:
    """Return 8 kHz audio as the far end of `line` hears it; same length."""
    levelled = samples * np.float32(10 ** (line.level_db / 20))
    coded = through_telephone(np.clip(levelled, -1, 1).astype(np.float32), line.law)
    return concealed(coded, lost_frames(coded.size, line, random_)) if line.loss else coded


def lost_frames(size: int, line: SimulatedLine, random_: np.random.Generator) -> list[int]:
    """Return the numbers of the packets that get lost: a Gilbert model with the line's share and burst length."""
    stop = 1 / line.burst
    start = stop * line.loss / max(1e-9, 1 - line.loss)
    lost, gone = [], False
    for number in range(size // _FRAME):
        gone = random_.random() < ((1 - stop) if gone else start)
        if gone:
            lost.append(number)
    return lost


def concealed(samples: Samples, lost: list[int]) -> Samples:
    """Return `samples` with each lost packet replaced by the last pitch period before it, ever more softly.

    After the manner of ITU-T G.711 Appendix I, without its overlap-add at the seams.
    """
    out = samples.copy()
    fade, previous = 1.0, -2
    for number in lost:
        fade = fade * _FADE_PER_FRAME if number == previous + 1 else 1.0
        previous, at = number, number * _FRAME
        known = out[max(0, at - 3 * _PITCH_MAX) : at]
        period = _pitch(known)
        piece = np.resize(known[-period:], _FRAME) if known.size >= period else np.zeros(_FRAME, np.float32)
        out[at : at + _FRAME] = piece * np.float32(fade)
    return out


def _pitch(known: Samples) -> int:
    """Return the lag at which the end of `known` resembles itself most."""
    if known.size < 2 * _PITCH_MAX:
        return _PITCH_MAX
    tail = known[-_PITCH_MAX:]
    best, found = -np.inf, _PITCH_MAX
    for lag in range(_PITCH_MIN, _PITCH_MAX + 1):
        earlier = known[known.size - _PITCH_MAX - lag : known.size - lag]
        likeness = float(np.dot(tail, earlier)) / (float(np.linalg.norm(earlier)) + 1e-6)
        if likeness > best:
            best, found = likeness, lag
    return found


def echo(prompt: Samples, size: int, *, delay_ms: int, loss_db: float) -> Samples:
    """Return what of the prompt that is playing comes back from the caller's telephone, `size` samples of it."""
    late = np.concatenate([np.zeros(delay_ms * EAR_HZ // 1000, np.float32), prompt])[:size]
    heard = band_pass(np.pad(late, (0, size - late.size)), EAR_HZ, 300, 2400)
    return heard * np.float32(10 ** (-loss_db / 20))
