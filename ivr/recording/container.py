"""The sealed container: Tink streaming AEAD, AES256-GCM-HKDF with 4 KB segments (docs/recording-format.md).

Written segment by segment by our own hand, because Tink's writer keeps 128 KB (40 s of audio) in memory and a crash
would lose it; read by Tink itself, so that the two implementations keep each other honest.
"""

from __future__ import annotations

import io
import secrets
import struct
from collections.abc import Callable
from typing import BinaryIO

import tink
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from ivr.errors import ArchiveError

KEY_BYTES = 32
SEGMENT_BYTES = 4096
SALT_BYTES = 32
NONCE_PREFIX_BYTES = 7
HEADER_BYTES = 1 + SALT_BYTES + NONCE_PREFIX_BYTES
TAG_BYTES = 16
FIRST_PLAIN_BYTES = SEGMENT_BYTES - HEADER_BYTES - TAG_BYTES
PLAIN_BYTES = SEGMENT_BYTES - TAG_BYTES

_TYPE_URL = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
_registered = False


class SegmentWriter:
    """Encrypts a stream and hands each 4 KB segment to `sink` the moment it is complete.

    At most one segment (4,080 bytes of plaintext) waits in memory, because the last one is marked as last. `sink` must
    take all bytes or raise; after it raised, the stream is broken and every further call raises ArchiveError.
    """

    def __init__(
        self,
        sink: Callable[[bytes], None],
        data_key: bytes | bytearray,
        recording_id: str,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        salt, self._nonce_prefix = random(SALT_BYTES), random(NONCE_PREFIX_BYTES)
        self._sink = sink
        self._where = f"recording {recording_id}"
        derived = derived_key(data_key, salt, recording_id)
        self._cipher: AESGCM | None = AESGCM(derived)
        derived[:] = bytes(KEY_BYTES)
        self._segment = 0
        self._plain = bytearray()
        self._put(bytes((HEADER_BYTES,)) + salt + self._nonce_prefix)

    def write(self, plain: bytes) -> None:
        self._live()
        self._plain += plain
        while len(self._plain) > self._room():
            self._put_segment(self._room(), last=False)

    def finish(self) -> None:
        """Write the last segment; the container is complete after this."""
        self._live()
        self._put_segment(len(self._plain), last=True)
        self._cipher = None

    def forget(self) -> None:
        """Drop key and plaintext; nothing more can be written."""
        self._cipher = None
        self._wipe(len(self._plain))

    def _room(self) -> int:
        return FIRST_PLAIN_BYTES if self._segment == 0 else PLAIN_BYTES

    def _live(self) -> AESGCM:
        if self._cipher is None:
            raise ArchiveError("the container is closed or broken", where=self._where, remedy="open a new recording")
        return self._cipher

    def _put_segment(self, size: int, *, last: bool) -> None:
        nonce = self._nonce_prefix + struct.pack(">IB", self._segment, last)
        sealed = self._live().encrypt(nonce, bytes(self._plain[:size]), None)
        self._wipe(size)
        self._segment += 1
        self._put(sealed)

    def _put(self, data: bytes) -> None:
        try:
            self._sink(data)
        except BaseException:
            self.forget()
            raise

    def _wipe(self, size: int) -> None:
        self._plain[:size] = bytes(size)
        del self._plain[:size]


def read_whole(source: BinaryIO, data_key: bytes | bytearray, recording_id: str) -> bytes:
    """Return the whole plaintext; raises ArchiveError when the container was cut, changed, or is not of this key."""
    plain, complete = read_prefix(source, data_key, recording_id)
    if not complete:
        raise ArchiveError(
            f"the container does not verify beyond byte {len(plain)} of its content",
            where=f"recording {recording_id}",
            remedy="it was cut or changed, or this is not its key: restore the file from a backup",
        )
    return plain


def read_prefix(source: BinaryIO, data_key: bytes | bytearray, recording_id: str) -> tuple[bytes, bool]:
    """Return (the plaintext of all complete, verified segments, whether that is the whole of it).

    Never raises for a damaged container: a wrong key or a changed first segment give an empty prefix.
    """
    out = bytearray()
    try:
        stream = _primitive(_checked(data_key, recording_id)).new_decrypting_stream(
            _Unclosed(source), recording_id.encode()
        )
        raw = stream.raw
        # Small reads: Tink hands out what is verified only up to the last whole read before a fault.
        while chunk := raw.read(PLAIN_BYTES):
            out += chunk
    except (tink.TinkError, EOFError):
        return bytes(out), False
    return bytes(out), True


class _Unclosed(io.RawIOBase):
    """Lends a file to Tink, which would close it."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        return self._source.read(-1 if size is None else size)


def _checked(data_key: bytes | bytearray, recording_id: str) -> bytes | bytearray:
    if len(data_key) != KEY_BYTES:
        raise ArchiveError(
            f"a data key has {KEY_BYTES} bytes, not {len(data_key)}",
            where=f"recording {recording_id}",
            remedy="its wrapped key was changed: restore the database",
        )
    return data_key


def derived_key(data_key: bytes | bytearray, salt: bytes, recording_id: str) -> bytearray:
    """The key of a container's segments, to be cleared after use. Raises ArchiveError for what is no data key."""
    out = bytearray(KEY_BYTES)
    made = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=salt, info=recording_id.encode())
    made.derive_into(_checked(data_key, recording_id), out)
    return out


def _primitive(data_key: bytes | bytearray) -> streaming_aead.StreamingAead:
    global _registered
    if not _registered:
        streaming_aead.register()
        _registered = True
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        version=0,
        # Tink and protobuf keep copies of their own, which live as long as the reader does.
        key_value=bytes(data_key),
        params=aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
            ciphertext_segment_size=SEGMENT_BYTES, derived_key_size=KEY_BYTES, hkdf_hash_type=common_pb2.SHA256
        ),
    )
    keyset = tink_pb2.Keyset(
        primary_key_id=1,
        key=[
            tink_pb2.Keyset.Key(
                key_id=1,
                status=tink_pb2.ENABLED,
                output_prefix_type=tink_pb2.RAW,
                key_data=tink_pb2.KeyData(
                    type_url=_TYPE_URL,
                    value=key.SerializeToString(),
                    key_material_type=tink_pb2.KeyData.SYMMETRIC,
                ),
            )
        ],
    )
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)
