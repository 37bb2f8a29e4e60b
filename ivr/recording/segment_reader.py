"""Any bytes of a sealed container, without reading it whole: only the segments they lie in are decrypted, in memory."""

from __future__ import annotations

import struct
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivr.errors import ArchiveError
from ivr.recording.container import (
    FIRST_PLAIN_BYTES,
    HEADER_BYTES,
    NONCE_PREFIX_BYTES,
    PLAIN_BYTES,
    SALT_BYTES,
    SEGMENT_BYTES,
    TAG_BYTES,
    derived_key,
)


class SegmentReader:
    """`stored` gives bytes [start, end) of the container, which has `stored_bytes`. Never shown.

    Each segment proves itself and its place; what was changed, moved or cut raises ArchiveError, and gives no byte.
    """

    def __init__(
        self, stored: Callable[[int, int], bytes], stored_bytes: int, data_key: bytes | bytearray, recording_id: str
    ) -> None:
        self._stored = stored
        self._where = f"recording {recording_id}"
        header = stored(0, HEADER_BYTES)
        if len(header) != HEADER_BYTES or header[0] != HEADER_BYTES or stored_bytes < HEADER_BYTES + TAG_BYTES:
            raise self._changed()
        self._stored_bytes = stored_bytes
        derived = derived_key(data_key, header[1 : 1 + SALT_BYTES], recording_id)
        self._cipher: AESGCM | None = AESGCM(derived)
        derived[:] = bytes(len(derived))
        self._nonce_prefix = header[-NONCE_PREFIX_BYTES:]
        self._last = (stored_bytes - 1) // SEGMENT_BYTES
        self.size = stored_bytes - HEADER_BYTES - TAG_BYTES * (self._last + 1)
        # The last segment says that it is: nothing was cut off.
        self._segment(self._last)

    def read(self, start: int, end: int) -> bytes:
        """Plain bytes [start, end), as far as there are any."""
        start, end = max(0, start), min(end, self.size)
        if start >= end:
            return b""
        first, last = _segment_of(start), _segment_of(end - 1)
        plain = b"".join(self._segment(number) for number in range(first, last + 1))
        begun = _plain_start(first)
        return plain[start - begun : end - begun]

    def forget(self) -> None:
        """Drop the key; nothing more can be read."""
        self._cipher = None

    def _segment(self, number: int) -> bytes:
        if self._cipher is None:
            raise ArchiveError("the recording is closed", where=self._where, remedy="open it again")
        start = number * SEGMENT_BYTES
        sealed = self._stored(
            start + (HEADER_BYTES if number == 0 else 0), min(start + SEGMENT_BYTES, self._stored_bytes)
        )
        nonce = self._nonce_prefix + struct.pack(">IB", number, number == self._last)
        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except (InvalidTag, ValueError):
            raise self._changed() from None

    def _changed(self) -> ArchiveError:
        return ArchiveError(
            "the file was cut or changed, or this is not its key",
            where=self._where,
            remedy="restore the file from a backup; 'ivr recordings verify' says more",
        )


def _segment_of(at: int) -> int:
    return 0 if at < FIRST_PLAIN_BYTES else 1 + (at - FIRST_PLAIN_BYTES) // PLAIN_BYTES


def _plain_start(segment: int) -> int:
    return 0 if segment == 0 else FIRST_PLAIN_BYTES + (segment - 1) * PLAIN_BYTES
