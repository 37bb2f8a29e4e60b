"""What a data key seals in a database: AES-256-GCM (nonce first) under a key of HKDF-SHA256."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivr.errors import ArchiveError

_NONCE_BYTES = 12


class MemberSealer:
    """Port Sealer for one list of members. Never shown; keeps no data key, only keys derived from it."""

    def __init__(
        self, data_key: bytes | bytearray, list_id: str, *, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        def derived(use: str) -> bytes:
            info = f"ivr members {use}".encode()
            return HKDF(algorithm=hashes.SHA256(), length=32, salt=list_id.encode(), info=info).derive(bytes(data_key))

        self._rows = AESGCM(derived("rows"))
        self._random = random
        self.tags_key = derived("tags")
        self.whole_key = derived("whole")

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        nonce = self._random(_NONCE_BYTES)
        return nonce + self._rows.encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        try:
            return self._rows.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):
            raise ArchiveError("a row was changed", remedy="import the list: 'ivr members import FILE.csv'") from None
