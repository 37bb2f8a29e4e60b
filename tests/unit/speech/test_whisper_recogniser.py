"""The real model on telephone speech. One load for the module."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ivr.audio.g711 import through_telephone
from ivr.audio.pcm import from_pcm
from ivr.audio.resampling import resample
from ivr.domain.hearing.verdict import Band, Comprehension, Label
from ivr.errors import HostError, SpeechError
from ivr.services.ports.hearing import ListenContext
from ivr.speech.adaptation import Adaptation
from ivr.speech.ear import EarJudge
from ivr.speech.model import LEAN, ModelSettings, join_model
from ivr.speech.recogniser import UNMEASURED
from ivr.speech.tokens import FrenchTokens
from ivr.speech.vocabulary_pruning import write_lean
from ivr.speech.voice import NanoVoice
from ivr.speech.whisper_recogniser import DecodingSettings, WhisperRecogniser
from tests.fakes.telephone import not_voice, speech_of, spoken, spoken_abroad
from tests.fakes.understanding import KeywordUnderstanding
from tests.wav import parse_wav

pytestmark = pytest.mark.ear

_OBJECTION = "Je m'oppose à l'enregistrement de cet appel."


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("model")
    join_model(path)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def transcriber(directory: Path) -> WhisperRecogniser:
    return WhisperRecogniser(ModelSettings(directory, workers=1))


def _at_16_khz(samples: np.ndarray) -> np.ndarray:
    return resample(samples, 8000, 16_000)


@pytest.mark.parametrize("pitch", [0.9, 1.0, 1.2])
def test_an_objection_over_the_telephone_is_written_down(transcriber: WhisperRecogniser, pitch: float) -> None:
    transcript = transcriber.transcribe(_at_16_khz(spoken(_OBJECTION, pitch=pitch)))
    assert any("enregistr" in hypothesis.text or "oppose" in hypothesis.text for hypothesis in transcript.hypotheses)
    assert all(hypothesis.logprob <= 0 for hypothesis in transcript.hypotheses)
    assert len({hypothesis.text for hypothesis in transcript.hypotheses}) == len(transcript.hypotheses)


def test_the_objecting_words_are_placed_in_time(transcriber: WhisperRecogniser) -> None:
    before = spoken("Bonjour madame, je vous appelle pour mon remboursement.")
    transcript = transcriber.transcribe(_at_16_khz(np.concatenate([before, spoken(_OBJECTION)])))
    text = transcript.hypotheses[0].text
    place = text.find("enregistrement")
    assert place > 0
    times = transcript.times_of(place, place + len("enregistrement"))
    assert times is not None
    assert before.size // 8 < times[0] < times[1] <= before.size // 8 + 2600
    assert text[transcript.tokens[0].start :].startswith("Bonjour")
    assert transcript.times_of(len(text) + 5, len(text) + 9) is None


@pytest.mark.parametrize("name", ["melody", "DTMF", "fax CED", "white noise", "dishes"])
def test_a_sentence_of_the_lead_invented_on_what_is_no_speech_is_refused(
    directory: Path, transcriber: WhisperRecogniser, name: str
) -> None:
    """Silero would stop these; here the transcriber is alone with them."""
    samples = _at_16_khz(not_voice(3.0)[name])
    texts = [hypothesis.text for hypothesis in transcriber.transcribe(samples).hypotheses]
    assert not any("enregistr" in text or "oppose" in text for text in texts)


def test_without_the_check_the_lead_is_invented_so_the_check_is_what_refuses_it(directory: Path) -> None:
    unchecked = DecodingSettings(certain=-99.0)
    transcriber = WhisperRecogniser(ModelSettings(directory, workers=1), unchecked)
    texts = [transcriber.transcribe(_at_16_khz(samples)).hypotheses[0].text for samples in not_voice(3.0).values()]
    assert any("enregistr" in text for text in texts)


@pytest.mark.parametrize("text", ["Merci.", "Au revoir madame.", "Oui bonjour."])
def test_short_unrelated_speech_is_not_turned_into_an_objection(transcriber: WhisperRecogniser, text: str) -> None:
    for hypothesis in transcriber.transcribe(_at_16_khz(spoken(text))).hypotheses:
        assert "enregistr" not in hypothesis.text
        assert "oppose" not in hypothesis.text


def test_decoding_is_bounded_by_the_audio(transcriber: WhisperRecogniser) -> None:
    noise = np.random.default_rng(5).standard_normal(16_000 * 4).astype(np.float32) * np.float32(0.1)
    for hypothesis in transcriber.transcribe(noise).hypotheses:
        assert len(hypothesis.text) < 400


def test_a_piece_too_long_is_refused_and_one_too_short_is_empty(transcriber: WhisperRecogniser) -> None:
    with pytest.raises(SpeechError, match="too long"):
        transcriber.transcribe(np.zeros(16_000 * 31, np.float32))
    assert transcriber.transcribe(np.zeros(0, np.float32)).hypotheses[0].text == ""
    assert transcriber.transcribe(np.zeros(200, np.float32)).hypotheses


def test_a_text_is_borne_out_where_it_was_said_and_another_is_not(transcriber: WhisperRecogniser) -> None:
    before = np.zeros(8000, np.float32)
    piece = transcriber.listen(_at_16_khz(np.concatenate([before, spoken(_OBJECTION)])))
    said, other = (transcriber.align(piece, text) for text in (_OBJECTION, "J'ai perdu ma carte de mutuelle hier."))
    assert said.logprob > -0.6 > -2 > other.logprob
    assert said.tokens[0].start == 0
    assert said.tokens[-1].end == len(_OBJECTION)
    assert said.tokens[-1].start_ms > 2000
    assert np.mean([probability for _, _, probability in said.heard]) > 0.6


@pytest.mark.parametrize("text", ["", "non " * 500])
def test_what_is_empty_or_longer_than_whisper_can_write_has_no_support(
    transcriber: WhisperRecogniser, text: str
) -> None:
    alignment = transcriber.align(transcriber.listen(_at_16_khz(spoken(_OBJECTION))), text)
    assert (alignment.logprob, alignment.tokens, alignment.heard) == (UNMEASURED, (), ())


def test_the_whole_ear_acts_on_an_objection_and_on_nothing_else(directory: Path) -> None:
    ear = EarJudge(ModelSettings(directory, workers=1), understanding=KeywordUnderstanding())
    verdict = ear(speech_of(spoken(_OBJECTION), start_ms=3000, context=ListenContext(want_text=True)))
    assert (verdict.label, verdict.band) == (Label.OBJECTION_RECORDING, Band.ACT)
    assert verdict.onset_ms is not None
    assert 3000 <= verdict.onset_ms < 4000
    assert ear(speech_of(spoken("Je voudrais ma carte de mutuelle."))).band is Band.CLEAR
    for samples in not_voice(2.0).values():
        assert not ear(speech_of(samples)).speech


# ---------------------------------------------------------------- languages


@pytest.mark.parametrize(
    ("language", "voice", "text"),
    [
        ("fr", "", "Je voudrais savoir où en est le remboursement de mes lunettes."),
        ("en", "en-GB", "Good morning, I would like to know when you will pay for my glasses."),
        ("es", "es-ES", "Buenos días, quisiera saber cuándo me van a pagar las gafas."),
        ("de", "de-DE", "Guten Morgen, ich möchte wissen, wann Sie meine Brille bezahlen."),
    ],
)
def test_the_model_says_which_language_it_hears(
    transcriber: WhisperRecogniser, language: str, voice: str, text: str
) -> None:
    line = spoken(text) if language == "fr" else spoken_abroad(text, voice)
    heard = transcriber.transcribe(_at_16_khz(line))
    assert max(heard.languages, key=lambda one: heard.languages[one]) == language
    assert sum(heard.languages.values()) == pytest.approx(1.0, abs=0.01)
    assert heard.language == ("en" if language == "en" else "fr")


@pytest.mark.parametrize(
    "text", ["Please stop recording this call right now.", "I do not want this conversation to be recorded."]
)
def test_an_objection_in_english_is_acted_upon(directory: Path, text: str) -> None:
    ear = EarJudge(ModelSettings(directory, workers=1))
    verdict = ear(speech_of(spoken_abroad(text, "en-GB"), context=ListenContext(want_text=True)))
    assert "record" in verdict.text
    assert (verdict.label, verdict.band) == (Label.OBJECTION_RECORDING, Band.ACT)


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("es-ES", "No quiero que me graben, por favor, dejen de grabar."),
        ("it-IT", "Mi oppongo alla registrazione di questa conversazione."),
        ("de-DE", "Schalten Sie die Aufnahme bitte sofort aus."),
        ("pt", "Proíbo-o de registar aquilo que eu digo."),
        ("ar", "لا أقبل أن تحتفظوا بهذه المحادثة."),
    ],
)
def test_an_objection_in_another_language_is_not_understood(directory: Path, voice: str, text: str) -> None:
    verdict = EarJudge(ModelSettings(directory, workers=1))(speech_of(spoken_abroad(text, voice)))
    assert (verdict.band, verdict.comprehension) == (Band.CLEAR, Comprehension.FOREIGN)


def test_french_on_a_bad_line_is_understood(directory: Path) -> None:
    ear = EarJudge(ModelSettings(directory, workers=1))
    for number, text in enumerate(("Ma fille a besoin de nouvelles lunettes.", "Je n'ai pas reçu ma carte.")):
        line = spoken(text)
        noise = np.random.default_rng(number).standard_normal(line.size).astype(np.float32)
        loud = np.float32(0.3) * np.float32(np.sqrt(np.mean(np.square(line))))
        assert ear(speech_of(through_telephone(line + loud * noise))).understood


def test_what_a_lean_model_keeps_for_english_alone_may_not_stand_in_french(directory: Path, whole: Path) -> None:
    lean = FrenchTokens(directory / LEAN)
    english = {lean.decode([token]) for token in lean.not_french}
    assert {" recording", " without", " please"} <= english
    assert not {" pas", " enregist", " votre"} & english
    assert FrenchTokens(whole).not_french == []


# ---------------------------------------------------------------- the lean copy


@pytest.fixture(scope="module")
def whole(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The model without its lean copy."""
    path = tmp_path_factory.mktemp("whole")
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (path / name).symlink_to(directory / name)
    yield path
    shutil.rmtree(path)


def test_the_lean_copy_before_it_is_adapted_hears_what_the_whole_model_hears(whole: Path, tmp_path: Path) -> None:
    """Beam search may settle ties differently: the two agree on a reading and on how likely it is."""
    write_lean(whole, tmp_path, Adaptation({}))
    transcriber = WhisperRecogniser(ModelSettings(tmp_path, workers=1))
    other, voice = WhisperRecogniser(ModelSettings(whole, workers=1)), NanoVoice()
    for text in (_OBJECTION, "Je ne veux pas être enregistré.", "Bonjour, c'est pour mon remboursement."):
        line = through_telephone(from_pcm(parse_wav(voice.wav(text))[0]))
        lean, full = (one.transcribe(_at_16_khz(line)).hypotheses for one in (transcriber, other))
        read = [{"".join(re.findall(r"\w", h.text.lower())) for h in hypotheses} for hypotheses in (lean, full)]
        assert read[0] & read[1]
        assert abs(lean[0].logprob - full[0].logprob) < 0.15


def test_a_directory_as_model_hubs_lay_it_out_loads_the_same_way(whole: Path, tmp_path: Path) -> None:
    """vocabulary.txt instead of .json, and a preprocessor file: the layout of published CTranslate2 conversions."""
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).symlink_to((whole / name).resolve())
    words = json.loads((whole / "vocabulary.json").read_text())
    (tmp_path / "vocabulary.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"feature_size": 80}))
    line = _at_16_khz(spoken(_OBJECTION))
    texts = [
        WhisperRecogniser(ModelSettings(directory, device="cpu", workers=1)).transcribe(line).hypotheses[0].text
        for directory in (whole, tmp_path)
    ]
    assert texts[0] == texts[1]
    assert "enregistrement" in texts[0]


def test_tokens_a_lean_model_lacks_are_spelled_in_bytes_and_read_back(directory: Path, whole: Path) -> None:
    lean, full = FrenchTokens(directory / LEAN), FrenchTokens(whole)
    for text in (" Je m'oppose à l'enregistrement.", " Здравствуйте 你好 ẞ €", " 1 850578 006"):
        assert lean.decode(lean.encode(text)) == full.decode(full.encode(text)) == text
    assert max(lean.encode(" Здравствуйте 你好")) < lean.eot < full.eot
    assert lean.lean
    assert not full.lean


def test_a_damaged_or_missing_lean_copy_is_made_again_and_a_good_one_left_alone(directory: Path) -> None:
    assert join_model(directory) == []
    (directory / LEAN / "config.json").write_text("{}")
    assert join_model(directory) == [LEAN]
    assert join_model(directory) == []


def test_a_copy_of_another_version_is_refused_and_not_used_in_silence(directory: Path, tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (tmp_path / name).symlink_to((directory / name).resolve())
    write_lean(directory, tmp_path / LEAN, Adaptation({}))
    with pytest.raises(HostError, match="another version"):
        WhisperRecogniser(ModelSettings(tmp_path))


def test_a_model_of_another_kind_gets_no_lean_copy(directory: Path, tmp_path: Path) -> None:
    for name in ("config.json", "vocabulary.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((directory / name).read_bytes())
    for content in (b"", b"\x05\0\0\0", (directory / LEAN / "model.bin").read_bytes()):
        (tmp_path / "model.bin").write_bytes(content)
        with pytest.raises(HostError):
            write_lean(tmp_path, tmp_path / "lean")
        assert not (tmp_path / "lean" / "model.bin").exists()
