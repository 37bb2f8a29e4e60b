"""What the operating system refused, said so that a person can mend it."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

from ivr.errors import HostError

_REMEDIES = {
    errno.ENOSPC: ("the disk is full", "make room on that disk; what was stored before is untouched"),
    errno.EDQUOT: ("the disk quota is used up", "raise the quota; what was stored before is untouched"),
    errno.EFBIG: ("the file is larger than allowed", "raise the file size limit (ulimit -f)"),
    errno.EACCES: ("access denied", "give the user that runs ivr the right to write there"),
    errno.EPERM: ("not permitted", "give the user that runs ivr the right to write there"),
    errno.EROFS: ("the file system is read-only", "mount it for writing, or choose another directory"),
    errno.ENOTDIR: ("a part of the path is not a directory", "choose another directory"),
    errno.ENOENT: ("not found", "run 'ivr init', or correct the path"),
    errno.EMFILE: ("too many open files", "raise the limit (ulimit -n)"),
}


def private_directory(path: Path) -> None:
    """Make a directory and its missing parents, each with mode 0700."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def sync_file_system(path: Path) -> None:
    """Make what was done below `path` outlast a power cut, however many folders it touched. Raises HostError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise refused(OSError(number, os.strerror(number)), path, "sync the store")
    finally:
        os.close(descriptor)


def refused(error: OSError, path: Path, doing: str) -> HostError:
    """Return the HostError for what the system refused while `doing` something to `path`."""
    what, remedy = _REMEDIES.get(error.errno or 0, (error.strerror or str(error), "see the system log"))
    return HostError(f"cannot {doing}: {what}", where=str(path), remedy=remedy)
