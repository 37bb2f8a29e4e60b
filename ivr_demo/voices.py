"""What the people of the tour say, spoken by the synthetic voice into a temporary folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ivr.audio.wav import EAR_HZ, wav_bytes
from ivr.speech.voice import NanoVoice


@dataclass(frozen=True)
class SpokenSentence:
    """One thing that is said. `objection_ends_s` is when the objecting words end, seconds from the start."""

    wav: Path
    text: str
    seconds: float
    objection_ends_s: float = 0.0


class Voices:
    """Speaks sentences with one voice per person."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def sentence(self, text: str, *, then: str = "", pitch: float = 1.0, speed: float = 1.0) -> SpokenSentence:
        """Speak `text`, and `then` right after it in the same breath; the objection, if any, is in `text`."""
        voice = NanoVoice(pitch=pitch, speed=speed)
        parts = [voice.say(part) for part in (text, then) if part]
        pcm = np.concatenate(parts)
        self._count += 1
        path = self._folder / f"{self._count}.wav"
        path.write_bytes(wav_bytes(pcm))
        return SpokenSentence(path, f"{text} {then}".strip(), len(pcm) / EAR_HZ, len(parts[0]) / EAR_HZ)
