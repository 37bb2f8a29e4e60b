"""A data key in the clear, for as long as it is used and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ivr.domain.secret_bytes import clear

if TYPE_CHECKING:
    from ivr.services.vault.vault_ports import VaultPorts


@contextmanager
def unlocked(ports: VaultPorts, recording_id: str) -> Iterator[bytearray]:
    """Unwrap the recording's key and clear it afterwards. Raises ArchiveError when it is gone, changed, or not ours."""
    data_key = ports.keys.unwrap(recording_id, ports.catalogue.wrapped_key(recording_id))
    try:
        yield data_key
    finally:
        clear(data_key)
