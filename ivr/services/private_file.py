"""A file that only its owner can read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_private(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write with mode 0600, whatever the umask; an existing file is replaced. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        for part in (content,) if isinstance(content, bytes) else content:
            file.write(part)
