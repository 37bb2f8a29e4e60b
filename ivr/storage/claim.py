"""One at a time, across threads, processes and nodes; what a dead process had claimed is free at once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from ivr.errors import HostError
from ivr.storage.database import Database

#: struct flock of fcntl(2): type, whence, start, length, pid.
_FLOCK = "hhqqi"


@contextmanager
def claimed(database: Database, name: str) -> Iterator[None]:
    """Hold `name` until the block ends, waiting for whoever holds it. Not for nesting with the same name.

    PostgreSQL: an advisory lock of a transaction. SQLite: a lock on one byte of a file beside the database; raises
    HostError when that file cannot be locked.
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 2
    if not database.is_sqlite:
        with database.reading() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
            yield
        return
    database.must_be_writable()
    path = Path(f"{database.engine.url.database}.claims")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HostError(
            f"cannot lock beside the database: {error.strerror}",
            where=str(path),
            remedy="give the user that runs ivr the right to write there",
        ) from error
    try:
        # Of the open file, not of the process: two threads exclude each other as two processes do.
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLKW, struct.pack(_FLOCK, fcntl.F_WRLCK, 0, number, 1, 0))
        yield
    finally:
        os.close(descriptor)
