"""Which recogniser is loaded, and what it gets from the packaged Whisper."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.errors import HostError
from ivr.speech.forced_alignment import AlignedRecogniser
from ivr.speech.model import ModelSettings, join_model
from ivr.speech.onnx_recogniser import OnnxRecogniser
from ivr.speech.recogniser import Abilities
from ivr.speech.recogniser_kinds import load_recogniser
from ivr.speech.whisper_recogniser import WhisperRecogniser
from tests.speech_models import write_tone_speller

pytestmark = pytest.mark.ear


def test_each_kind_is_loaded_and_an_onnx_one_is_aligned_by_the_packaged_whisper(tmp_path: Path) -> None:
    join_model(tmp_path / "base")
    tones = write_tone_speller(tmp_path / "tones")
    everything = Abilities(languages=True, support=True, times=True, at_once=2)
    whisper = load_recogniser(ModelSettings(tmp_path / "base"))
    alone = load_recogniser(ModelSettings(tones, kind="onnx"))
    aligned = load_recogniser(ModelSettings(tones, compute_type="float32", kind="onnx", aligner=tmp_path / "base"))
    assert isinstance(whisper, WhisperRecogniser)
    assert isinstance(alone, OnnxRecogniser)
    assert isinstance(aligned, AlignedRecogniser)
    assert whisper.abilities == aligned.abilities == everything
    with pytest.raises(HostError, match="no speech model here"):
        load_recogniser(ModelSettings(tones, kind="onnx", aligner=tmp_path / "nowhere"))
