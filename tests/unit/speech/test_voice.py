"""The prompt voice: level, silence, determinism, and text made readable."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.audio.pcm import from_pcm
from ivr.errors import SpeechError
from ivr.speech.voice import NanoVoice, readable
from tests.wav import parse_wav


@pytest.mark.parametrize("rate_hz", [8000, 16_000])
def test_speech_has_the_level_of_a_prompt_and_silence_around(rate_hz: int) -> None:
    samples = from_pcm(NanoVoice(rate_hz=rate_hz).say("Cet appel peut être enregistré."))
    edge = rate_hz // 10
    assert not samples[:edge].any()
    assert not samples[-edge:].any()
    assert abs(20 * np.log10(np.sqrt(np.mean(samples[edge:-edge] ** 2))) + 20) < 1.0
    assert np.max(np.abs(samples)) < 10 ** (-3 / 20)


def test_a_prompt_is_the_same_bytes_each_time_and_what_a_caller_says_nearly_so() -> None:
    voice = NanoVoice()
    assert voice.wav("Bonjour.") == voice.wav("Bonjour.")
    first, again = voice.say("Bonjour.").astype(int), voice.say("Bonjour.").astype(int)
    assert np.max(np.abs(first - again)) < 20
    assert np.max(np.abs(first - parse_wav(voice.wav("Bonjour."))[0])) < 20


def test_pitch_and_speed_change_the_voice() -> None:
    first = NanoVoice().say("Bonjour.")
    higher = NanoVoice().say("Bonjour.", pitch=1.3)
    assert higher.size != first.size or np.max(np.abs(higher.astype(int) - first)) > 1000
    assert NanoVoice(speed=0.7).say("Bonjour.").size > first.size


@pytest.mark.parametrize("text", ["", "   ", "…", "«»", "a" * 5000])
def test_nothing_to_say_is_an_error(text: str) -> None:
    with pytest.raises(SpeechError):
        NanoVoice().say(text)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("M. Martin et Mme Dupont", "Monsieur Martin et Madame Dupont"),
        ("l’appel — oui", "l'appel, oui"),
        ("« bonjour »", "bonjour"),
        ("n° 5", "numéro 5"),
        ("12 h 30", "12 heures 30"),
        ("de 9h à 18h", "de 9 heures à 18 heures"),
        ("1 234 €", "1234 euros"),
        ("10 %", "10 pour cent"),
        ("le 1er mai", "le premier mai"),
        ("le 09 72 72 72 72", "le 09, 72, 72, 72, 72"),
        ("Une <break/> balise", "Une break/ balise"),
        ("Écrivez au DPO", "Écrivez au dé pé o"),
    ],
)
def test_text_is_made_readable(written: str, spoken: str) -> None:
    assert readable(written) == spoken


def test_a_wav_of_a_sentence_is_a_wav() -> None:
    assert len(parse_wav(NanoVoice().wav("Au revoir."))) == 1


def test_a_sentence_in_english_follows_the_french_one() -> None:
    voice = NanoVoice()
    french, english = (parse_wav(voice.wav(text))[0] for text in ("Au revoir.", "Bonjour."))
    both = parse_wav(voice.wav("Au revoir.", english="Please press nine."))[0]
    assert np.array_equal(both[: french.size], french)
    assert both.size > french.size + english.size / 2
