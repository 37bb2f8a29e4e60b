"""The speech model is whole and checked, or not there at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ivr.errors import EXIT_ENVIRONMENT, HostError
from ivr.speech.model import ModelFile, ModelSettings, join_model, load_whisper

_ONE, _TWO = b"first half, " * 100_000, b"second half"
_FILES = (
    ModelFile("model.bin", hashlib.sha256(_ONE + _TWO).hexdigest(), (("pack_1", "data/p1"), ("pack_2", "data/p2"))),
    ModelFile("config.json", hashlib.sha256(b"{}").hexdigest(), (("pack_2", "data/config.json"),)),
)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    root = tmp_path / "packages"
    for name, content in (("pack_1/data/p1", _ONE), ("pack_2/data/p2", _TWO), ("pack_2/data/config.json", b"{}")):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def test_the_parts_are_joined_and_a_second_time_nothing_is_written(tmp_path: Path, packages: Path) -> None:
    target = tmp_path / "model"
    assert join_model(target, _FILES, packages) == ["model.bin", "config.json"]
    assert (target / "model.bin").read_bytes() == _ONE + _TWO
    assert join_model(target, _FILES, packages) == []
    assert sorted(path.name for path in target.iterdir()) == ["config.json", "model.bin"]


def test_a_file_that_was_changed_is_found_and_replaced(tmp_path: Path, packages: Path) -> None:
    target = tmp_path / "model"
    join_model(target, _FILES, packages)
    changed = bytearray(_ONE + _TWO)
    changed[7] ^= 1
    (target / "model.bin").write_bytes(changed)
    assert join_model(target, _FILES, packages) == ["model.bin"]
    assert (target / "model.bin").read_bytes() == _ONE + _TWO


def test_a_corrupt_part_is_an_error_and_leaves_nothing_behind(tmp_path: Path, packages: Path) -> None:
    (packages / "pack_1/data/p1").write_bytes(_ONE[:-1] + b"?")
    with pytest.raises(HostError, match="damaged") as caught:
        join_model(tmp_path / "model", _FILES, packages)
    assert caught.value.exit_code == EXIT_ENVIRONMENT
    assert "pack_1" in str(caught.value)
    assert list((tmp_path / "model").iterdir()) == []


def test_a_missing_part_is_an_error_that_names_it(tmp_path: Path, packages: Path) -> None:
    (packages / "pack_2/data/p2").unlink()
    with pytest.raises(HostError, match="p2"):
        join_model(tmp_path / "model", _FILES, packages)
    assert list((tmp_path / "model").iterdir()) == []


def test_a_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    files = (ModelFile("model.bin", "0" * 64, (("no_such_package_here", "data/p1"),)),)
    with pytest.raises(HostError, match="no_such_package_here"):
        join_model(tmp_path / "model", files)


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path, packages: Path) -> None:
    (tmp_path / "model").write_text("a file in the way")
    with pytest.raises(HostError, match="cannot be written"):
        join_model(tmp_path / "model", _FILES, packages)


def test_loading_an_absent_model_says_what_is_missing_and_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"model\.bin") as caught:
        load_whisper(ModelSettings(tmp_path))
    assert caught.value.exit_code == EXIT_ENVIRONMENT
    assert "ivr init" in caught.value.remedy


def test_loading_a_damaged_model_is_an_environment_error(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"\x06\0\0\0garbage")
    with pytest.raises(HostError, match="cannot be loaded"):
        load_whisper(ModelSettings(tmp_path))
