"""Sounds that are not the caller: line noise, a room, a kitchen, other voices, music, tones. Seeded by `random_`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ivr.audio.pcm import Samples
from ivr.audio.resampling import band_pass
from ivr.audio.wav import EAR_HZ

_NOTES_HZ = (262, 294, 330, 349, 392, 440, 494, 523)
_DTMF_HZ = ((697, 770, 852, 941), (1209, 1336, 1477))


def white(size: int, random_: np.random.Generator) -> Samples:
    """Hiss of a line: the same power at every frequency."""
    return random_.standard_normal(size).astype(np.float32)


def pink(size: int, random_: np.random.Generator) -> Samples:
    """Noise of a street or a fan: power falls with frequency."""
    spectrum = np.fft.rfft(random_.standard_normal(size))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1.0))
    return np.fft.irfft(spectrum, size).astype(np.float32)


def household(size: int, random_: np.random.Generator) -> Samples:
    """Dishes over a running tap: short ringing strokes, two or three each second, on a soft hiss."""
    sound = pink(size, random_) * np.float32(0.15)
    for _ in range(int(size / EAR_HZ * 2.5) + 1):
        at = int(random_.integers(0, max(1, size - 1)))
        length = min(size - at, int(EAR_HZ * random_.uniform(0.08, 0.3)))
        time = np.arange(length) / EAR_HZ
        stroke = np.zeros(length)
        for _ in range(4):
            stroke += np.sin(2 * np.pi * random_.uniform(600, 3300) * time) * random_.uniform(0.2, 1.0)
        sound[at : at + length] += (stroke * np.exp(-time * random_.uniform(15, 60))).astype(np.float32)
    return sound


def babble(size: int, voices: Sequence[Samples], random_: np.random.Generator) -> Samples:
    """Other people in the room: `voices` looped from random places and laid over each other."""
    mixed = np.zeros(size, np.float32)
    for voice in voices:
        start = int(random_.integers(0, voice.size))
        mixed += np.resize(np.roll(voice, -start), size) / max(float(rms(voice)), 1e-6)
    return mixed


def music(size: int, random_: np.random.Generator) -> Samples:
    """A plain tune with harmonics, for machines without recorded hold music."""
    sound, at = np.zeros(size, np.float32), 0
    while at < size:
        length = min(size - at, int(EAR_HZ * random_.choice((0.2, 0.3, 0.45))))
        time, note = np.arange(length) / EAR_HZ, float(random_.choice(_NOTES_HZ))
        tone = sum(np.sin(2 * np.pi * note * k * time) / k for k in (1, 2, 3, 4))
        sound[at : at + length] = (tone * np.exp(-3 * time)).astype(np.float32)
        at += length
    return sound


def excerpt(recorded: Samples, size: int, random_: np.random.Generator) -> Samples:
    """`size` samples of a recording from a random place, looped when it is short."""
    start = int(random_.integers(0, max(1, recorded.size)))
    return np.resize(np.roll(recorded, -start), size)


def dtmf(size: int, random_: np.random.Generator) -> Samples:
    """Keys pressed one after the other: 120 ms of two tones, 180 ms of nothing."""
    time = np.arange(EAR_HZ * 3 // 25) / EAR_HZ
    sound = np.zeros(size, np.float32)
    for at in range(0, max(0, size - time.size), EAR_HZ * 3 // 10):
        low, high = random_.choice(_DTMF_HZ[0]), random_.choice(_DTMF_HZ[1])
        both = np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)
        sound[at : at + time.size] = (0.3 * both).astype(np.float32)
    return sound


def ringback(size: int) -> Samples:
    """France's ringing tone: 440 Hz, 1.5 s on, 3.5 s off."""
    time = np.arange(size) / EAR_HZ
    return np.where(time % 5 < 1.5, 0.2 * np.sin(2 * np.pi * 440 * time), 0).astype(np.float32)


def fax(size: int) -> Samples:
    """A fax machine that calls (ITU-T T.30 CNG): 1100 Hz, 0.5 s on, 3 s off."""
    time = np.arange(size) / EAR_HZ
    return np.where(time % 3.5 < 0.5, 0.3 * np.sin(2 * np.pi * 1100 * time), 0).astype(np.float32)


def rms(samples: Samples) -> float:
    """Root mean square of what is louder than a fiftieth of the peak, so that pauses do not count."""
    if samples.size == 0:
        return 0.0
    loud = samples[np.abs(samples) > 0.02 * float(np.abs(samples).max())]
    return float(np.sqrt(np.mean(np.square(loud, dtype=np.float64)))) if loud.size else 0.0


def mixed(speech: Samples, noise: Samples, snr_db: float) -> Samples:
    """Return `speech` with `noise` laid under it, `snr_db` below it within the telephone band."""
    limited = band_pass(noise[: speech.size], EAR_HZ, 300, 3400)
    level = float(np.sqrt(np.mean(np.square(limited, dtype=np.float64))))
    wanted = rms(band_pass(speech, EAR_HZ, 300, 3400)) * 10 ** (-snr_db / 20)
    return (speech + limited * np.float32(wanted / max(level, 1e-9))).astype(np.float32)
