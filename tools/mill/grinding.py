"""From a sentence to the recogniser's transcripts of it: a voice, a line, and the ear's own Whisper."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ivr.audio.pcm import Pcm, Samples, from_pcm, to_pcm
from ivr.audio.resampling import resample
from ivr.audio.wav import EAR_HZ
from ivr.domain.hearing.cleared_mark import HearingSettings
from ivr.domain.hearing.verdict import Label
from ivr.errors import IvrError
from ivr.speech.recogniser import RECOGNISER_HZ, Recogniser
from ivr.speech.voice import NanoVoice, readable
from tools.corpus.builder import BYSTANDERS
from tools.corpus.callers import Callers, Speaker
from tools.mill.sentences import Grist

_SETTINGS = HearingSettings()
_ESPEAK = ("fr-fr", "fr-fr+f2", "fr-fr+f4", "fr-fr+m3", "fr-fr+m7", "fr-be", "fr-ch")
_ESPEAK_HZ, _WAV_HEADER = 22_050, 44
# How much is said by the second voice where it is installed, and how much harmless speech is also cut off mid-way.
_SECOND_VOICE, _CUT = 0.15, 0.35


@dataclass(frozen=True)
class Ground:
    """One transcript. `partial`: the speaker was cut off, as the ear hears them every 700 ms.

    `hypotheses` are the recogniser's, best first: text, mean log probability, whether the domain led it.
    """

    number: int
    said: str
    label: str
    group: str
    source: str
    held_out: bool
    voice: str
    partial: bool
    hypotheses: list[tuple[str, float, bool]]

    def row(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Clip:
    """What is to be transcribed: 8 kHz as the line brings it."""

    number: int
    grist: Grist
    voice: str
    partial: bool
    samples: Samples


class Speakers:
    """Says grist over telephone lines. Not for several threads: the synthetic voice is one."""

    def __init__(self, seed: int, songs: Sequence[Samples] = ()) -> None:
        self._seed = seed
        self._nano = NanoVoice()
        others = [from_pcm(self._nano.say(text, pitch=0.8 + 0.15 * n)) for n, text in enumerate(BYSTANDERS)]
        self._callers = Callers(others, songs)
        self._espeak = shutil.which("espeak-ng")

    def clips(self, number: int, grist: Grist) -> list[Clip]:
        """Return the sentence as its caller's line brings it, and perhaps its beginning alone; [] when nobody can."""
        random_ = np.random.default_rng([self._seed, number])
        second = self._espeak is not None and random_.random() < _SECOND_VOICE
        speaker = self._second(str(random_.choice(_ESPEAK))) if second else self._first
        voice = "espeak-ng" if second else "nanotts"
        try:
            speech = self._callers.said(grist.text, speaker, random_)
        except IvrError:
            return []
        longest = _SETTINGS.piece_max_ms * EAR_HZ // 1000
        opposes = grist.label in (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT)
        if speech.size > longest and opposes:
            return []
        heard = self._callers.over_a_line(speech[:longest], random_)
        found = [Clip(number, grist, voice, False, heard)]
        least = _SETTINGS.partial_min_ms * EAR_HZ // 1000
        if not opposes and heard.size > 2 * least and random_.random() < _CUT:
            found.append(Clip(number, grist, voice, True, heard[: int(random_.integers(least, heard.size))]))
        return found

    def _first(self, text: str, pitch: float, speed: float) -> Pcm:
        return self._nano.say(text, pitch=pitch, speed=speed)

    def _second(self, name: str) -> Speaker:
        def say(text: str, pitch: float, speed: float) -> Pcm:
            order = [str(self._espeak), "-v", name, "-p", str(int(50 * pitch)), "-s", str(int(150 * speed)), "--stdout"]
            done = subprocess.run(order, input=readable(text).encode(), capture_output=True, timeout=60, check=True)
            # A pipe cannot be rewound: the header of what comes through it claims a length of its own.
            raw = np.frombuffer(done.stdout[_WAV_HEADER:], dtype="<i2").astype(np.float32)
            loud = resample(raw, _ESPEAK_HZ, EAR_HZ)
            return to_pcm(loud * np.float32(0.3 / max(float(np.abs(loud).max()), 1e-4)))

        return say


def ground(clip: Clip, transcriber: Recogniser) -> Ground:
    """Return what the recogniser writes of the clip; raises SpeechError when it cannot."""
    heard = transcriber.transcribe(resample(clip.samples, EAR_HZ, RECOGNISER_HZ), partial=clip.partial)
    grist = clip.grist
    return Ground(
        clip.number,
        grist.text,
        grist.label.value,
        grist.group,
        grist.source,
        grist.held_out,
        clip.voice,
        clip.partial,
        [(one.text, round(one.logprob, 3), one.prompted) for one in heard.hypotheses],
    )
