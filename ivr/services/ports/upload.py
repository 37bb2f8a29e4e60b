"""Port of a store whose recordings are made here and kept elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ivr.services.ports.vault import RecordingStore, SealedFile


class UploadingStore(RecordingStore, Protocol):
    """A store whose recordings are made here and kept elsewhere."""

    def upload(self, recording_id: str, sealed: SealedFile, *, lock_until: datetime | None) -> None:
        """Copy and verify; the local file stays. Repeating it is harmless. Raises ArchiveError or HostError."""

    def release(self, recording_id: str) -> None:
        """Remove the local file of what was uploaded."""
