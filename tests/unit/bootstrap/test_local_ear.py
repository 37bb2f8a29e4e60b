"""The ear for files: a bad one is told before anything is loaded that takes long."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from ivr.audio.wav import wav_bytes
from ivr.bootstrap.local_ear import listen_to_files
from ivr.errors import ArchiveError, HostError
from ivr.settings import default_config_dir, load_settings

GOOD = wav_bytes(np.zeros(8000, np.int16))
BAD = {
    "empty.wav": b"",
    "text.wav": b"bonjour",
    "no-frames.wav": wav_bytes(b""),
    "cut.wav": GOOD[:-100],
    "missing.wav": None,
}


def listen(folder: Path, *names: str) -> list[dict[str, object]]:
    """Hear these files in a house that has no model: whoever asks for it raises HostError."""
    settings = load_settings(default_config_dir({}), {"IVR_EAR__MODEL_DIR": str(folder / "no-model")})

    async def heard() -> list[dict[str, object]]:
        files = [folder / name for name in names]
        found = listen_to_files(
            settings, files, program="hotline-quality", after_disclosure=False, progress=lambda *_: None
        )
        return [one async for one in found]

    return asyncio.run(heard())


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_before_a_model_is_asked_for_even_behind_good_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / "good.wav").write_bytes(GOOD)
    content = BAD[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    for names in ((name,), ("good.wav", "good.wav", name)):
        with pytest.raises(ArchiveError) as refused:
            listen(tmp_path, *names)
        assert name in refused.value.where


def test_good_files_ask_for_the_model(tmp_path: Path) -> None:
    (tmp_path / "good.wav").write_bytes(GOOD)
    with pytest.raises(HostError, match="no speech model here"):
        listen(tmp_path, "good.wav")
