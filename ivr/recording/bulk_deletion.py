"""Deleting many files of a local store, made durable by one call instead of one per folder."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ivr.errors import IvrError
from ivr.recording.host import refused
from ivr.recording.partial import NEW
from ivr.recording.store import PARTIAL, RESEALING, WHOLE, LocalStore

_SUFFIXES = [suffix + more for suffix in (PARTIAL, RESEALING, WHOLE) for more in ("", NEW)]
#: Removing a file waits for the file system's journal, not for a core: several wait together.
_HANDS = 8


def delete_all(store: LocalStore, recording_ids: Sequence[str]) -> dict[str, IvrError]:
    """Remove what is stored of these recordings, and return what could not be removed, by id.

    When it returns, the removals outlast a power cut: one `syncfs` covers every folder that was touched, where a sync
    of each folder would cost a disk's latency per recording. Raises HostError when that fails.
    """
    with ThreadPoolExecutor(_HANDS, thread_name_prefix="delete") as hands:
        done = zip(recording_ids, hands.map(lambda one: _delete(store, one), recording_ids), strict=True)
        failed = {recording_id: error for recording_id, error in done if error is not None}
    if store.root.exists():
        descriptor = os.open(store.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
                number = ctypes.get_errno()
                raise refused(OSError(number, os.strerror(number)), store.root, "sync the store")
        finally:
            os.close(descriptor)
    return failed


def _delete(store: LocalStore, recording_id: str) -> IvrError | None:
    try:
        paths = [store.path(recording_id, suffix) for suffix in _SUFFIXES]
    except IvrError as error:
        return error
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            return refused(error, path, "delete the recording")
    return None
