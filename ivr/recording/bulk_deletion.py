"""Deleting many files of a local store, made durable by one call instead of one per folder."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

from ivr.errors import IvrError
from ivr.recording.host import refused
from ivr.recording.store import PARTIAL, RESEALING, WHOLE, LocalStore


def delete_all(store: LocalStore, recording_ids: Sequence[str]) -> dict[str, IvrError]:
    """Remove what is stored of these recordings, and return what could not be removed, by id.

    When it returns, the removals outlast a power cut: one `syncfs` covers every folder that was touched, where a sync
    of each folder would cost a disk's latency per recording. Raises HostError when that fails.
    """
    failed: dict[str, IvrError] = {}
    for recording_id in recording_ids:
        for suffix in (PARTIAL, RESEALING, WHOLE):
            path = store.path(recording_id, suffix)
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                failed[recording_id] = refused(error, path, "delete the recording")
    if store.root.exists():
        descriptor = os.open(store.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
                number = ctypes.get_errno()
                raise refused(OSError(number, os.strerror(number)), store.root, "sync the store")
        finally:
            os.close(descriptor)
    return failed
