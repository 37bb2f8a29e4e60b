"""Vectors of many texts, kept in a file between runs: the encoder takes 20 ms for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ivr.speech.second_reader.encoder import WIDTH, SentenceEncoder, Vectors

_SAVED_EVERY = 2000


class KnownVectors:
    """A SentenceEncoder that remembers in `file` (.npz) what it was ever given."""

    def __init__(self, encoder: SentenceEncoder, file: Path) -> None:
        self._encoder, self._file = encoder, file
        self._known: dict[str, np.ndarray] = {}
        if file.exists():
            with np.load(file) as saved:
                self._known = dict(zip(saved["texts"].tolist(), saved["vectors"], strict=True))

    def vectors(self, texts: Sequence[str]) -> Vectors:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        for start in range(0, len(new), _SAVED_EVERY):
            part = new[start : start + _SAVED_EVERY]
            self._known.update(zip(part, self._encoder.vectors(part).astype(np.float16), strict=True))
            if len(texts) > 1:
                # One text alone is somebody judging: writing the file each time would take longer than the encoder.
                self._save()
        if not texts:
            return np.zeros((0, WIDTH), np.float32)
        return np.stack([self._known[text] for text in texts]).astype(np.float32)

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new.npz")
        np.savez(new, texts=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
        new.replace(self._file)
