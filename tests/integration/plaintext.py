"""Finds a caller's audio in anything a process left on a disk, whatever form it was given."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.audio.g711 import alaw_encode, ulaw_encode
from tests.integration.sounds import Pcm

#: How many samples in a row must agree. Sixteen random codewords agree by chance once in 2**128.
_WINDOW = 16
_STRIDE = 8
#: A capture pattern of RFC 3533: Ogg in the clear.
_OGG = b"OggS\x00"

Octets = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Find:
    """Audio in the clear: where, in which form, at which byte."""

    place: str
    form: str
    offset: int


class Search:
    """Looks for windows of `audio` as PCM16 of either byte order, A-law and µ-law, alone or as one of two channels."""

    def __init__(self, audio: Pcm) -> None:
        starts = range(0, len(audio) - _WINDOW, _STRIDE)
        forms = {
            "PCM16 little-endian": audio.astype("<i2").tobytes(),
            "PCM16 big-endian": audio.astype(">i2").tobytes(),
            "A-law": alaw_encode(audio).tobytes(),
            "µ-law": ulaw_encode(audio).tobytes(),
        }
        self._needles = {
            form: _Needles([raw[at * size : (at + _WINDOW) * size] for at in starts])
            for form, raw in forms.items()
            for size in [len(raw) // len(audio)]
        }

    def files(self, folders: Iterable[Path]) -> list[Find]:
        """Search every file below the folders."""
        return [find for folder in folders for path in _files(folder) for find in self._file(path, str(path))]

    def open_files(self, pid: int) -> tuple[list[Find], int]:
        """Search the files that a process holds open, deleted ones too; also returns how many there were."""
        finds, count = [], 0
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                place = os.readlink(link)
                regular = stat.S_ISREG(link.stat().st_mode)
            except FileNotFoundError:
                continue
            if regular and not place.startswith("/memfd:"):
                count += 1
                finds += self._file(link, f"{place} of process {pid}")
        return finds, count

    def blob(self, content: bytes, place: str) -> list[Find]:
        """Search bytes; `place` is what a find is called by."""
        finds = [Find(place, "Ogg", at)] if (at := content.find(_OGG)) >= 0 else []
        whole = np.frombuffer(content, np.uint8)
        for form, needles in self._needles.items():
            for view, step, offset in _views(whole, 2 if form.startswith("PCM") else 1):
                at = needles.first_in(view)
                if at >= 0:
                    finds.append(Find(place, form, offset + at * step))
                    break
        return finds

    def _file(self, path: Path, place: str) -> list[Find]:
        try:
            return self.blob(path.read_bytes(), place)
        except FileNotFoundError:
            return []


class _Needles:
    def __init__(self, needles: list[bytes]) -> None:
        self._needles = set(needles)
        self._size = len(needles[0])
        begins = np.frombuffer(b"".join(needle[:2] for needle in needles), "<u2")
        self._may_begin = np.zeros(65536, bool)
        self._may_begin[begins] = True
        self._heads = np.unique(np.frombuffer(b"".join(needle[:8] for needle in needles), "<u8"))

    def first_in(self, view: Octets) -> int:
        """Return where the first needle stands, or -1."""
        if len(view) < self._size:
            return -1
        pairs = view[:-1].astype(np.uint16) | (view[1:].astype(np.uint16) << 8)
        at = np.flatnonzero(self._may_begin[pairs])
        at = at[at <= len(view) - self._size]
        if not at.size:
            return -1
        heads = np.lib.stride_tricks.sliding_window_view(view, 8)[at].copy().view("<u8").ravel()
        for one in at[np.isin(heads, self._heads)]:
            if view[one : one + self._size].tobytes() in self._needles:
                return int(one)
        return -1


def _views(whole: Octets, size: int) -> Iterator[tuple[Octets, int, int]]:
    """The bytes as they are, then each way of taking every second sample of `size` bytes, as stereo has them."""
    yield whole, 1, 0
    for offset in range(2 * size):
        pairs = whole[offset:]
        pairs = pairs[: len(pairs) // (2 * size) * 2 * size].reshape(-1, 2 * size)
        yield np.ascontiguousarray(pairs[:, :size]).ravel(), 2, offset


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if path.is_file():
                yield path
