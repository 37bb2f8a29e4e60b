"""From labelled sentences to telephone audio under named conditions: same sentences, same seed, same calls.

Every clip draws from a generator seeded by the seed, its condition and its sentence, so that adding a sentence
changes no other. The synthetic voice itself breathes (see NanoVoice): a whole run of the same list in a fresh
process gives the same bytes; one clip built alone may differ from it wherever the voice does.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ivr.audio.pcm import Samples, from_pcm
from ivr.domain.hearing.verdict import Label
from ivr.speech.voice import NanoVoice
from tools.corpus.noise import babble, excerpt, household, mixed, music, pink, white
from tools.corpus.simulated_line import SimulatedLine, echo, through
from tools.corpus.turn import TURNS, said

_DISCLOSURE = (
    "Bonjour, et bienvenue. Cet appel est enregistré pour améliorer la qualité de notre service. "
    "Vous pouvez vous y opposer à tout moment, en le disant, ou en appuyant sur la touche neuf."
)
#: What other people in the room say.
BYSTANDERS = (
    "Tu as vu ce qu'ils ont dit à la télévision hier soir, c'est incroyable.",
    "Passe-moi le sel, et puis va chercher ta sœur, on va bientôt manger.",
    "Non mais moi je lui ai dit que ce n'était pas la peine de venir si tôt.",
    "Deux baguettes, un pain aux céréales, et trois croissants pour dimanche.",
)


@dataclass(frozen=True)
class Condition:
    """A line, what sounds under the caller (`noise`, `snr_db` below the voice), and how callers put their sentence.

    `noise` is white, pink, household, babble, music or echo, or "" for none; `turns` are of TURNS, one is drawn.
    """

    name: str
    line: SimulatedLine = field(default_factory=SimulatedLine)
    noise: str = ""
    snr_db: float = 20.0
    turns: tuple[str, ...] = ("plain",)


#: What is measured. "clean" and "white 20 dB" are the conditions of the targets.
CONDITIONS: tuple[Condition, ...] = (
    Condition("clean A-law"),
    Condition("white 20 dB", noise="white"),
    Condition("µ-law, loss 3 %", SimulatedLine("u", loss=0.03)),
    Condition("loss 8 % in bursts", SimulatedLine("a", loss=0.08, burst=2.5)),
    Condition("quiet voice, pink 20 dB", SimulatedLine("a", level_db=-14.0), noise="pink"),
    Condition("babble 15 dB", noise="babble", snr_db=15.0),
    Condition("music 15 dB", noise="music", snr_db=15.0),
    Condition("household 15 dB", noise="household", snr_db=15.0),
    Condition("over the prompt", noise="echo", snr_db=20.0),
    Condition("within longer speech", turns=TURNS[1:]),
)


@dataclass(frozen=True)
class Clip:
    """One call's audio: 8 kHz floats, what is said, what it means, and when the labelled sentence is said."""

    sentence: str
    text: str
    label: Label
    condition: str
    samples: Samples
    start_ms: int
    end_ms: int


class CorpusBuilder:
    """Says sentences over telephone lines. `songs` are recordings of music; without any, a plain tune is made."""

    def __init__(self, seed: int, songs: Sequence[Samples] = ()) -> None:
        self._seed, self._songs = seed, songs
        self._voice = NanoVoice()
        self._prompt = from_pcm(self._voice.say(_DISCLOSURE))
        self._bystanders = [
            from_pcm(self._voice.say(text, pitch=0.8 + 0.15 * number)) for number, text in enumerate(BYSTANDERS)
        ]

    def clip(self, sentence: str, label: Label, condition: Condition) -> Clip:
        """Return `sentence` as one caller says it under `condition`: pitch, pace and level are the caller's own."""
        random_ = np.random.default_rng(
            [self._seed, zlib.crc32(condition.name.encode()), zlib.crc32(sentence.encode())]
        )
        pitch, speed = float(random_.uniform(0.75, 1.35)), float(random_.uniform(0.85, 1.2))
        turn = said(
            sentence,
            str(random_.choice(condition.turns)),
            lambda text: self._voice.say(text, pitch=pitch, speed=speed),
            random_,
        )
        level = np.float32(10 ** (random_.uniform(-6, 3) / 20))
        noisy = self._with_noise(turn.samples * level, condition, random_)
        heard = through(condition.line, noisy, random_)
        return Clip(sentence, turn.text, label, condition.name, heard, turn.start_ms, turn.end_ms)

    def _with_noise(self, speech: Samples, condition: Condition, random_: np.random.Generator) -> Samples:
        size = speech.size
        match condition.noise:
            case "":
                return speech
            case "echo":
                delay_ms = int(random_.integers(60, 160))
                return speech + echo(self._prompt, size, delay_ms=delay_ms, loss_db=condition.snr_db)
            case "white":
                noise = white(size, random_)
            case "pink":
                noise = pink(size, random_)
            case "household":
                noise = household(size, random_)
            case "babble":
                noise = babble(size, self._bystanders, random_)
            case "music":
                song = self._songs[int(random_.integers(len(self._songs)))] if self._songs else music(size, random_)
                noise = excerpt(song, size, random_)
            case unknown:
                raise ValueError(f"no noise is called '{unknown}'")
        return mixed(speech, noise, condition.snr_db)
