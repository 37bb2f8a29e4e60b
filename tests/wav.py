"""Reads the bytes of a WAV file as the product reads a file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ivr.audio.pcm import Pcm
from ivr.audio.wav import EAR_HZ, read_wav


def parse_wav(content: bytes, rate_hz: int = EAR_HZ) -> list[Pcm]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        path.write_bytes(content)
        return read_wav(path, rate_hz)
