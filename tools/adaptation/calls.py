"""The calls that the adaptation learns from: French sentences said by many voices over many lines.

One synthetic voice is all there is offline, so it is made into many: pitch and pace, the length of the vocal tract
(resampling), the telephone's response, the room. No recording of a person is used.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

from ivr.audio.pcm import Samples, from_pcm
from ivr.audio.resampling import resample
from ivr.audio.wav import EAR_HZ
from ivr.errors import SpeechError
from ivr.speech.recogniser import RECOGNISER_HZ
from ivr.speech.voice import NanoVoice
from tools.corpus.builder import BYSTANDERS
from tools.corpus.callers import Callers, Speaker
from tools.corpus.sentences import read_corpus

_ROOT = Path(__file__).parents[2]
_WORDS = Path("/usr/share/dict/french")
_LINKS = "le la les un une des mon ma mes pour avec dans sur et mais que qui est sont il elle je vous ne pas plus très"
#: Frames of 10 ms to which features are cut or padded; few, because each size is compiled on its own.
SIZES = (300, 400, 500, 700, 1050)
_LONGEST_S = 9.0


@dataclass(frozen=True)
class Call:
    """One sentence, and what the encoder is given of it: [80, frames], frames one of SIZES."""

    text: str
    features: np.ndarray


class Sentences:
    """Draws what is said: the corpus without its test parts, questions agents ask, and words in no order.

    The last teach sounds alone: no sentence can be guessed from its beginning.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        corpus = [one for one in read_corpus(_ROOT / "corpus") if one.split != "test"]
        self._all = [one.text for one in corpus]
        self._free = [one.text for one in corpus if one.source != "grammar"]
        asks = (_ROOT / "tests" / "data" / "guard" / "asks_dev.jsonl").read_text(encoding="utf-8").splitlines()
        self._asks = [text for text in (str(json.loads(line)["text"]) for line in asks) if 8 < len(text) < 120]
        words = [word.strip() for word in _WORDS.read_text(encoding="utf-8").splitlines()]
        self._words = [word for word in words if word.isalpha() and word[0].islower() and 3 <= len(word) <= 11]

    def draw(self) -> str:
        kinds: tuple[Sequence[str], ...] = (self._all, self._free, self._asks)
        kind = self._random.choices((0, 1, 2, 3), (34, 38, 16, 12))[0]
        text = (self._random.choice(kinds[kind]) if kind < 3 else self._jumble()).strip()
        text = text[0].upper() + text[1:]
        return text if text[-1] in ".?!…" else f"{text}."

    def _jumble(self) -> str:
        said: list[str] = []
        for _ in range(self._random.randint(2, 5)):
            if self._random.random() < 0.8:
                said.append(self._random.choice(_LINKS.split()))
            said.append(self._random.choice(self._words))
        return " ".join(said)


class Calls:
    """An endless run of calls, the same for the same seed up to the voice's own breath (see NanoVoice)."""

    def __init__(self, seed: int, songs: Sequence[Samples] = ()) -> None:
        self._sentences = Sentences(seed)
        self._random = np.random.default_rng(seed)
        voice = NanoVoice()
        others = [from_pcm(voice.say(text, pitch=0.8 + 0.15 * n)) for n, text in enumerate(BYSTANDERS)]
        self._callers = Callers(others, songs)
        self._speaker: Speaker = lambda text, pitch, speed: voice.say(text, pitch=pitch, speed=speed)
        self._features = FeatureExtractor(feature_size=80)

    def __iter__(self) -> Iterator[Call]:
        while True:
            text = self._sentences.draw()
            try:
                speech = self._callers.said(text, self._speaker, self._random)
            except SpeechError:
                continue
            if not 0.4 < speech.size / EAR_HZ < _LONGEST_S:
                continue
            heard = resample(self._callers.over_a_line(speech, self._random), EAR_HZ, RECOGNISER_HZ)
            size = next(size for size in SIZES if size * 160 >= heard.size)
            padded = np.pad(heard, (0, size * 160 - heard.size))
            yield Call(text, self._features(padded)[:, :size].astype(np.float16))
