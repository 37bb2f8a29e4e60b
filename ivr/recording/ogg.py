"""Just enough of Ogg (RFC 3533) and Ogg Opus (RFC 7845) to cut a prefix at a page and to tell its length."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_PAGE = struct.Struct("<4sBBqIIIB")
_HEAD = struct.Struct("<8sBBHI")
#: Granule positions of Ogg Opus always count at this rate (RFC 7845 section 4).
GRANULE_HZ = 48_000
#: A lacing value of a packet that goes on in the next one.
_CONTINUED = 255


@dataclass(frozen=True)
class Page:
    """Where a page lies, [start, end), its granule position (samples at 48 kHz up to its end, -1 for none), and how
    many packets end in it."""

    start: int
    end: int
    granule: int
    packets: int = 0


@dataclass(frozen=True)
class OpusHead:
    channels: int
    pre_skip: int
    input_rate_hz: int


def pages(content: bytes) -> Iterator[Page]:
    """Yield the complete pages from the beginning; stops at the first byte that is not a whole page."""
    start = 0
    while (page := page_at(content, start)) is not None and page.end <= len(content):
        yield page
        start = page.end


def page_at(content: bytes, start: int) -> Page | None:
    """The page whose head stands at `start`; its end may lie behind that of `content`. None: no whole head is there."""
    if start + _PAGE.size > len(content):
        return None
    magic, version, _, granule, *_, count = _PAGE.unpack_from(content, start)
    body = start + _PAGE.size + count
    if magic != b"OggS" or version != 0 or body > len(content):
        return None
    lacing = content[start + _PAGE.size : body]
    return Page(start, body + sum(lacing), granule, sum(1 for size in lacing if size < _CONTINUED))


def heads(content: bytes, start: int = 0) -> Iterator[Page]:
    """Yield every page whose head stands in `content` at `start` or behind, whatever lies before the first."""
    while (found := content.find(b"OggS", start)) >= 0:
        page = page_at(content, found)
        if page is not None:
            yield page
        start = page.end if page is not None else found + 1


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
