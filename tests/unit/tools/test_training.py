"""Training: reproducible to the byte, from data alone; a damaged model says so."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import ConfigurationError, SpeechError
from ivr.speech.intent.concepts import LEXICON
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.weights import SHIPPED, load, save
from tools.corpus.sentences import digest, expand, read_corpus
from tools.training.__main__ import CORPUS, train

SMALL = """
## objection_recording refuse train
Je refuse l'enregistrement.
Pas d'enregistrement.
## objection_recording stop dev
Arrêtez l'enregistrement.
## refusal_contact calls train
Ne m'appelez plus.
## question_recording why train
Pourquoi vous enregistrez ?
## none business train
Bonjour, c'est pour un remboursement.
Je refuse ce devis.
## none accept dev
Vous pouvez enregistrer.
"""


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "free").mkdir(parents=True)
    (folder / "free" / "small.txt").write_text(SMALL, encoding="utf-8")
    return folder


def test_training_twice_gives_the_same_bytes(small_corpus: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    train(small_corpus, first)
    train(small_corpus, second)
    assert first.read_bytes() == second.read_bytes()


def test_provenance_names_the_corpus_and_the_model(small_corpus: Path, tmp_path: Path) -> None:
    model_file = tmp_path / "model.npz"
    train(small_corpus, model_file)
    written = json.loads(model_file.with_suffix(".json").read_text(encoding="utf-8"))
    assert written["corpus_sha256"] == digest(small_corpus)
    assert written["model_sha256"] == hashlib.sha256(model_file.read_bytes()).hexdigest()


def test_the_shipped_model_was_trained_from_this_corpus_and_lexicon() -> None:
    written = json.loads(SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))
    assert written["model_sha256"] == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    assert written["corpus_sha256"] == digest(CORPUS)
    assert written["lexicon_sha256"] == hashlib.sha256(LEXICON.read_bytes()).hexdigest()


def test_the_shipped_model_is_small() -> None:
    assert SHIPPED.stat().st_size < 2_000_000


def test_every_meaning_lies_wholly_in_one_split_and_no_test_sentence_is_trained_on() -> None:
    sentences = read_corpus(CORPUS)
    splits: dict[str, set[str]] = {}
    for sentence in sentences:
        splits.setdefault(sentence.meaning, set()).add(sentence.split)
    assert {meaning: where for meaning, where in splits.items() if len(where) > 1} == {}
    trained = {s.text.casefold() for s in sentences if s.split == "train"}
    assert not [s.text for s in sentences if s.split == "test" and s.text.casefold() in trained]
    assert len(sentences) >= 3000


@pytest.mark.parametrize("damage", ["absent", "empty", "text", "cut", "shape", "nan"])
def test_a_damaged_model_file_is_a_speech_error_that_says_how_to_mend_it(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "model.npz"
    whole = SHIPPED.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_text("not a model")
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "shape":
        np.savez(path, format=np.array(1), table=np.zeros((2, 4)), bias=np.zeros(4), sharpness=np.array(1.0))
    elif damage == "nan":
        weights = load(SHIPPED)
        weights.table[0, 0] = np.nan
        save(weights, path)
    with pytest.raises(SpeechError, match=r"tools\.training"):
        IntentModel.load(path)


def test_a_grammar_pattern_chooses_and_nests() -> None:
    import random

    found = {expand("{A} (b|c(d|e))", {"A": ["a"]}, random.Random(seed)) for seed in range(40)}
    assert found == {"a b", "a cd", "a ce"}


def test_an_unbalanced_pattern_is_refused() -> None:
    import random

    with pytest.raises(ConfigurationError, match="never closed"):
        expand("a (b|c", {}, random.Random(0))


def test_a_sentence_without_heading_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "free").mkdir()
    (tmp_path / "free" / "x.txt").write_text("Bonjour.\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"x\.txt:1"):
        read_corpus(tmp_path)


def test_an_empty_corpus_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"seed\.jsonl"):
        read_corpus(tmp_path)
