"""Who the ear is compared with: plain Whisper with a keyword expression, and the baseline classifier on its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from benchmarks.intent import CORPUS, baseline
from ivr.audio.pcm import Samples
from ivr.audio.resampling import resample
from ivr.audio.wav import EAR_HZ
from ivr.domain.hearing.verdict import Band, Label
from ivr.speech.understanding import Reading
from tools.corpus.sentences import read_corpus

ReadText = Callable[[str], Reading]

_OBJECTS = re.compile(
    r"(oppos|refus|arr[êe]t|coup|pas|sans|stop|d[ée]sactiv)\w*[^.?!]{0,40}enregistr"
    r"|enregistr\w*[^.?!]{0,30}(non|pas|arr[êe]t|refus|oppos)|m'oppose",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"(pas|plus)[^.?!]{0,25}(appel|rappel|contact|int[ée]ress|d[ée]march)|laissez[- ]moi|retirez[- ]moi|n'insistez pas",
    re.IGNORECASE,
)


def keywords(text: str) -> Reading:
    """What a keyword expression makes of a text: it acts or it does not."""
    if _OBJECTS.search(text):
        return Reading(Label.OBJECTION_RECORDING, Band.ACT, 1.0, None, ())
    if _REFUSES.search(text):
        return Reading(Label.REFUSAL_CONTACT, Band.ACT, 1.0, None, ())
    return Reading(Label.NONE, Band.CLEAR, 0.0, None, ())


@cache
def classifier() -> ReadText:
    """The baseline of the intent benchmark, trained on the same sentences as the ear."""
    judge = baseline(read_corpus(CORPUS))
    empty = Reading(Label.NONE, Band.CLEAR, 0.0, None, ())

    def read(text: str) -> Reading:
        return judge(text) if text.strip() else empty

    return read


class PlainWhisper:
    """`faster_whisper.WhisperModel.transcribe` as its documentation shows it: French, beam 5, its own voice filter."""

    def __init__(self, directory: Path, threads: int) -> None:
        self._model = WhisperModel(
            str(directory), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )

    def write(self, samples: Samples) -> str:
        """Return what is said in 8 kHz `samples`."""
        segments, _ = self._model.transcribe(
            resample(np.asarray(samples, np.float32), EAR_HZ, 16_000), language="fr", beam_size=5, vad_filter=True
        )
        return " ".join(segment.text.strip() for segment in segments)
