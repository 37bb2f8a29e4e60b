"""What every recogniser promises, whichever it is: port Adapter (ivr/speech/recogniser.py), on real speech."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import pytest

from ivr.audio.pcm import Samples, from_pcm, to_pcm
from ivr.audio.resampling import resample
from ivr.domain.hearing.verdict import Band, Verdict
from ivr.errors import SpeechError
from ivr.speech.forced_alignment import AlignedRecogniser
from ivr.speech.judge import Judge
from ivr.speech.model import ModelSettings, join_model
from ivr.speech.recogniser import ENGLISH, FRENCH, RECOGNISER_HZ, UNMEASURED, Abilities, Adapter, Transcript
from ivr.speech.recogniser_kinds import load_recogniser
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.silero import Silero
from ivr.speech.whisper_recogniser import WhisperRecogniser
from tests.fakes.telephone import not_voice, speech_of, spoken, spoken_abroad
from tests.speech_models import write_onnx_whisper, write_wide_whisper

pytestmark = pytest.mark.ear

_QUESTION = "Bonjour, je voudrais savoir où en est le remboursement de mes lunettes."
_OBJECTION = "Je m'oppose à l'enregistrement de cet appel."
_HARMLESS = "J'ai perdu mes lunettes hier soir."
_ENGLISH = "I have lost my insurance card and I would like a new one."
_SPANISH = "No quiero que me graben, por favor, dejen de grabar esta llamada."
_CARD = "Ma carte bancaire, c'est le 4970 1012 3456 7890."

#: `onnx` tells nothing but words; `aligned` is the same beside Whisper, as a house has it.
KINDS = ("whisper", "wide", "onnx", "aligned")


class _Once:
    """Writes down each piece once: the suite asks for the same sentences again and again."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter, self._lock = adapter, threading.Lock()
        self._known: dict[tuple[bytes, bool, str | None], Transcript] = {}

    @property
    def abilities(self) -> Abilities:
        return self._adapter.abilities

    def transcribe(self, samples: Samples, *, partial: bool = False, language: str | None = None) -> Transcript:
        key = samples.tobytes(), partial, language
        with self._lock:
            if key not in self._known:
                self._known[key] = self._adapter.transcribe(samples, partial=partial, language=language)
            return self._known[key]

    def anew(self) -> Adapter:
        return self._adapter


@pytest.fixture(scope="module")
def recognisers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, _Once]]:
    folder = tmp_path_factory.mktemp("models")
    base = folder / "base"
    join_model(base)
    whisper = WhisperRecogniser(ModelSettings(base))
    onnx = _Once(load_recogniser(ModelSettings(write_onnx_whisper(base, folder / "onnx"), kind="onnx")))
    yield {
        "whisper": _Once(whisper),
        "wide": _Once(load_recogniser(ModelSettings(write_wide_whisper(base, folder / "wide")))),
        "onnx": onnx,
        "aligned": _Once(AlignedRecogniser(onnx, whisper)),
    }
    shutil.rmtree(folder)


@pytest.fixture(params=KINDS)
def recogniser(request: pytest.FixtureRequest, recognisers: dict[str, _Once]) -> _Once:
    return recognisers[request.param]


@lru_cache(maxsize=8)
def _line(text: str, voice: str = "") -> Samples:
    return spoken(text) if not voice else spoken_abroad(text, voice)


def _heard(recogniser: Adapter, line: Samples, language: str | None = None) -> Transcript:
    """As the ear hears it: from the samples of a line."""
    samples = resample(from_pcm(to_pcm(line)), 8000, RECOGNISER_HZ)
    return recogniser.transcribe(samples, language=language)


def _judged(recogniser: Adapter, line: Samples) -> Verdict:
    return Judge(Silero().voiced, recogniser, TwoReaders.load()).judge(speech_of(line))


def test_french_is_written_down_and_what_it_cannot_tell_it_says_it_cannot(recogniser: _Once) -> None:
    line, can = _line(_QUESTION), recogniser.abilities
    heard = _heard(recogniser, line)
    best = heard.hypotheses[0]
    assert {"remboursement", "lunettes", "voudrais"} <= set(best.text.lower().strip(".?! ").split())
    assert best.text == best.text.strip()
    assert heard.language == FRENCH
    assert heard.supported is can.support
    if can.support:
        assert all(UNMEASURED < hypothesis.logprob <= 0 for hypothesis in heard.hypotheses)
        assert best.heard
        assert all(0 <= at < until <= len(best.text) and 0 <= p <= 1 for at, until, p in best.heard)
    else:
        assert {(hypothesis.logprob, hypothesis.heard) for hypothesis in heard.hypotheses} == {(UNMEASURED, ())}
        assert heard.logprob is None
    assert bool(heard.languages) is can.languages
    if can.languages:
        assert max(heard.languages, key=heard.languages.__getitem__) == FRENCH
        assert sum(heard.languages.values()) == pytest.approx(1.0, abs=0.01)


def test_words_are_placed_where_they_were_said_or_nowhere(recogniser: _Once) -> None:
    before = np.zeros(8000, np.float32)
    heard = _heard(recogniser, np.concatenate([before, _line(_QUESTION)]))
    text, length_ms = heard.hypotheses[0].text, 1000 + _line(_QUESTION).size // 8
    last = text.index("lunettes")
    if not recogniser.abilities.times:
        assert heard.tokens == ()
        assert heard.times_of(last, len(text)) is None
        return
    assert [token.start for token in heard.tokens] == sorted({token.start for token in heard.tokens})
    assert all(0 <= token.start_ms <= token.end_ms <= length_ms + 100 for token in heard.tokens)
    placed = heard.times_of(last, last + len("lunettes"))
    assert placed is not None
    assert length_ms - 1200 < placed[0] < length_ms - 200
    first = heard.times_of(text.index("voudrais"), text.index("voudrais") + 8)
    assert first is not None
    assert 1200 < first[0] < first[1] < placed[0]


def test_it_writes_down_the_language_that_it_is_told(recogniser: _Once) -> None:
    heard = _heard(recogniser, _line(_ENGLISH, "en-GB"), ENGLISH)
    assert heard.language == ENGLISH
    assert {"lost", "insurance", "card"} <= set(heard.hypotheses[0].text.lower().replace(",", "").split())


def test_a_piece_too_long_is_refused_and_one_too_short_is_empty(recogniser: _Once) -> None:
    with pytest.raises(SpeechError, match="too long"):
        recogniser.transcribe(np.zeros(30 * RECOGNISER_HZ, np.float32))
    for size in (0, 160, 1599):
        assert [one.text for one in recogniser.transcribe(np.zeros(size, np.float32)).hypotheses] == [""]


def test_what_is_no_speech_has_little_support_or_none(recogniser: _Once) -> None:
    heard = _heard(recogniser, not_voice(2.0)["white noise"])
    assert heard.hypotheses
    assert heard.logprob is None or heard.logprob < -0.8


def test_several_at_once_are_written_down_as_one_after_the_other(recogniser: _Once) -> None:
    lines = [_line(_QUESTION), _line(_OBJECTION)]
    alone = [_heard(recogniser, line).hypotheses[0].text for line in lines]
    with ThreadPoolExecutor(recogniser.abilities.at_once) as pool:
        heard = pool.map(lambda line: _heard(recogniser.anew(), line), lines)
        together = [one.hypotheses[0].text for one in heard]
    assert recogniser.abilities.at_once == 2
    assert together == alone


# ---------------------------------------------------------------- what the ear makes of it


def test_an_objection_is_never_stored(recogniser: _Once) -> None:
    verdict = _judged(recogniser, _line(_OBJECTION))
    assert verdict.understood is recogniser.abilities.support
    assert verdict.band is not Band.CLEAR or not verdict.understood


def test_a_harmless_question_is_stored_by_a_recogniser_that_can_bear_it_out_alone(recogniser: _Once) -> None:
    verdict = _judged(recogniser, _line(_QUESTION))
    assert verdict.band is Band.CLEAR
    assert verdict.understood is recogniser.abilities.support


def test_an_objection_in_a_language_that_is_not_understood_is_never_stored(recogniser: _Once) -> None:
    assert not _judged(recogniser, _line(_SPANISH, "es-ES")).understood


def test_a_card_number_is_masked_where_it_is_said_and_whole_without_times(recogniser: _Once) -> None:
    before = np.concatenate([_line(_HARMLESS), np.zeros(2400, np.float32)])
    verdict = _judged(recogniser, np.concatenate([before, _line(_CARD)]))
    length_ms = (before.size + _line(_CARD).size) // 8
    start = min(span.start for span in verdict.sensitive)
    end = max(span.end for span in verdict.sensitive)
    if recogniser.abilities.times:
        assert before.size // 8 < start < before.size // 8 + 2500
        assert end > length_ms - 600
    else:
        assert (start, end) == (0, length_ms)
