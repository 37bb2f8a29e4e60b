"""Just enough of Ogg (RFC 3533) and Ogg Opus (RFC 7845) to cut a prefix at a page and to tell its length."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_PAGE = struct.Struct("<4sBBqIIIB")
_HEAD = struct.Struct("<8sBBHI")
#: Granule positions of Ogg Opus always count at this rate (RFC 7845 section 4).
GRANULE_HZ = 48_000


@dataclass(frozen=True)
class Page:
    """Where a page lies, [start, end), and its granule position: samples at 48 kHz up to its end, -1 for none."""

    start: int
    end: int
    granule: int


@dataclass(frozen=True)
class OpusHead:
    channels: int
    pre_skip: int
    input_rate_hz: int


def pages(content: bytes) -> Iterator[Page]:
    """Yield the complete pages from the beginning; stops at the first byte that is not a whole page."""
    start = 0
    while start + _PAGE.size <= len(content):
        magic, _, _, granule, *_, count = _PAGE.unpack_from(content, start)
        body = start + _PAGE.size + count
        end = body + sum(content[start + _PAGE.size : body])
        if magic != b"OggS" or end > len(content):
            return
        yield Page(start, end, granule)
        start = end


def opus_head(content: bytes) -> OpusHead | None:
    """Read the identification header; None when the stream does not begin with one."""
    first = next(pages(content), None)
    at = content.find(b"OpusHead", 0, first.end) if first else -1
    if at < 0 or at + _HEAD.size > len(content):
        return None
    _, _, channels, pre_skip, rate_hz = _HEAD.unpack_from(content, at)
    return OpusHead(channels, pre_skip, rate_hz)


def last_granule(content: bytes) -> int:
    """Highest granule position of a complete page; 0 when no page ends a packet of audio."""
    return max((page.granule for page in pages(content)), default=0)
