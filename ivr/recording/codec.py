"""What a codec must do, and which one a container holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Sound:
    """Decoded audio: interleaved PCM16, little endian."""

    pcm: bytes = field(repr=False)
    rate_hz: int
    channels: int

    @property
    def duration_ms(self) -> int:
        return len(self.pcm) * 1000 // (2 * self.channels * self.rate_hz)


class Encoder(Protocol):
    """Turns interleaved PCM16 into the bytes of a file, in order, in memory."""

    def encode(self, pcm: bytes) -> bytes:
        """Return the bytes to append now; may be empty while the codec gathers a batch."""
        ...

    def finish(self) -> bytes:
        """Return the last bytes of the file."""
        ...


class Codec(Protocol):
    """One kind of file inside the container."""

    @property
    def name(self) -> str: ...

    def owns(self, content: bytes) -> bool:
        """Whether these bytes begin like a file of this codec."""
        ...

    def encoder(self, *, rate_hz: int, channels: int) -> Encoder: ...

    def decode(self, content: bytes) -> Sound:
        """Decode a file, or a prefix that `trim` returned. Raises ArchiveError when it is none."""
        ...

    def pieces(self, content: bytes) -> Iterator[Sound]:
        """`decode` piece by piece, so that two hours of it need not lie in memory at once."""
        ...

    def trim(self, prefix: bytes) -> bytes:
        """Cut a prefix of a file back to what decodes cleanly; empty when it holds no audio."""
        ...

    def duration_ms(self, content: bytes) -> int:
        """Length of the audio without decoding it."""
        ...
