"""Ports of keys: the ring that wraps data keys, one whose KEK can be replaced, and the rows of wrapped keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol


class KeyRing(Protocol):
    """Makes and unwraps data keys. The wrapped form is bound to the recording's id.

    Raises HostError when the KEK cannot be reached: then nothing is recorded. Who has used a data key clears it
    (`ivr.services.vault.data_key`).
    """

    @property
    def kek_id(self) -> str:
        """The KEK that wraps new keys now."""
        ...

    def kek_of(self, wrapped: bytes) -> str:
        """Which KEK wrapped this; empty when it is no wrapped key."""
        ...

    def new_data_key(self, recording_id: str) -> tuple[bytearray, bytes]:
        """Return (data key, wrapped data key)."""
        ...

    def unwrap(self, recording_id: str, wrapped: bytes) -> bytearray:
        """Raises ArchiveError when the key is not ours or was changed."""
        ...


class WrappedKey(Protocol):
    """One row: a data key as `kek_id` wrapped it."""

    @property
    def recording_id(self) -> str: ...
    @property
    def kek_id(self) -> str: ...
    @property
    def wrapped(self) -> bytes: ...


class RotatingKeyRing(KeyRing, Protocol):
    """A key ring whose KEK can be replaced."""

    def wrap(self, recording_id: str, data_key: bytes | bytearray) -> bytes:
        """Wrap with the current KEK."""
        ...

    def rotate(self) -> str:
        """Make a new KEK current, keep the old one for unwrapping, and return the new one's id. Safe to be killed."""
        ...

    def retired(self) -> Mapping[str, datetime]:
        """Ids of KEKs that only unwrap, and when each was retired."""
        ...

    def remove(self, kek_id: str) -> None:
        """Destroy a retired KEK: what it wrapped, in whatever backup, is noise from now on."""

    def close(self) -> None:
        """Give back connections."""


class KeyTable(Protocol):
    """The rows of wrapped keys."""

    def under_others(self, kek_id: str, *, after: str, limit: int) -> Sequence[WrappedKey]:
        """Rows that another KEK wrapped, by id, behind `after`."""
        ...

    def per_kek(self) -> Mapping[str, int]:
        """How many keys each KEK wraps."""
        ...

    def rewrap(self, changes: Sequence[tuple[WrappedKey, bytes]], kek_id: str) -> int:
        """Replace wrapped forms, each only where the old one still stands: a destroyed key never comes back."""
        ...

    def claim(self, name: str) -> AbstractContextManager[None]: ...
