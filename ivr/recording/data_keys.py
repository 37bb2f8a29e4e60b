"""Data keys, wrapped by a key-encryption key (KEK) in memory.

A wrapped key is `IVK1`, one byte with the length of the KEK's id, that id in ASCII, a nonce of 12 bytes, and
AES-256-GCM of the 32-byte data key (48 bytes). Associated data: `ivr data key`, KEK id and recording id, each after a
zero byte: a wrapped key moved to another recording does not open. Keys are handed out as bytearrays, so that who has
used one can clear it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivr.errors import ArchiveError
from ivr.recording import secret_file
from ivr.recording.container import KEY_BYTES
from ivr.recording.secret_file import Secret

KEK_USE = "kek"
_MAGIC = b"IVK1"
_NONCE_BYTES = 12
_SEALED_BYTES = KEY_BYTES + 16


class LocalKeyRing:
    """Wraps with the current KEK and unwraps with it or with retired ones, which makes rotation possible."""

    def __init__(
        self, current: Secret, retired: Sequence[Secret] = (), *, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._kek_id = current.secret_id
        self._keks = {kek.secret_id: AESGCM(kek.key) for kek in (*retired, current)}
        self._random = random

    @classmethod
    def load(cls, path: Path, retired: Sequence[Path] = ()) -> LocalKeyRing:
        """Read the KEK files. Raises HostError when one is missing, readable by others, or not a KEK."""
        return cls(secret_file.load(path, KEK_USE), [secret_file.load(other, KEK_USE) for other in retired])

    @classmethod
    def create(cls, path: Path) -> LocalKeyRing:
        """Make the KEK file when there is none; loads it when there is one."""
        return cls(secret_file.create(path, KEK_USE))

    def __repr__(self) -> str:
        return f"LocalKeyRing({self._kek_id})"

    @property
    def kek_id(self) -> str:
        return self._kek_id

    @property
    def kek_ids(self) -> frozenset[str]:
        """Every KEK this ring can unwrap with."""
        return frozenset(self._keks)

    def kek_of(self, wrapped: bytes) -> str:
        return kek_of(wrapped)

    def new_data_key(self, recording_id: str) -> tuple[bytearray, bytes]:
        data_key = bytearray(self._random(KEY_BYTES))
        return data_key, self.wrap(recording_id, data_key)

    def wrap(self, recording_id: str, data_key: bytes | bytearray) -> bytes:
        """Wrap a data key with the current KEK."""
        kek_id = self._kek_id.encode("ascii")
        nonce = self._random(_NONCE_BYTES)
        sealed = self._keks[self._kek_id].encrypt(nonce, data_key, _bound(self._kek_id, recording_id))
        return _MAGIC + bytes((len(kek_id),)) + kek_id + nonce + sealed

    def unwrap(self, recording_id: str, wrapped: bytes) -> bytearray:
        where = f"recording {recording_id}"
        kek_id, nonce, sealed = _split(wrapped, where)
        kek = self._keks.get(kek_id)
        if kek is None:
            raise ArchiveError(
                f"its data key is wrapped by {kek_id}, and the key ring has {', '.join(sorted(self._keks))}",
                where=where,
                remedy=f"give the key file of {kek_id}",
            )
        data_key = bytearray(KEY_BYTES)
        try:
            kek.decrypt_into(nonce, sealed, _bound(kek_id, recording_id), data_key)
        except InvalidTag:
            raise ArchiveError(
                f"its wrapped data key was changed, or belongs to another recording ({kek_id})",
                where=where,
                remedy="restore the row from a backup of the database",
            ) from None
        return data_key


def kek_of(wrapped: bytes) -> str:
    """The id of the KEK that wrapped this, as its header says; empty for what is not a wrapped key."""
    size = wrapped[4] if len(wrapped) > 4 else 0
    return wrapped[5 : 5 + size].decode("ascii", "replace") if wrapped[:3] == b"IVK" else ""


def _split(wrapped: bytes, where: str) -> tuple[str, bytes, bytes]:
    size = wrapped[len(_MAGIC)] if len(wrapped) > len(_MAGIC) else 0
    at = len(_MAGIC) + 1
    if wrapped[: len(_MAGIC)] != _MAGIC or len(wrapped) != at + size + _NONCE_BYTES + _SEALED_BYTES:
        raise ArchiveError(
            "its wrapped data key is not one of ours", where=where, remedy="restore the row from a backup"
        )
    kek_id = wrapped[at : at + size].decode("ascii", "replace")
    rest = wrapped[at + size :]
    return kek_id, rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]


def _bound(kek_id: str, recording_id: str) -> bytes:
    return b"ivr data key\0" + kek_id.encode() + b"\0" + recording_id.encode()
