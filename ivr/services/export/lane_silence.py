"""Silence in place of a lane of a WAV copy, in memory (REC-017)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from ivr.errors import ArchiveError

_HEADER, _CHUNK = 12, 8
_BITS = 16


def with_silence(wav: bytes, lanes: Sequence[int]) -> bytes:
    """Return the copy with these lanes (from 0) silent.

    Raises ArchiveError, and gives nothing, for what is no 16-bit PCM WAV or has no such lane: nobody is heard by
    mistake. Source: RIFF WAVE, chunks `fmt ` and `data`.
    """
    if not lanes:
        return wav
    chunks = _chunks(wav)
    form, data = chunks.get(b"fmt "), chunks.get(b"data")
    channels = int.from_bytes(wav[form[0] + 2 : form[0] + 4], "little") if form else 0
    bits = int.from_bytes(wav[form[0] + 14 : form[0] + 16], "little") if form else 0
    if data is None or bits != _BITS or not all(0 <= lane < channels for lane in lanes):
        raise ArchiveError("the copy has no such voice to silence", remedy="ask for it as wav")
    start, end = data
    samples = array("h")
    samples.frombytes(wav[start : end - (end - start) % (2 * channels)])
    for lane in lanes:
        samples[lane::channels] = array("h", bytes(2 * (len(samples) // channels)))
    silent = samples.tobytes()
    # What is left of a frame that was cut could still be heard: it goes.
    return wav[:start] + silent + bytes(end - start - len(silent)) + wav[end:]


def _chunks(wav: bytes) -> dict[bytes, tuple[int, int]]:
    """Where the content of each chunk lies."""
    found: dict[bytes, tuple[int, int]] = {}
    at = _HEADER
    while wav[:4] == b"RIFF" and wav[8:12] == b"WAVE" and at + _CHUNK <= len(wav):
        size = int.from_bytes(wav[at + 4 : at + 8], "little")
        start = at + _CHUNK
        found.setdefault(wav[at : at + 4], (start, min(start + size, len(wav))))
        at = start + size + size % 2
    return found
