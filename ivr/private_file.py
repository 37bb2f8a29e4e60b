"""A file that only its owner can read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write_private(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write with mode 0600, whatever the umask; an existing file is replaced by a new one, whatever its mode was.

    Who had the old file open reads the old file. A symbolic link, and anything else that is no plain file, is refused.
    On failure nothing half-written stays. Raises OSError.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(errno.EINVAL, "it exists and is not a plain file", str(path))
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            for part in (content,) if isinstance(content, bytes) else content:
                file.write(part)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
