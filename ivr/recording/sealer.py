"""What a key seals in a database: AES-256-GCM (nonce first) under a key of HKDF-SHA256."""

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
        salt = list_id.encode()
        self._rows = _Rows(_derived(data_key, salt, "ivr members rows"), random)
        self.tags_key = _derived(data_key, salt, "ivr members tags")
        self.whole_key = _derived(data_key, salt, "ivr members whole")

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        return self._rows.seal(plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        return self._rows.open(sealed, bound, remedy="import the list: 'ivr members import FILE.csv'")


class AccountSealer:
    """Port SecretSealer: what authenticators and the console share, under the console's key."""

    def __init__(self, key: bytes, *, random: Callable[[int], bytes] = os.urandom) -> None:
        self._rows = _Rows(_derived(key, b"", "ivr accounts rows"), random)
        self.device_key = _derived(key, b"", "ivr accounts devices")
        #: For keyed hashes of identities at a provider.
        self.tags_key = _derived(key, b"", "ivr accounts identities")

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        return self._rows.seal(plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        return self._rows.open(sealed, bound, remedy="put the console's key file back, or invite the account anew")


class CaseSealer:
    """Port CaseSealer: the content of one file of the DPO's desk. Keeps no data key, only one derived from it."""

    #: What the derived key is for: another use has another key.
    _use = "ivr case"

    def __init__(
        self, data_key: bytes | bytearray, case_id: str, *, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._rows = _Rows(_derived(data_key, case_id.encode(), self._use), random)

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        return self._rows.seal(plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        return self._rows.open(sealed, bound, remedy="restore that row from a backup of the database")


class RecordingNoteSealer(CaseSealer):
    """Port NoteSealer: notes at moments of one recording, under a key derived from the recording's."""

    _use = "ivr recording notes"


class _Rows:
    def __init__(self, key: bytes, random: Callable[[int], bytes]) -> None:
        self._key = AESGCM(key)
        self._random = random

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        nonce = self._random(_NONCE_BYTES)
        return nonce + self._key.encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, bound: bytes, *, remedy: str) -> bytes:
        try:
            return self._key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):
            raise ArchiveError("a row was changed", remedy=remedy) from None


def _derived(key: bytes | bytearray, salt: bytes, info: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info.encode()).derive(bytes(key))
