"""What the doctor says of the recogniser that a house chose."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ivr.bootstrap.installation import _model
from ivr.errors import HostError
from ivr.settings import Settings, load_settings

CONFIG = Path(__file__).resolve().parents[3] / "config"


@pytest.fixture
def whisper(tmp_path: Path) -> Path:
    """The files that a Whisper is known by; nothing loads them here."""
    folder = tmp_path / "config" / ".." / "var" / "models" / "whisper-base"
    folder.mkdir(parents=True)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).touch()
    return folder.resolve()


def _settings(tmp_path: Path, **env: str) -> Settings:
    shutil.copytree(CONFIG, tmp_path / "config", dirs_exist_ok=True)
    return load_settings(tmp_path / "config", env)


def test_the_packaged_whisper_and_one_of_the_house_are_named(tmp_path: Path, whisper: Path) -> None:
    assert _model(_settings(tmp_path)) == f"Whisper : {whisper}"
    large = tmp_path / "large"
    shutil.copytree(whisper, large)
    assert _model(_settings(tmp_path, IVR_EAR__MODEL_DIR=str(large))) == f"Whisper : {large}"
    (large / "tokenizer.json").unlink()
    with pytest.raises(HostError, match=r"tokenizer\.json missing"):
        _model(_settings(tmp_path, IVR_EAR__MODEL_DIR=str(large)))


def test_an_onnx_recogniser_is_named_by_its_type_with_the_whisper_that_aligns_it(tmp_path: Path, whisper: Path) -> None:
    parakeet = tmp_path / "parakeet"
    parakeet.mkdir()
    (parakeet / "config.json").write_text(json.dumps({"model_type": "nemo-conformer-tdt"}))
    settings = _settings(tmp_path, IVR_EAR__RECOGNISER="onnx", IVR_EAR__MODEL_DIR=str(parakeet))
    with pytest.raises(HostError, match=r"encoder-model\.onnx"):
        _model(settings)
    for name in ("encoder-model.onnx", "decoder_joint-model.onnx", "vocab.txt"):
        (parakeet / name).touch()
    said = _model(settings)
    assert said.startswith(f"nemo-conformer-tdt : {parakeet}")
    assert str(whisper) in said
    (whisper / "model.bin").unlink()
    with pytest.raises(HostError, match=r"model\.bin missing"):
        _model(settings)
