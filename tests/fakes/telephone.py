"""Audio as a call brings it: the prompt voice through the telephone band, and things that are no voice."""

from __future__ import annotations

import subprocess

import numpy as np
from py_nanotts import NanoTTS

from ivr.audio.g711 import through_telephone
from ivr.audio.pcm import Samples, from_pcm, to_pcm
from ivr.audio.resampling import resample
from ivr.audio.wav import EAR_HZ
from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.cleared_mark import Piece
from ivr.services.ports.hearing import ListenContext, Speech
from ivr.speech.voice import NanoVoice

_VOICE = NanoVoice()
_WAV_HEADER = 44


def spoken(text: str, *, pitch: float = 1.0, speed: float = 1.0, gain_db: float = 0.0) -> Samples:
    """Return 8 kHz floats of a caller who says `text` over A-law."""
    samples = from_pcm(_VOICE.say(text, pitch=pitch, speed=speed)) * np.float32(10 ** (gain_db / 20))
    return through_telephone(samples.astype(np.float32))


def spoken_abroad(text: str, voice: str) -> Samples:
    """Return 8 kHz floats of a caller who says `text` over A-law, in the language of a voice.

    A voice like "en-GB" is of nanotts, which has English, German, Italian and Spanish; one like "pt" is of espeak-ng.
    """
    if "-" in voice:
        raw, rate_hz = NanoTTS().speak(text, voice=voice), 16_000
    else:
        order = ["espeak-ng", "-v", voice, "-s", "155", "--stdout", text]
        raw = subprocess.run(order, capture_output=True, timeout=60, check=True).stdout[_WAV_HEADER:]
        rate_hz = 22_050
    speech = resample(np.frombuffer(raw, dtype="<i2").astype(np.float32) / np.float32(32768.0), rate_hz, EAR_HZ)
    speech *= np.float32(0.1 / max(1e-9, float(np.sqrt(np.mean(np.square(speech))))))
    silence = np.zeros(EAR_HZ // 10, np.float32)
    return through_telephone(np.clip(np.concatenate([silence, speech, silence]), -1, 1).astype(np.float32))


def not_voice(length_s: float = 4.0) -> dict[str, Samples]:
    """Return 8 kHz floats of what a line carries besides voices, by name; the same every time."""
    t = np.arange(int(EAR_HZ * length_s)) / EAR_HZ
    noise = np.random.default_rng(7).standard_normal((4, t.size))

    def tone(*hz: float, level: float = 0.3) -> np.ndarray:
        tones: np.ndarray = np.sum([np.sin(2 * np.pi * f * t) for f in hz], axis=0)
        return level * tones / len(hz)

    notes = (262, 330, 392, 523, 440, 349)
    melody = np.concatenate(
        [
            np.sum([np.sin(2 * np.pi * hz * k * t[:2000]) / k**2 for k in (1, 2, 3, 4)], axis=0) * np.exp(-6 * t[:2000])
            for hz in np.resize(notes, t.size // 2000 + 1)
        ]
    )[: t.size]
    dishes = np.zeros(t.size)
    for index, start in enumerate(range(1500, t.size - 2500, 5200)):
        clang = np.sum([np.sin(2 * np.pi * f * t[:2400]) for f in (1900 + 90 * index, 2750, 3200)], axis=0)
        ring = np.exp(-35 * t[:2400]) * clang
        dishes[start : start + 2400] += 0.2 * ring
    raw = {
        "silence": np.zeros(t.size),
        "white noise": 0.05 * noise[0],
        "brown noise": 0.02 * np.cumsum(noise[1]) / 10,
        "DTMF": tone(770, 1336) * (t % 0.2 < 0.1),
        "ringback": tone(440) * (t % 5 < 1.5),
        "busy": tone(440) * (t % 1 < 0.5),
        "fax CNG": tone(1100) * (t % 3.5 < 0.5),
        "fax CED": tone(2100),
        "melody": 0.25 * melody,
        "dishes": dishes,
    }
    return {name: through_telephone(samples.astype(np.float32)) for name, samples in raw.items()}


def speech_of(
    samples: Samples,
    *,
    start_ms: int = 0,
    final: bool = True,
    piece_id: int = 1,
    call_id: str = "call-1",
    context: ListenContext | None = None,
    deadline_s: float = 30.0,
) -> Speech:
    """Return `samples` (8 kHz) as a piece for the ear, its length cut to whole milliseconds."""
    length_ms = samples.size * 1000 // EAR_HZ
    piece = Piece(piece_id, Channel.CALLER, start_ms, start_ms + length_ms, final)
    pcm = to_pcm(samples[: length_ms * EAR_HZ // 1000]).astype("<i2").tobytes()
    return Speech(call_id, piece, pcm, context or ListenContext(), deadline_s)
