"""A 32-byte secret in a file that only its owner can read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ivr.errors import HostError
from ivr.recording.host import private_directory, refused

SECRET_BYTES = 32
_FIRST_LINE = "ivr secret file, version 1"


@dataclass(frozen=True)
class Secret:
    """`secret_id` names the secret and proves it was read back whole: use and the start of its SHA-256."""

    secret_id: str
    key: bytes = field(repr=False)


def secret_id(use: str, key: bytes) -> str:
    """For example `kek-3f0c9a1be2d4`: twelve hex digits of SHA-256 over use and key."""
    return f"{use}-{hashlib.sha256(f'ivr {use} '.encode() + key).hexdigest()[:12]}"


def create(path: Path, use: str, *, random: Callable[[int], bytes] = os.urandom) -> Secret:
    """Write a new secret with mode 0600; an existing file is kept and loaded. Raises HostError."""
    key = random(SECRET_BYTES)
    return store(path, Secret(secret_id(use, key), key))


def store(path: Path, secret: Secret) -> Secret:
    """Write this secret with mode 0600; an existing file is kept and loaded. Raises HostError."""
    text = f"{_FIRST_LINE}\nid: {secret.secret_id}\nkey: {base64.b64encode(secret.key).decode()}\n"
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        private_directory(path.parent)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # A link, not a rename: two processes that start together must end with one secret.
            os.link(fresh, path)
            sync_directory(path.parent)
        finally:
            fresh.unlink(missing_ok=True)
    except FileExistsError:
        return load(path, secret.secret_id.rpartition("-")[0])
    except OSError as error:
        raise refused(error, path, "create the key file") from error
    return secret


def load(path: Path, use: str) -> Secret:
    """Read a secret. Raises HostError when others may read it, or it is not a whole secret of this use."""
    return _parse(read_private(path, "key file"), path, use)


def read_private(path: Path, what: str) -> bytes:
    """Return up to 4,096 bytes of a file that only its owner may read. Raises HostError naming it and the remedy."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            raw = file.read(4096)
    except OSError as error:
        raise refused(error, path, f"read the {what}") from error
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
        raise HostError(
            f"the {what} can be read or written by others (mode {stat.S_IMODE(status.st_mode):04o})",
            where=str(path),
            remedy=f"chmod 600 {path}",
        )
    return raw


def erase(path: Path) -> None:
    """Overwrite a secret file in place and remove it; absent is fine. Raises HostError."""
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync_directory(path.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise refused(error, path, "remove the key file") from error


def _parse(raw: bytes, path: Path, use: str) -> Secret:
    lines = raw.decode("ascii", "replace").splitlines()
    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    if not lines or lines[0] != _FIRST_LINE or "key" not in fields or "id" not in fields:
        raise HostError("not a key file of ivr", where=str(path), remedy="restore it, or give the right path")
    try:
        key = base64.b64decode(fields["key"], validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != SECRET_BYTES:
        raise HostError(
            f"the key in it does not have {SECRET_BYTES} bytes", where=str(path), remedy="restore it from its backup"
        )
    expected = secret_id(use, key)
    if fields["id"] != expected:
        raise HostError(
            f"the key in it is not '{fields['id'][:60]}', or not one for '{use}'",
            where=str(path),
            remedy="restore it from its backup, or give the right path",
        )
    return Secret(expected, key)


def sync_directory(path: Path) -> None:
    """Make a rename or a removal in `path` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
