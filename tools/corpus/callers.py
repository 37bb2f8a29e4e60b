"""One synthetic voice made into many callers: pitch, pace, length of the vocal tract, telephone, room and line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ivr.audio.pcm import Pcm, Samples, from_pcm
from ivr.audio.wav import EAR_HZ
from tools.corpus.noise import babble, excerpt, household, mixed, music, pink, rms, white
from tools.corpus.simulated_line import SimulatedLine, through

#: Says a text at a pitch and a speed, both multipliers, as 8 kHz PCM.
Speaker = Callable[[str, float, float], Pcm]


class Callers:
    """Draws a caller for every text, and a line for every caller, from the generator given."""

    def __init__(self, others: Sequence[Samples], songs: Sequence[Samples] = ()) -> None:
        """`others` are voices heard in the room, `songs` recorded music; without any, a plain tune is made."""
        self._others, self._songs = others, songs

    def said(self, text: str, speaker: Speaker, random_: np.random.Generator) -> Samples:
        """Return `text` as one caller says it, with a little silence around it, at a level of its own."""
        tract = float(random_.uniform(0.88, 1.14))
        pitch, pace = float(random_.uniform(0.75, 1.35)), float(random_.uniform(0.8, 1.2) / tract)
        speech = _stretched(from_pcm(speaker(text, pitch, pace)), tract)
        if random_.random() < 0.5:
            speech = _coloured(speech, random_)
        if random_.random() < 0.3:
            speech = _in_a_room(speech, random_)
        before, after = (np.zeros(int(random_.uniform(0.02, 0.4) * EAR_HZ), np.float32) for _ in range(2))
        speech = np.concatenate([before, speech, after])
        level = 0.1 * 10 ** (random_.uniform(-8, 4) / 20)
        return speech * np.float32(level / max(rms(speech), 1e-4))

    def over_a_line(self, speech: Samples, random_: np.random.Generator) -> Samples:
        """Return `speech` with what sounds around the caller, as the far end of a telephone line hears it."""
        size = speech.size
        kind = random_.choice(
            ("", "white", "pink", "household", "babble", "music"), p=(0.22, 0.33, 0.12, 0.10, 0.11, 0.12)
        )
        match kind:
            case "white":
                speech = mixed(speech, white(size, random_), random_.uniform(10, 28))
            case "pink":
                speech = mixed(speech, pink(size, random_), random_.uniform(10, 25))
            case "household":
                speech = mixed(speech, household(size, random_), random_.uniform(8, 22))
            case "babble":
                speech = mixed(speech, babble(size, self._others, random_), random_.uniform(10, 22))
            case "music":
                songs = self._songs
                song = songs[int(random_.integers(len(songs)))] if songs else music(size, random_)
                speech = mixed(speech, excerpt(song, size, random_), random_.uniform(8, 22))
        loss = 0.0 if random_.random() < 0.75 else float(random_.uniform(0.01, 0.08))
        line = SimulatedLine("u" if random_.random() < 0.3 else "a", loss, float(random_.uniform(1, 2.5)))
        return through(line, speech, random_)


def _coloured(speech: Samples, random_: np.random.Generator) -> Samples:
    """Another telephone: the level of each part of the band goes up or down by at most 6 dB."""
    knots_hz = (0, 300, 800, 1600, 2600, 4000)
    gains_db = random_.uniform(-6, 6, len(knots_hz))
    at_hz = np.fft.rfftfreq(speech.size, 1 / EAR_HZ)
    spectrum = np.fft.rfft(speech) * 10 ** (np.interp(at_hz, knots_hz, gains_db) / 20)
    return np.fft.irfft(spectrum, speech.size).astype(np.float32)


def _in_a_room(speech: Samples, random_: np.random.Generator) -> Samples:
    size = int(random_.uniform(0.1, 0.4) * EAR_HZ)
    tail = random_.standard_normal(size) * 10 ** (-3 * np.arange(size) / size)
    tail *= random_.uniform(0.05, 0.25)
    tail[0] = 1.0
    return np.convolve(speech, tail)[: speech.size].astype(np.float32)


def _stretched(speech: Samples, by: float) -> Samples:
    size = int(speech.size / by)
    shorter: Samples = np.interp(np.arange(size) * by, np.arange(speech.size), speech).astype(np.float32)
    return shorter
