"""Which bytes a player is sent for what it asks: range requests of HTTP. Pure. Source: RFC 9110 section 14."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,15})[ \t]*-[ \t]*([0-9]{0,15})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True)
class ByteRange:
    """Bytes [start, end) of `size`. `status` is 206, or 416 (then there are none); `headers` go with it."""

    start: int
    end: int
    size: int

    @property
    def status(self) -> int:
        return 206 if self.end > self.start else 416

    @property
    def headers(self) -> dict[str, str]:
        """Nothing of it may be kept by anybody in between, nor by the browser."""
        span = f"{self.start}-{self.end - 1}" if self.end > self.start else "*"
        return {
            "Accept-Ranges": "bytes",
            "Cache-Control": "no-store",
            "Content-Length": str(self.end - self.start),
            "Content-Range": f"bytes {span}/{self.size}",
        }


def asked_range(header: str, size: int, *, most: int) -> ByteRange:
    """Return what to send of `size` bytes: what `header` (Range) asks, from its beginning, at most `most` bytes.

    Without a range, with one that is not understood, or with several at once, it is the beginning: who plays asks on,
    and nobody is sent more than is about to be heard. A range behind the end has no bytes.
    """
    found = _RANGE.fullmatch(header.strip())
    first, last = found.groups() if found else ("", "")
    if first:
        start, end = int(first), int(last) + 1 if last else size
        if last and end <= start:
            # "5-3" is no range (section 14.1.1).
            start, end = 0, size
    elif last:
        start, end = max(0, size - int(last)), size
        if not int(last):
            start = size
    else:
        start, end = 0, size
    if start >= size:
        return ByteRange(0, 0, size)
    return ByteRange(start, min(end, size, start + most), size)
