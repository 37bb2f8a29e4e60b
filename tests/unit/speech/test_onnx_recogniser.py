"""What onnx-asr writes becomes a transcript, words at their places and times; a model of no use is refused by name."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from ivr.audio.pcm import Samples
from ivr.errors import HostError, SpeechError
from ivr.speech.model import ModelSettings
from ivr.speech.onnx_recogniser import OnnxRecogniser, _measured, _placed, _timed, check_onnx_model
from ivr.speech.recogniser import RECOGNISER_HZ, UNMEASURED, Abilities
from tests.speech_models import TONES, write_tone_speller


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tone_speller(tmp_path_factory.mktemp("tones"))


@pytest.fixture(scope="module")
def recogniser(directory: Path) -> OnnxRecogniser:
    return OnnxRecogniser(ModelSettings(directory, workers=3))


def _tones(*parts: tuple[str, int]) -> Samples:
    """Tones of words, "" for silence, each for so many milliseconds, over faint noise."""
    pieces = []
    for word, length_ms in parts:
        t = np.arange(length_ms * RECOGNISER_HZ // 1000) / RECOGNISER_HZ
        pieces.append(0.3 * np.sin(2 * np.pi * TONES[word] * t) if word else np.zeros(t.size))
    line = np.concatenate(pieces)
    return (line + 0.001 * np.random.default_rng(1).standard_normal(line.size)).astype(np.float32)


def test_it_says_what_it_can_tell(recogniser: OnnxRecogniser) -> None:
    assert recogniser.abilities == Abilities(languages=False, support=True, times=True, at_once=3)


def test_each_word_has_its_place_its_time_and_its_probability(recogniser: OnnxRecogniser) -> None:
    heard = recogniser.transcribe(_tones(("", 500), ("non", 500), ("", 1000), ("oui", 500), ("", 500)))
    (best,) = heard.hypotheses
    assert best.text == "non oui"
    assert [(token.start, token.end) for token in heard.tokens] == [(0, 3), (4, 7)]
    for token, said_ms in zip(heard.tokens, (500, 2000), strict=True):
        assert abs(token.start_ms - said_ms) <= 80
    assert [token.end_ms for token in heard.tokens] == [heard.tokens[1].start_ms, 3000]
    assert -1.0 < best.logprob < 0
    assert [(start, end) for start, end, _ in best.heard] == [(0, 3), (4, 7)]
    assert all(0.3 < probability <= 1 for _, _, probability in best.heard)
    assert heard.supported
    assert heard.languages == {}


def test_silence_holds_no_word_and_bears_none_out(recogniser: OnnxRecogniser) -> None:
    heard = recogniser.transcribe(_tones(("", 1000)))
    assert [(one.text, one.logprob) for one in heard.hypotheses] == [("", UNMEASURED)]
    assert heard.tokens == ()


def test_the_model_is_never_asked_about_less_than_it_can_hear(recogniser: OnnxRecogniser) -> None:
    """Of one window of a spectrum onnx-asr makes no number, and then writes the first word that it knows."""
    for size in (0, 160, 320, 1599):
        assert recogniser.transcribe(_tones(("oui", 200))[:size]).hypotheses[0].text == ""


def test_a_failure_tells_its_kind_and_no_words(recogniser: OnnxRecogniser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("je m'oppose")

    monkeypatch.setattr(recogniser._model, "recognize", fail)
    with pytest.raises(SpeechError, match=r"KeyError") as caught:
        recogniser.transcribe(_tones(("oui", 500)))
    assert "oppose" not in str(caught.value)
    assert caught.value.__suppress_context__


# ---------------------------------------------------------------- places


def test_punctuation_and_pieces_of_words_find_their_places() -> None:
    text = "J'ai dit non, merci."
    tokens = [" J", "'", "ai", " di", "t", " non", ",", " ", " merci", "."]
    places = _placed(text, tokens)
    assert [text[place.start : place.end] for place in places] == [token.strip() for token in tokens if token.strip()]
    assert [place.token for place in places] == [0, 1, 2, 3, 4, 5, 6, 8, 9]


@pytest.mark.parametrize("tokens", [[" non"], [" oui", " non"], ["oui", "nn"], []])
def test_where_a_word_is_of_no_token_no_place_is_sure(tokens: list[str]) -> None:
    assert _placed("oui, non", tokens) == ()


def test_times_go_forward_and_end_with_the_piece() -> None:
    times = _timed(_placed("oui non", [" oui", " non"]), [0.5, 9.9], RECOGNISER_HZ)
    assert [(token.start_ms, token.end_ms) for token in times] == [(500, 1000), (1000, 1000)]


@pytest.mark.parametrize("logprobs", [[], [float("nan"), -0.1], [float("-inf"), -0.1]])
def test_a_probability_that_is_no_number_is_none(logprobs: list[float]) -> None:
    assert _measured("oui non", logprobs, _placed("oui non", [" oui", " non"])).logprob == UNMEASURED


def test_a_probability_above_one_is_one() -> None:
    """Canary's decoder may give scores that are no logarithms of probabilities."""
    measured = _measured("oui", [0.4], _placed("oui", [" oui"]))
    assert (measured.logprob, measured.heard) == (0.0, ((0, 3, 1.0),))


# ---------------------------------------------------------------- what cannot be loaded


def _copy(directory: Path, target: Path, *names: str) -> Path:
    for name in names:
        (target / name).write_bytes((directory / name).read_bytes())
    return target


def test_a_directory_that_is_none_of_a_model_is_refused_by_what_it_lacks(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"config.json missing"):
        check_onnx_model(tmp_path / "nowhere")
    for damaged in ("{", "[]"):
        (tmp_path / "config.json").write_text(damaged)
        with pytest.raises(HostError, match="damaged"):
            check_onnx_model(tmp_path)
    _copy(directory, tmp_path, "config.json", "vocab.txt")
    with pytest.raises(HostError, match=r"model.onnx"):
        OnnxRecogniser(ModelSettings(tmp_path))
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(HostError, match="cannot be loaded"):
        OnnxRecogniser(ModelSettings(tmp_path))


@pytest.mark.parametrize(
    ("kind", "words"), [("nemo-conformer-tdtt", "did you mean 'nemo-conformer-tdt'"), (None, "known: "), (7, "known: ")]
)
def test_an_unknown_type_names_the_nearest(tmp_path: Path, kind: object, words: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    with pytest.raises(HostError, match="knows no model of type") as caught:
        check_onnx_model(tmp_path)
    assert words in str(caught.value)


def test_the_int8_graphs_are_taken_where_they_are_wanted_and_there(directory: Path, tmp_path: Path) -> None:
    _copy(directory, tmp_path, "config.json", "vocab.txt", "model.onnx")
    (tmp_path / "model.int8.onnx").write_bytes(b"no graph")
    assert OnnxRecogniser(ModelSettings(tmp_path, compute_type="float32")).abilities.times
    with pytest.raises(HostError, match="cannot be loaded"):
        OnnxRecogniser(ModelSettings(tmp_path, compute_type="int8"))


def test_without_cuda_it_says_so(directory: Path) -> None:
    with pytest.raises(HostError, match="no CUDA"):
        OnnxRecogniser(ModelSettings(directory, device="cuda"))
    assert OnnxRecogniser(ModelSettings(directory, device="auto")).abilities.support


def test_without_the_extra_it_says_what_to_install(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "onnx_asr"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnx_asr", None)
    with pytest.raises(HostError, match=r"ivr\[onnx\]"):
        OnnxRecogniser(ModelSettings(directory))
