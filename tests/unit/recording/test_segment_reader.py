"""Any bytes of a container, and nothing of one that was changed."""

from __future__ import annotations

import pytest

from ivr.errors import ArchiveError
from ivr.recording.container import FIRST_PLAIN_BYTES, PLAIN_BYTES, SEGMENT_BYTES, SegmentWriter
from ivr.recording.segment_reader import SegmentReader

KEY = bytes(range(32))
EDGES = (0, 1, FIRST_PLAIN_BYTES - 1, FIRST_PLAIN_BYTES, FIRST_PLAIN_BYTES + 1, FIRST_PLAIN_BYTES + PLAIN_BYTES)
SIZES = (0, 1, FIRST_PLAIN_BYTES, FIRST_PLAIN_BYTES + 1, FIRST_PLAIN_BYTES + 2 * PLAIN_BYTES, 10_000)


def sealed(plain: bytes, recording_id: str = "rec-1") -> bytes:
    out = bytearray()
    writer = SegmentWriter(out.extend, KEY, recording_id)
    writer.write(plain)
    writer.finish()
    return bytes(out)


def reader(stored: bytes, key: bytes = KEY, recording_id: str = "rec-1") -> SegmentReader:
    return SegmentReader(lambda start, end: stored[start:end], len(stored), key, recording_id)


def plain_of(size: int) -> bytes:
    return bytes(at * 7 % 251 for at in range(size))


@pytest.mark.parametrize("size", SIZES)
def test_any_bytes_are_read_as_they_were_written(size: int) -> None:
    plain = plain_of(size)
    found = reader(sealed(plain))
    assert found.size == size
    for start in (*EDGES, size - 1, size):
        for end in (*EDGES, start + 1, size, size + 9):
            assert found.read(start, end) == plain[max(0, start) : max(0, end)]


def test_only_the_segments_that_are_asked_for_are_read() -> None:
    stored = sealed(plain_of(40_000))
    asked: list[tuple[int, int]] = []

    def read(start: int, end: int) -> bytes:
        asked.append((start, end))
        return stored[start:end]

    found = SegmentReader(read, len(stored), KEY, "rec-1")
    asked.clear()
    found.read(FIRST_PLAIN_BYTES + 10, FIRST_PLAIN_BYTES + 20)
    assert asked == [(SEGMENT_BYTES, 2 * SEGMENT_BYTES)]


def test_what_was_changed_moved_or_cut_gives_no_byte() -> None:
    stored = bytearray(sealed(plain_of(20_000)))
    for cut in (0, 10, 40, 41, SEGMENT_BYTES, 2 * SEGMENT_BYTES, len(stored) - 1):
        with pytest.raises(ArchiveError, match="cut or changed"):
            reader(bytes(stored[:cut]))
    changed = bytearray(stored)
    changed[SEGMENT_BYTES + 5] ^= 1
    swapped = bytearray(stored)
    swapped[SEGMENT_BYTES : 2 * SEGMENT_BYTES] = stored[2 * SEGMENT_BYTES : 3 * SEGMENT_BYTES]
    for bad in (changed, swapped):
        found = reader(bytes(bad))
        with pytest.raises(ArchiveError, match="rec-1"):
            found.read(FIRST_PLAIN_BYTES, FIRST_PLAIN_BYTES + 1)


def test_another_key_or_another_recording_opens_nothing() -> None:
    stored = sealed(plain_of(100))
    with pytest.raises(ArchiveError, match="not its key"):
        reader(stored, key=bytes(32))
    with pytest.raises(ArchiveError, match="not its key"):
        reader(stored, recording_id="rec-2")


def test_without_its_key_nothing_more_is_read() -> None:
    found = reader(sealed(plain_of(100)))
    found.forget()
    with pytest.raises(ArchiveError, match="closed"):
        found.read(0, 1)
