"""A whole call in which the caller dictates a NIR and a card number: whoever transcribes the export finds neither."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from ivr.audio.pcm import from_pcm
from ivr.audio.resampling import resample
from ivr.audio.wav import read_wav
from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.spoken_digits import digit_runs
from ivr.speech.model import ModelSettings
from ivr.speech.recogniser import RECOGNISER_HZ
from ivr.speech.whisper_recogniser import WhisperRecogniser
from ivr_demo.softphone_process import SoftphoneProcess
from tests.integration.house import House, Serving, run
from tests.integration.sounds import LINE_HZ, Pcm, speech, write_wav

pytestmark = [pytest.mark.sip, pytest.mark.ear]

# 1 85 07 75 123 456 08, in one go; 4970 1012 3456 7893, in four groups with a breath between them.
_NIR = (
    "Mon numéro de sécurité sociale, c'est le un, quatre-vingt-cinq, zéro sept, soixante-quinze, cent vingt-trois, "
    "quatre cent cinquante-six, clé zéro huit."
)
# The ear hears this voice's "soixante-dix-huit" as other words: the last group of a number must go even so.
_CARD = (
    "quarante-neuf, soixante-dix",
    "dix, douze",
    "trente-quatre, cinquante-six",
    "soixante-dix-huit, quatre-vingt-treize",
)
_DIGITS = ("1850775123456", "4970101234567893")
_WINDOW_S, _STEP_S = 12, 8
_RUN = 4  # so many digits in a row are a piece of a number, not "le dix-sept"


def _said() -> Pcm:
    """What the caller says: harmless speech lies further from a number than a mask reaches (3 s before, 2 s after)."""
    return np.concatenate(
        [
            speech("Bonjour, je voudrais déclarer un changement d'adresse.", pause_s=4.5),
            speech(_NIR, pause_s=4.0),
            speech("Nous avons déménagé à Marseille avec toute la famille.", pause_s=4.5),
            speech("Pour payer, je vous donne ma carte bancaire.", pause_s=1.2),
            *(speech(group, pause_s=1.2) for group in _CARD),
            np.zeros(3 * LINE_HZ, np.int16),
            speech("Notre nouvelle maison est à Bordeaux, près de la gare.", pause_s=1.5),
        ]
    )


def _heard(ear: WhisperRecogniser, pcm: Pcm) -> list[str]:
    """Every hypothesis for every window of `pcm`, windows overlapping."""
    starts = range(0, max(1, len(pcm) - (_WINDOW_S - _STEP_S) * LINE_HZ), _STEP_S * LINE_HZ)
    windows = [pcm[start : start + _WINDOW_S * LINE_HZ] for start in starts]
    return [
        hypothesis.text
        for window in windows
        for hypothesis in ear.transcribe(resample(from_pcm(window), LINE_HZ, RECOGNISER_HZ)).hypotheses
    ]


def _longest_run(text: str) -> int:
    """How many digits stand in a row in `text`, in figures or in words."""
    figures = (len(re.sub(r"\D", "", found)) for found in re.findall(r"\d[\d\s.,-]*", text))
    return max([*figures, *(len(found.text) for found in digit_runs(tokens(text)))], default=0)


def test_no_digit_of_a_dictated_nir_or_card_is_heard_in_the_exported_recording(house: House, tmp_path: Path) -> None:
    said = _said()
    microphone = write_wav(tmp_path / "microphone.wav", said)

    async def call() -> tuple[str, list[object]]:
        async with Serving(house) as serving, SoftphoneProcess() as phone:
            await phone.call(serving.uri)
            await serving.until("prompt.ended", prompt="hotline-menu")
            await phone.speak(microphone)
            await phone.expect("spoke", timeout_s=len(said) / LINE_HZ + 15)
            await phone.hangup()
            report = await serving.until("call.reported")
            assert report["recording_state"] == "SEALED", serving.events
            return str(report["recording_id"]), list(serving.events)

    recording_id, events = run(call())
    copy = house.folder / "copy.wav"
    house.ivr_json("recordings", "export", recording_id, str(copy), "--for", "internal", "--reason", "contrôle")
    shown = house.ivr_json("recordings", "show", recording_id)
    masked = {mask["kind"] for mask in shown["masks"] if mask["channel"] == "caller"}
    assert masked & {"nir", "number"}, shown["masks"]
    assert masked & {"card", "number"}, shown["masks"]

    ear = WhisperRecogniser(ModelSettings(house.model_dir))
    caller, other = read_wav(copy)
    spoken, kept, answered = _heard(ear, said), _heard(ear, caller), _heard(ear, other)
    # The same measure finds both numbers in what was said, or it would prove nothing about what was stored.
    assert max(map(_longest_run, spoken)) >= 13, spoken
    assert [text for text in (*kept, *answered) if _longest_run(text) >= _RUN] == [], shown["masks"]
    # What was said around them is there: it was not a recording of silence that held no digit. A busy machine may
    # cost a word, not a sentence.
    for words in (("changement", "adresse"), ("marseille", "famille"), ("bordeaux", "maison", "gare")):
        for heard in (spoken, kept):
            assert any(word in " ".join(heard).lower() for word in words), (words, heard, shown["masks"])

    told = json.dumps([events, shown], default=str)
    stored = b"".join(path.read_bytes() for path in house.data_dir.rglob("*") if path.is_file())
    for digits in _DIGITS:
        assert digits not in told
        assert digits.encode() not in stored
    house.must_be_whole()
