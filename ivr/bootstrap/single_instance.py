"""One serving node per data folder, since a second one would sweep and answer beside it; one `ivr init` at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from ivr.errors import HostError
from ivr.settings import Settings


@contextmanager
def sole_node(settings: Settings) -> Iterator[None]:
    """Hold the folder's lock; the kernel frees it however the process ends. Raises HostError when another holds it."""
    path = settings.node.data_dir / f"{settings.node.id}.lock"
    try:
        file = path.open("a")
    except OSError as error:
        raise HostError(
            f"the node's lock cannot be opened: {error.strerror}",
            where=str(path),
            remedy="run `ivr init`, mend its rights",
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HostError(
                f"node '{settings.node.id}' is already serving from this data folder",
                where=str(settings.node.data_dir),
                remedy="stop the other one, or give this one its own node.id and node.data_dir",
            ) from None
        yield


@contextmanager
def one_at_a_time(settings: Settings) -> Iterator[None]:
    """Wait until no other installation is under way in this data folder. Raises HostError when it cannot be written."""
    path = settings.node.data_dir / "init.lock"
    try:
        file = path.open("a")
    except OSError as error:
        raise HostError(
            f"the data folder cannot be written: {error.strerror}", where=str(path), remedy="mend its rights"
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
