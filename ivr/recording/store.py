"""Containers in a local directory: `<root>/ab/cd/<id>.ivr`, written as `.partial`, never in the clear."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ivr.domain.audio.peaks import Peaks
from ivr.errors import ArchiveError, HostError, IvrError
from ivr.recording import content, peaks
from ivr.recording.container import SEGMENT_BYTES, SegmentWriter, read_prefix
from ivr.recording.content import codec_named, codec_of, missing
from ivr.recording.host import private_directory, refused, sync_file_system
from ivr.recording.local_writer import NEW, PEAKS, LocalReservation, LocalWriter, LockedFile, is_locked
from ivr.recording.ogg_sound import OggSound
from ivr.recording.secret_file import sync_directory
from ivr.services.ports.vault import SealedFile

WHOLE = ".ivr"
PARTIAL = ".ivr.partial"
RESEALING = ".ivr.resealing"
_ALL = (PARTIAL, RESEALING, PEAKS, WHOLE)
#: Removing a file waits for the file system's journal, not for a core: several wait together.
_HANDS = 8
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class LocalStore:
    """RecordingStore in a directory; see the port for the contract."""

    far = None

    def __init__(self, root: Path, *, random: Callable[[int], bytes] = os.urandom) -> None:
        """Creates `root` with mode 0700. Raises HostError when it cannot be made, unless we may only read there."""
        self.root = root
        self._random = random
        try:
            private_directory(root)
            if not root.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "not a directory")
        except OSError as error:
            # Who may only read finds nothing there; who must write asks `must_be_writable`.
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise refused(error, root, "create the recordings directory") from error

    def must_be_writable(self) -> None:
        """Raise HostError unless recordings can be made here."""
        if not os.access(self.root, os.W_OK | os.X_OK, effective_ids=True):
            raise HostError(
                "the recordings directory cannot be written",
                where=str(self.root),
                remedy="give the user that runs ivr the right to write there",
            )

    def reserve(self, recording_id: str) -> LocalReservation:
        whole = self.path(recording_id, WHOLE)
        if whole.exists():
            raise ArchiveError("a file of that recording exists already", where=str(whole), remedy="use a new id")
        return LocalReservation(recording_id, LockedFile(self.path(recording_id, PARTIAL)), whole, self._random)

    def open(
        self, recording_id: str, data_key: bytes | bytearray, *, codec: str, rate_hz: int, channels: int
    ) -> LocalWriter:
        codec_named(codec, recording_id)
        return self.reserve(recording_id).open(data_key, codec=codec, rate_hz=rate_hz, channels=channels)

    def recover(self, recording_id: str, data_key: bytes | bytearray) -> SealedFile | None:
        """Re-seal the verified prefix under the same data key with a fresh salt, so that it verifies as a whole.

        Killed in between, it starts again from the `.partial`, which goes last.
        """
        for suffix in (WHOLE, PARTIAL):
            plain, complete = self._prefix(recording_id, suffix, data_key)
            codec = codec_of(plain)
            if codec is None:
                continue
            if not (complete and suffix == WHOLE):
                plain = plain if complete else codec.trim(plain)
                if not plain:
                    continue
                self._reseal(recording_id, data_key, plain)
            self._drop(recording_id, PARTIAL)
            stored = self._read(recording_id, WHOLE) or b""
            return SealedFile(hashlib.sha256(stored).hexdigest(), len(stored), codec.decode(plain).duration_ms)
        return None

    def verify(self, recording_id: str, data_key: bytes | bytearray, sealed: SealedFile) -> None:
        where = str(self.path(recording_id))
        content.check(self._stored(recording_id), data_key, sealed, recording_id=recording_id, where=where)

    def copy(
        self, recording_id: str, data_key: bytes | bytearray, form: str, metadata: Mapping[str, str] | None = None
    ) -> bytes:
        return content.copy(self._stored(recording_id), data_key, recording_id, form, metadata)

    def sound(self, recording_id: str, data_key: bytes | bytearray, sealed: SealedFile) -> OggSound:
        """Return the sound of a sealed recording; a piece raises ArchiveError once it is gone.

        The file is opened anew for each piece: what was deleted is not read on.
        """
        path = self.path(recording_id, WHOLE)

        def stored(start: int, end: int) -> bytes:
            try:
                with path.open("rb", buffering=0) as file:
                    return os.pread(file.fileno(), end - start, start)
            except FileNotFoundError:
                raise missing(recording_id, str(path)) from None
            except OSError as error:
                raise refused(error, path, "read the recording") from error

        try:
            size = path.stat().st_size
        except FileNotFoundError:
            raise missing(recording_id, str(path)) from None
        except OSError as error:
            raise refused(error, path, "read the recording") from error
        return content.sound(stored, size, data_key, sealed, recording_id=recording_id)

    def peaks(self, recording_id: str, data_key: bytes | bytearray) -> Peaks:
        stored = self._read(recording_id, PEAKS)
        found = None if stored is None else peaks.opened(stored, data_key, recording_id)
        return found or content.peaks(self._stored(recording_id), data_key, recording_id)

    def delete(self, recording_id: str) -> None:
        for suffix in _ALL:
            self._drop(recording_id, suffix)

    def delete_all(self, recording_ids: Sequence[str]) -> dict[str, IvrError]:
        """One sync of the file system covers all: a sync of each folder would cost a disk's latency per recording."""
        with ThreadPoolExecutor(_HANDS, thread_name_prefix="delete") as hands:
            done = list(zip(recording_ids, hands.map(self._delete_unsynced, recording_ids), strict=True))
        if self.root.exists():
            sync_file_system(self.root)
        return {recording_id: error for recording_id, error in done if error is not None}

    def digest(self, recording_id: str) -> str | None:
        for suffix in (WHOLE, PARTIAL):
            stored = self._read(recording_id, suffix)
            if stored is not None:
                return hashlib.sha256(stored).hexdigest()
        return None

    def drop_empty(self, recording_id: str) -> bool:
        if self.busy(recording_id):
            return False
        try:
            if self.path(recording_id, PARTIAL).stat().st_size >= SEGMENT_BYTES:
                return False
        except FileNotFoundError:
            pass
        self._drop(recording_id, PARTIAL)
        return True

    def busy(self, recording_id: str) -> bool:
        return any(is_locked(self.path(recording_id, suffix)) for suffix in (PARTIAL, PARTIAL + NEW, RESEALING))

    def unfinished(self) -> Sequence[str]:
        return sorted({*self._ids(PARTIAL), *self._ids(PARTIAL + NEW)})

    def stored(self) -> Sequence[str]:
        return sorted(self._ids(WHOLE))

    def at_hand(self) -> Sequence[str]:
        return self.stored()

    def whole(self, recording_id: str) -> bytes | None:
        """The bytes of the whole file; None when there is none."""
        return self._read(recording_id, WHOLE)

    def path(self, recording_id: str, suffix: str = WHOLE) -> Path:
        """Where a recording lies: two levels named by the SHA-256 of its id, so that no folder grows too large.

        Raises ArchiveError for what cannot be an id.
        """
        if not _ID.fullmatch(recording_id):
            raise ArchiveError(
                f"'{recording_id[:60]}' cannot be the id of a recording",
                remedy="letters, digits, dots, underscores and hyphens, at most 100",
            )
        fan = hashlib.sha256(recording_id.encode()).hexdigest()
        return self.root / fan[:2] / fan[2:4] / f"{recording_id}{suffix}"

    def _prefix(self, recording_id: str, suffix: str, data_key: bytes | bytearray) -> tuple[bytes, bool]:
        stored = self._read(recording_id, suffix)
        return (b"", False) if stored is None else read_prefix(io.BytesIO(stored), data_key, recording_id)

    def _reseal(self, recording_id: str, data_key: bytes | bytearray, plain: bytes) -> None:
        # A leftover of an earlier attempt that was killed.
        self._drop(recording_id, RESEALING)
        file = LockedFile(self.path(recording_id, RESEALING))
        try:
            cipher = SegmentWriter(file.write, data_key, recording_id, random=self._random)
            cipher.write(plain)
            cipher.finish()
            file.publish(self.path(recording_id, WHOLE))
        except HostError:
            file.path.unlink(missing_ok=True)
            raise
        finally:
            file.close()

    def _stored(self, recording_id: str) -> bytes:
        stored = self._read(recording_id, WHOLE)
        if stored is None:
            raise missing(recording_id, str(self.path(recording_id)))
        return stored

    def _read(self, recording_id: str, suffix: str) -> bytes | None:
        path = self.path(recording_id, suffix)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refused(error, path, "read the recording") from error

    def _delete_unsynced(self, recording_id: str) -> IvrError | None:
        try:
            for suffix in _ALL:
                self._drop(recording_id, suffix, synced=False)
        except IvrError as error:
            return error
        return None

    def _drop(self, recording_id: str, suffix: str, *, synced: bool = True) -> None:
        for path in (self.path(recording_id, suffix), self.path(recording_id, suffix + NEW)):
            try:
                path.unlink()
                if synced:
                    sync_directory(path.parent)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise refused(error, path, "delete the recording") from error

    def _ids(self, suffix: str) -> Iterator[str]:
        for path in self.root.glob(f"??/??/*{suffix}"):
            yield path.name.removesuffix(suffix)
