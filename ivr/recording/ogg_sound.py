"""An Ogg Opus file that is read piece by piece: where a moment of it lies, and which moments a piece holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ivr.errors import ArchiveError
from ivr.recording import ogg

_HEADS_BYTES: Final = 8_192
#: Where a search by halves ends.
_WINDOW: Final = 32_768
_MS: Final = ogg.GRANULE_HZ // 1000
#: A page of ours holds half a second, its head at most 255 lacing values.
_LONGEST_PAGE: Final = 8_192
_LONGEST_HEAD: Final = 27 + 255
#: What every packet of ours holds (`ivr.recording.opus`).
_PACKET_MS: Final = 60


class OggSound:
    """Port Sound over `read`, which gives bytes [start, end) of the file; it has `size`."""

    media_type = "audio/ogg; codecs=opus"

    def __init__(self, read: Callable[[int, int], bytes], size: int, *, where: str, forget: Callable[[], None]) -> None:
        """Raises ArchiveError when it is no Ogg Opus."""
        self.size = size
        self._read = read
        self._forget = forget
        begin = read(0, _HEADS_BYTES)
        head = ogg.opus_head(begin)
        pages = [page for page in ogg.heads(begin) if page.granule == 0]
        if head is None or len(pages) < 2:
            raise ArchiveError("the container holds no Ogg Opus", where=where, remedy="see docs/recording-format.md")
        self._pre_skip = head.pre_skip
        #: The identification and comment headers, which any player needs first.
        self.heads = begin[: pages[1].end]

    def read(self, start: int, end: int) -> bytes:
        return self._read(start, end)

    def at(self, ms: int) -> int:
        wanted = max(0, ms) * _MS + self._pre_skip
        low, high = len(self.heads), self.size
        while high - low > _WINDOW:
            middle = (low + high) // 2
            page = next(ogg.heads(self._read(middle, middle + _WINDOW)), None)
            if page is None or page.granule > wanted:
                high = middle
            else:
                low = middle + page.start
        for page in ogg.heads(self._read(low, high + _WINDOW)):
            if page.granule > wanted:
                return low + page.start
        return self.size

    def passages(self, start: int, end: int) -> Sequence[tuple[int, int]]:
        """A page counts when any byte of it is there: its granule says where it ends, its packets how long it is."""
        begin = max(len(self.heads), start - _LONGEST_PAGE)
        found = []
        for page in ogg.heads(self._read(begin, end + _LONGEST_HEAD)):
            if page.granule > 0 and begin + page.start < end and begin + page.end > start:
                end_ms = max(0, page.granule - self._pre_skip) // _MS
                found.append((max(0, end_ms - page.packets * _PACKET_MS), end_ms))
        return found

    def close(self) -> None:
        self._forget()
