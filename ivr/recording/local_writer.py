"""A recording on its way to the disk: encoder, cipher and a locked `.partial` file."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from ivr.errors import ArchiveError, HostError
from ivr.recording.codec import Encoder
from ivr.recording.container import SegmentWriter
from ivr.recording.content import codec_named
from ivr.recording.host import private_directory, refused
from ivr.recording.peaks import PeaksWriter
from ivr.recording.secret_file import sync_directory
from ivr.services.ports.vault import SealedFile

#: A file gets its name only when it is locked: while it has none, it is called so.
NEW = ".new"
#: What the file of its peaks is called beside a recording's `.ivr`.
PEAKS = ".ivr.peaks"


class LockedFile:
    """A new file, held under an exclusive lock until it is closed or its process dies; hashes what it writes.

    Under its own name it is never seen unlocked while its writer lives.
    """

    def __init__(self, path: Path) -> None:
        """Raises HostError when the directory cannot be written, ArchiveError when the file is there already."""
        self.path = path
        self._hash = hashlib.sha256()
        self.size_bytes = 0
        fresh = path.with_name(path.name + NEW)
        try:
            private_directory(path.parent)
            self._descriptor = os.open(
                fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
            try:
                # Who looks whether it is locked holds it for a moment, so this may wait.
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
                os.link(fresh, path)
            except BaseException:
                os.close(self._descriptor)
                raise
            finally:
                fresh.unlink(missing_ok=True)
        except FileExistsError:
            raise ArchiveError(
                "a file of that recording exists already", where=str(path), remedy="use a new id, or recover it"
            ) from None
        except OSError as error:
            raise refused(error, path, "create the recording") from error

    def write(self, data: bytes) -> None:
        """Hand all of it to the system now: a killed process loses nothing that was written. Raises HostError."""
        view = memoryview(data)
        try:
            while view:
                done = os.write(self._descriptor, view)
                self._hash.update(view[:done])
                self.size_bytes += done
                view = view[done:]
        except OSError as error:
            raise refused(error, self.path, "write the recording") from error

    def publish(self, path: Path) -> str:
        """Sync, rename to `path`, sync the directory; return the SHA-256 (hex) of all that was written.

        Raises HostError when the system refuses one of these.
        """
        try:
            os.fsync(self._descriptor)
            self.path.rename(path)
            sync_directory(path.parent)
        except OSError as error:
            raise refused(error, self.path, "finish the recording") from error
        return self._hash.hexdigest()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def abort(self) -> None:
        """Close it and remove what was written. Raises HostError."""
        self.close()
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise refused(error, self.path, "delete the recording") from error


def is_locked(path: Path) -> bool:
    """Whether a living process holds this file. Raises HostError when it cannot be looked at."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise refused(error, path, "look at the recording") from error
    try:
        # Shared: two that look at once do not take each other for its writer.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return True
        raise refused(error, path, "look at the recording") from error
    finally:
        os.close(descriptor)
    return False


class LocalWriter:
    """RecordingWriter over a local file. Safe for threads: `close` may come while another thread writes."""

    def __init__(
        self, recording_id: str, file: LockedFile, whole: Path, cipher: SegmentWriter, encoder: Encoder,
        peaks: PeaksWriter, *, rate_hz: int, channels: int,
    ) -> None:  # fmt: skip
        self._id = recording_id
        self._file = file
        self._whole = whole
        self._cipher = cipher
        self._encoder = encoder
        self._peaks = peaks
        self._frame_bytes = 2 * channels
        self._rate_hz = rate_hz
        self._samples = 0
        self._open = True
        self._lock = threading.Lock()

    def write(self, pcm: bytes) -> None:
        if len(pcm) % self._frame_bytes:
            raise ArchiveError(
                f"{len(pcm)} bytes are no whole samples of {self._frame_bytes} bytes",
                where=f"recording {self._id}",
                remedy="write interleaved PCM16 of all channels",
            )
        with self._lock:
            self._must_be_open()
            self._samples += len(pcm) // self._frame_bytes
            self._append(self._encoder.encode(pcm))
            self._peaks.add(pcm)

    def seal(self) -> SealedFile:
        with self._lock:
            self._must_be_open()
            self._append(self._encoder.finish())
            try:
                self._cipher.finish()
                digest = self._file.publish(self._whole)
            except HostError:
                self._shut()
                raise
            self._peaks.publish()
            self._shut()
            return SealedFile(digest, self._file.size_bytes, self._samples * 1000 // self._rate_hz)

    def abort(self) -> None:
        self.close()
        self._file.abort()

    def close(self) -> None:
        with self._lock:
            self._shut()

    def _append(self, content: bytes) -> None:
        if not content:
            return
        try:
            self._cipher.write(content)
        except HostError:
            self._shut()
            raise

    def _shut(self) -> None:
        if self._open:
            self._open = False
            self._cipher.forget()
            self._peaks.forget()
            self._file.close()

    def _must_be_open(self) -> None:
        if not self._open:
            raise ArchiveError("the recording is closed", where=f"recording {self._id}", remedy="open a new recording")


class LocalReservation:
    """Reservation over a locked, empty `.partial`."""

    def __init__(self, recording_id: str, file: LockedFile, whole: Path, random: Callable[[int], bytes]) -> None:
        self._id = recording_id
        self._file = file
        self._whole = whole
        self._random = random

    def open(self, data_key: bytes | bytearray, *, codec: str, rate_hz: int, channels: int) -> LocalWriter:
        try:
            encoder = codec_named(codec, self._id).encoder(rate_hz=rate_hz, channels=channels)
            cipher = SegmentWriter(self._file.write, data_key, self._id, random=self._random)
            peaks = PeaksWriter(
                self._whole.with_suffix(PEAKS),
                data_key,
                self._id,
                rate_hz=rate_hz,
                channels=channels,
                random=self._random,
            )
        except BaseException:
            self._file.close()
            raise
        return LocalWriter(
            self._id, self._file, self._whole, cipher, encoder, peaks, rate_hz=rate_hz, channels=channels
        )

    def abort(self) -> None:
        self._file.abort()
