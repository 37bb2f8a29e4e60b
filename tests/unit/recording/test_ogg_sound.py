"""Moments of an Ogg Opus file: found, playable from there, and told apart."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.domain.audio.heard import joined
from ivr.errors import ArchiveError
from ivr.recording.ogg_sound import OggSound
from ivr.recording.opus import OpusCodec

RATE = 8000
SECONDS = 600


def made(seconds: int = SECONDS) -> bytes:
    """Left: a tone that is louder in each third second; right: silence."""
    moments = np.arange(seconds * RATE)
    left = (np.sin(moments * 0.3) * 8000 * ((moments // RATE % 3) + 1) / 3).astype("<i2")
    encoder = OpusCodec().encoder(rate_hz=RATE, channels=2)
    return encoder.encode(np.stack([left, np.zeros_like(left)], axis=1).tobytes()) + encoder.finish()


FILE = made()


def sound(content: bytes = FILE, reads: list[tuple[int, int]] | None = None) -> OggSound:
    def read(start: int, end: int) -> bytes:
        if reads is not None:
            reads.append((start, end))
        return content[start:end]

    return OggSound(read, len(content), where="recording rec-1", forget=lambda: None)


@pytest.mark.parametrize("ms", [0, 1, 500, 30_000, 299_999, 300_000, 590_000, SECONDS * 1000 - 1])
def test_a_moment_lies_in_the_page_that_is_found_for_it(ms: int) -> None:
    found = sound()
    at = found.at(ms)
    first = found.passages(at, at + 1)[0]
    assert first[0] - 60 <= ms < first[1]
    assert FILE[at : at + 4] == b"OggS"


def test_what_follows_a_moment_plays_behind_the_heads() -> None:
    found = sound()
    at = found.at(300_000)
    tail = OpusCodec().decode(found.heads + FILE[at:])
    assert abs(len(tail.pcm) // 4 * 1000 // RATE - 300_000) <= 1100
    left, right = np.frombuffer(tail.pcm, "<i2").reshape(-1, 2).T
    assert np.abs(left[RATE:].astype(int)).max() > 4000
    assert np.abs(right.astype(int)).max() < 1000


def test_behind_the_end_there_is_nothing() -> None:
    assert sound().at(SECONDS * 1000 + 1) == len(FILE)


def test_a_moment_is_found_without_reading_the_file() -> None:
    reads: list[tuple[int, int]] = []
    found = sound(reads=reads)
    reads.clear()
    found.at(300_000)
    assert sum(end - start for start, end in reads) < len(FILE) // 2


@pytest.mark.parametrize("piece", [100, 4096, 65_536, len(FILE)])
def test_the_pieces_of_a_file_hold_each_moment_of_it(piece: int) -> None:
    found = sound()
    passages = [one for at in range(0, len(FILE), piece) for one in found.passages(at, at + piece)]
    assert joined(passages) == [(0, SECONDS * 1000)]


def test_a_piece_without_the_head_of_its_page_holds_that_page_all_the_same() -> None:
    found = sound()
    at = found.at(300_000)
    assert found.passages(at + 100, at + 101) == found.passages(at, at + 1)
    assert len(found.passages(at, at + 1)) == 1
    assert found.passages(at - 1, at)[0][1] <= 300_000


def test_the_heads_hold_no_sound() -> None:
    found = sound()
    assert found.passages(0, len(found.heads)) == []


def test_what_is_no_ogg_opus_is_refused() -> None:
    for content in (b"", b"RIFF" + bytes(100), FILE[:40]):
        with pytest.raises(ArchiveError, match="rec-1"):
            sound(content)
