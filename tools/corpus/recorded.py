"""Recordings of people and of music from Debian packages; they are installed for benchmarks and never copied here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ivr.audio.pcm import Samples, from_pcm
from ivr.audio.wav import EAR_HZ, read_wav
from ivr.errors import HostError

SPEECH = Path("/usr/share/asterisk/sounds/fr_CA_f_June")
MUSIC = Path("/usr/share/asterisk/moh")
_PACKAGES = {SPEECH: "asterisk-core-sounds-fr-wav", MUSIC: "asterisk-moh-opsound-wav"}
_SHORTEST_MS = 400


def recordings(folder: Path) -> list[Samples]:
    """Return the recordings in `folder` at 8 kHz in the order of their names, without the shortest (single digits).

    Raises HostError naming the Debian package when there are none.
    """
    found = []
    for path in sorted(folder.rglob("*.wav")):
        if "silence" in path.parts:
            continue
        samples = from_pcm(read_wav(path)[0])
        if samples.size >= _SHORTEST_MS * EAR_HZ // 1000 and float(np.abs(samples).max()) > 0.01:
            found.append(samples)
    if not found:
        package = _PACKAGES.get(folder, "it")
        raise HostError("no recordings here", where=str(folder), remedy=f"run: apt-get install -y {package}")
    return found
