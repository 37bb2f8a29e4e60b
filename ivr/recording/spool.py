"""Pending evidence in files: sealed, private, durable, and held by their writer for as long as it lives.

A file `<name>.pending` is `IVP1`, a nonce of 12 bytes, and AES-256-GCM of the item as JSON; associated data:
`ivr pending evidence`, a zero byte, and the name. The key is derived from a secret file of this node, so that neither
database nor key server has to answer (HKDF-SHA-256, RFC 5869).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivr.domain.evidence.chain import canonical, stamp
from ivr.recording.host import private_directory, refused
from ivr.recording.secret_file import sync_directory
from ivr.services.ports.spool import Duty, Pending, Unreadable

_MAGIC = b"IVP1"
_NONCE_BYTES = 12
_INFO = b"ivr pending evidence"
_END = ".pending"
_LONGEST = 65_536


class SpoolFiles:
    """Port Spool in one folder of the node."""

    def __init__(self, folder: Path, secret: bytes, *, random: Callable[[int], bytes] = os.urandom) -> None:
        self._folder = folder
        self._seal = AESGCM(HKDF(SHA256(), length=32, salt=None, info=_INFO).derive(secret))
        self._random = random
        self._mine: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"SpoolFiles({self._folder})"

    def keep(self, item: Pending) -> None:
        path = self._folder / f"{item.name}{_END}"
        fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            private_directory(self._folder)
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                # Held until it is struck out or this process ends: then, and only then, it is anybody's.
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.write(descriptor, self._sealed(item))
                os.fsync(descriptor)
                fresh.rename(path)
                sync_directory(self._folder)
            except BaseException:
                os.close(descriptor)
                fresh.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise refused(error, path, "keep what is to be done") from error
        self._let_go(item.name)
        self._mine[item.name] = descriptor

    def strike(self, name: str) -> None:
        try:
            (self._folder / f"{name}{_END}").unlink(missing_ok=True)
            if self._folder.is_dir():
                sync_directory(self._folder)
        except OSError as error:
            raise refused(error, self._folder, "remove what is done") from error
        finally:
            self._let_go(name)

    def release(self, name: str) -> None:
        self._let_go(name)

    def left(self) -> Iterator[AbstractContextManager[Pending | Unreadable]]:
        for path in self._files(".part"):
            # Its writer died before it had written anything down.
            if (descriptor := _taken(path)) is not None:
                path.unlink(missing_ok=True)
                os.close(descriptor)
        for path in self._files():
            if (descriptor := _taken(path)) is not None:
                yield self._opened(path, descriptor)

    def waiting(self) -> int:
        count = 0
        for path in self._files():
            if (descriptor := _taken(path)) is not None:
                os.close(descriptor)
                count += 1
        return count

    def close(self) -> None:
        """Let go of what was kept: as the end of this process does."""
        for name in list(self._mine):
            self._let_go(name)

    def _files(self, end: str = _END) -> list[Path]:
        with suppress(FileNotFoundError, NotADirectoryError):
            return sorted(path for path in self._folder.iterdir() if path.suffix == end)
        return []

    @contextmanager
    def _opened(self, path: Path, descriptor: int) -> Iterator[Pending | Unreadable]:
        try:
            yield self._read(path, descriptor)
        finally:
            os.close(descriptor)

    def _read(self, path: Path, descriptor: int) -> Pending | Unreadable:
        name = path.name.removesuffix(_END)
        raw = os.pread(descriptor, _LONGEST, 0)
        nonce, sealed = raw[len(_MAGIC) :][:_NONCE_BYTES], raw[len(_MAGIC) + _NONCE_BYTES :]
        try:
            if not raw.startswith(_MAGIC):
                raise ValueError
            fields = json.loads(self._seal.decrypt(nonce, sealed, _bound(name)))
            item = Pending(
                Duty(fields["duty"]),
                fields["call_id"],
                fields["recording_id"],
                datetime.fromisoformat(fields["at"]),
                fields["body"],
            )
        except (InvalidTag, ValueError, KeyError, TypeError):
            return Unreadable(name, f"{path} was changed, or sealed with another secret: restore that secret's file")
        return item

    def _sealed(self, item: Pending) -> bytes:
        text = canonical(
            {
                "duty": item.duty.value,
                "call_id": item.call_id,
                "recording_id": item.recording_id,
                "at": stamp(item.at),
                "body": item.body,
            }
        ).encode()
        nonce = self._random(_NONCE_BYTES)
        return _MAGIC + nonce + self._seal.encrypt(nonce, text, _bound(item.name))

    def _let_go(self, name: str) -> None:
        descriptor = self._mine.pop(name, None)
        if descriptor is not None:
            os.close(descriptor)


def _taken(path: Path) -> int | None:
    """Open and lock what no living process holds; None when one does, or it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refused(error, path, "read what is to be done") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had it may have struck it out while we came.
        if os.fstat(descriptor).st_nlink:
            return descriptor
    except BlockingIOError:
        pass
    os.close(descriptor)
    return None


def _bound(name: str) -> bytes:
    return _INFO + b"\0" + name.encode()
