"""Containers in a local directory: `<root>/ab/cd/<id>.ivr`, written as `.partial`, never in the clear."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ivr.errors import ArchiveError, HostError
from ivr.recording.alaw import AlawCodec
from ivr.recording.codec import Codec, Sound
from ivr.recording.container import SegmentWriter, read_prefix, read_whole
from ivr.recording.export import render
from ivr.recording.host import private_directory, refused
from ivr.recording.opus import OpusCodec
from ivr.recording.partial import LocalWriter, LockedFile, is_locked
from ivr.recording.secret_file import sync_directory
from ivr.services.ports import SealedFile

WHOLE = ".ivr"
PARTIAL = ".ivr.partial"
RESEALING = ".ivr.resealing"
CODECS: dict[str, Codec] = {codec.name: codec for codec in (OpusCodec(), AlawCodec())}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class LocalStore:
    """RecordingStore in a directory; see the port for the contract."""

    def __init__(self, root: Path, *, random: Callable[[int], bytes] = os.urandom) -> None:
        """Creates `root` with mode 0700; raises HostError when it cannot be written."""
        self.root = root
        self._random = random
        try:
            private_directory(root)
            if not root.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "not a directory")
        except OSError as error:
            raise refused(error, root, "create the recordings directory") from error
        if not os.access(root, os.W_OK | os.X_OK, effective_ids=True):
            raise HostError(
                "the recordings directory cannot be written",
                where=str(root),
                remedy="give the user that runs ivr the right to write there",
            )

    def open(self, recording_id: str, data_key: bytes, *, codec: str, rate_hz: int, channels: int) -> LocalWriter:
        chosen = CODECS.get(codec)
        if chosen is None:
            raise ArchiveError(
                f"unknown codec '{codec}'", where=f"recording {recording_id}", remedy="use " + " or ".join(CODECS)
            )
        whole = self.path(recording_id, WHOLE)
        if whole.exists():
            raise ArchiveError("a file of that recording exists already", where=str(whole), remedy="use a new id")
        encoder = chosen.encoder(rate_hz=rate_hz, channels=channels)
        file = LockedFile(self.path(recording_id, PARTIAL))
        try:
            cipher = SegmentWriter(file.write, data_key, recording_id, random=self._random)
        except BaseException:
            file.close()
            raise
        return LocalWriter(recording_id, file, whole, cipher, encoder, rate_hz=rate_hz, channels=channels)

    def recover(self, recording_id: str, data_key: bytes) -> SealedFile | None:
        """Re-seal the verified prefix under the same data key with a fresh salt, so that it verifies as a whole.

        Killed in between, it starts again from the `.partial`, which goes last.
        """
        for suffix in (WHOLE, PARTIAL):
            content, complete = self._prefix(recording_id, suffix, data_key)
            codec = _codec_of(content)
            if codec is None:
                continue
            if not (complete and suffix == WHOLE):
                content = content if complete else codec.trim(content)
                if not content:
                    continue
                self._reseal(recording_id, data_key, content)
            self._drop(recording_id, PARTIAL)
            stored = self._read(recording_id, WHOLE) or b""
            return SealedFile(hashlib.sha256(stored).hexdigest(), len(stored), codec.decode(content).duration_ms)
        return None

    def verify(self, recording_id: str, data_key: bytes, sealed: SealedFile) -> None:
        where = str(self.path(recording_id, WHOLE))
        stored = self._stored(recording_id)
        if hashlib.sha256(stored).hexdigest() != sealed.sha256:
            change = (
                "changed"
                if len(stored) == sealed.size_bytes
                else "cut"
                if len(stored) < sealed.size_bytes
                else "lengthened"
            )
            raise ArchiveError(
                f"the file of recording {recording_id} was {change} ({len(stored)} bytes, sealed {sealed.size_bytes})",
                where=where,
                remedy="restore it from a backup; until then 'ivr recordings export' refuses it",
            )
        content = read_whole(io.BytesIO(stored), data_key, recording_id)
        codec = _known(content, recording_id)
        if abs(codec.duration_ms(content) - sealed.duration_ms) > 1:
            raise ArchiveError(
                f"recording {recording_id} lasts {codec.duration_ms(content)} ms, its row says {sealed.duration_ms}",
                where=where,
                remedy="the row was changed: restore the database",
            )

    def decode(self, recording_id: str, data_key: bytes) -> tuple[bytes, int, int]:
        sound = self._sound(recording_id, data_key)[1]
        return sound.pcm, sound.rate_hz, sound.channels

    def copy(self, recording_id: str, data_key: bytes, form: str) -> bytes:
        content, sound = self._sound(recording_id, data_key)
        return render(content, sound, form)

    def delete(self, recording_id: str) -> None:
        for suffix in (PARTIAL, RESEALING, WHOLE):
            self._drop(recording_id, suffix)

    def digest(self, recording_id: str) -> str | None:
        for suffix in (WHOLE, PARTIAL):
            stored = self._read(recording_id, suffix)
            if stored is not None:
                return hashlib.sha256(stored).hexdigest()
        return None

    def busy(self, recording_id: str) -> bool:
        return any(is_locked(self.path(recording_id, suffix)) for suffix in (PARTIAL, RESEALING))

    def unfinished(self) -> Sequence[str]:
        return sorted(self._ids(PARTIAL))

    def stored(self) -> Sequence[str]:
        return sorted(self._ids(WHOLE))

    def path(self, recording_id: str, suffix: str = WHOLE) -> Path:
        """Where a recording lies: two levels named by the SHA-256 of its id, so that no folder grows too large."""
        if not _ID.fullmatch(recording_id):
            raise ArchiveError(
                f"'{recording_id[:60]}' cannot be the id of a recording",
                remedy="letters, digits, dots, underscores and hyphens, at most 100",
            )
        fan = hashlib.sha256(recording_id.encode()).hexdigest()
        return self.root / fan[:2] / fan[2:4] / f"{recording_id}{suffix}"

    def _sound(self, recording_id: str, data_key: bytes) -> tuple[bytes, Sound]:
        content = read_whole(io.BytesIO(self._stored(recording_id)), data_key, recording_id)
        return content, _known(content, recording_id).decode(content)

    def _prefix(self, recording_id: str, suffix: str, data_key: bytes) -> tuple[bytes, bool]:
        stored = self._read(recording_id, suffix)
        return (b"", False) if stored is None else read_prefix(io.BytesIO(stored), data_key, recording_id)

    def _reseal(self, recording_id: str, data_key: bytes, content: bytes) -> None:
        # A leftover of an earlier attempt that was killed.
        self._drop(recording_id, RESEALING)
        file = LockedFile(self.path(recording_id, RESEALING))
        try:
            cipher = SegmentWriter(file.write, data_key, recording_id, random=self._random)
            cipher.write(content)
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
            raise ArchiveError(
                f"the file of recording {recording_id} is missing",
                where=str(self.path(recording_id)),
                remedy="restore it from a backup",
            )
        return stored

    def _read(self, recording_id: str, suffix: str) -> bytes | None:
        path = self.path(recording_id, suffix)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refused(error, path, "read the recording") from error

    def _drop(self, recording_id: str, suffix: str) -> None:
        path = self.path(recording_id, suffix)
        try:
            path.unlink()
            sync_directory(path.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise refused(error, path, "delete the recording") from error

    def _ids(self, suffix: str) -> Iterator[str]:
        for path in self.root.glob(f"??/??/*{suffix}"):
            yield path.name.removesuffix(suffix)


def _codec_of(content: bytes) -> Codec | None:
    return next((codec for codec in CODECS.values() if codec.owns(content)), None)


def _known(content: bytes, recording_id: str) -> Codec:
    codec = _codec_of(content)
    if codec is None:
        raise ArchiveError(
            "the container holds no audio of ours",
            where=f"recording {recording_id}",
            remedy="see docs/recording-format.md",
        )
    return codec
