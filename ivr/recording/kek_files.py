"""The KEK in local files: the current one, and those that were retired and may still be needed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from ivr.errors import ArchiveError
from ivr.recording import secret_file
from ivr.recording.data_keys import KEK_USE, LocalKeyRing, kek_of
from ivr.recording.host import refused


class KekFiles:
    """KeyRing over `path` (current) and `retired_dir`/<id>; a rotation by another process is noticed at the next key.

    A retired file's modification time is when it was retired.
    """

    def __init__(self, path: Path, retired_dir: Path, *, create: bool = False) -> None:
        """Raises HostError when a KEK file is missing (unless `create`), readable by others, or not a KEK."""
        self._path = path
        self._retired_dir = retired_dir
        if create:
            secret_file.create(path, KEK_USE)
        self._seen = (0, 0)
        self._ring = self._fresh()

    def __repr__(self) -> str:
        return f"KekFiles({self._ring.kek_id})"

    @property
    def kek_id(self) -> str:
        return self._fresh().kek_id

    def kek_of(self, wrapped: bytes) -> str:
        return kek_of(wrapped)

    def new_data_key(self, recording_id: str) -> tuple[bytearray, bytes]:
        return self._fresh().new_data_key(recording_id)

    def wrap(self, recording_id: str, data_key: bytes | bytearray) -> bytes:
        return self._fresh().wrap(recording_id, data_key)

    def unwrap(self, recording_id: str, wrapped: bytes) -> bytearray:
        ring = self._ring if kek_of(wrapped) in self._ring.kek_ids else self._fresh()
        return ring.unwrap(recording_id, wrapped)

    def rotate(self) -> str:
        """Make a new KEK current, keep the old one as retired, and return the new one's id.

        Killed anywhere, it starts again. Raises HostError when the files cannot be written.
        """
        following = self._path.with_name(self._path.name + ".next")
        made = secret_file.create(following, KEK_USE)
        current = secret_file.load(self._path, KEK_USE)
        secret_file.store(self._retired_dir / current.secret_id, current)
        try:
            following.rename(self._path)
            secret_file.sync_directory(self._path.parent)
        except OSError as error:
            raise refused(error, self._path, "put the new key file in its place") from error
        return made.secret_id

    def retired(self) -> Mapping[str, datetime]:
        """Ids of retired KEKs that are still there, and when each was retired."""
        current = self.kek_id
        return {
            file.name: datetime.fromtimestamp(file.stat().st_mtime, UTC)
            for file in self._retired_files()
            if file.name != current
        }

    def remove(self, kek_id: str) -> None:
        """Overwrite and delete a retired KEK. Raises ArchiveError for the current one."""
        if kek_id == self.kek_id:
            raise ArchiveError(f"{kek_id} is in use", remedy="rotate first: 'ivr keys rotate'")
        secret_file.erase(self._retired_dir / kek_id)
        # Forget it here too; other processes forget it when they are restarted.
        self._seen = (0, 0)
        self._fresh()

    def close(self) -> None:
        """Nothing to give back."""

    def _fresh(self) -> LocalKeyRing:
        """The ring of the files as they are now; read again only when the current one was replaced."""
        try:
            status = os.stat(self._path)
        except OSError as error:
            raise refused(error, self._path, "read the key file") from error
        seen = (status.st_ino, status.st_mtime_ns)
        if seen != self._seen:
            self._ring = LocalKeyRing.load(self._path, self._retired_files())
            self._seen = seen
        return self._ring

    def _retired_files(self) -> list[Path]:
        return sorted(file for file in self._retired_dir.glob("kek-*") if file.is_file())
