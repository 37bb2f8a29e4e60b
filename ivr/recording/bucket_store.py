"""Recordings in a bucket, of S3 or another kind, made on the local disk first and moved when they are sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from ivr.domain.audio.peaks import Peaks
from ivr.errors import ArchiveError, IvrError
from ivr.recording import content
from ivr.recording.bucket import Bucket
from ivr.recording.local_writer import LocalReservation, LocalWriter
from ivr.recording.ogg_sound import OggSound
from ivr.recording.store import WHOLE, LocalStore
from ivr.services.ports.vault import SealedFile


class BucketStore:
    """RecordingStore and its FarStore: a line writes and seals without the server, and reads come from where it lies.

    Objects are named as files are: `<prefix>/ab/cd/<id>.ivr`.
    """

    def __init__(self, local: LocalStore, bucket: Bucket) -> None:
        self._local = local
        self.bucket = bucket

    @property
    def far(self) -> BucketStore:
        return self

    @property
    def where(self) -> str:
        return self.bucket.where

    @property
    def locks(self) -> bool:
        return self.bucket.locks

    def check(self) -> None:
        self.bucket.check()

    def must_be_writable(self) -> None:
        self._local.must_be_writable()

    def reserve(self, recording_id: str) -> LocalReservation:
        return self._local.reserve(recording_id)

    def open(
        self, recording_id: str, data_key: bytes | bytearray, *, codec: str, rate_hz: int, channels: int
    ) -> LocalWriter:
        return self._local.open(recording_id, data_key, codec=codec, rate_hz=rate_hz, channels=channels)

    def recover(self, recording_id: str, data_key: bytes | bytearray) -> SealedFile | None:
        kept = self._local.recover(recording_id, data_key)
        if kept is not None:
            return kept
        stored = self.bucket.get(self.key(recording_id))
        return None if stored is None else content.described(stored, data_key, recording_id)

    def verify(self, recording_id: str, data_key: bytes | bytearray, sealed: SealedFile) -> None:
        stored, where = self._stored(recording_id)
        content.check(stored, data_key, sealed, recording_id=recording_id, where=where)

    def copy(
        self, recording_id: str, data_key: bytes | bytearray, form: str, metadata: Mapping[str, str] | None = None
    ) -> bytes:
        return content.copy(self._stored(recording_id)[0], data_key, recording_id, form, metadata)

    def sound(self, recording_id: str, data_key: bytes | bytearray, sealed: SealedFile) -> OggSound:
        """From this machine while it is here; else it is fetched once, encrypted, into memory."""
        if self._local.path(recording_id).exists():
            return self._local.sound(recording_id, data_key, sealed)
        there, _ = self._stored(recording_id)
        return content.sound(
            lambda start, end: there[start:end], len(there), data_key, sealed, recording_id=recording_id
        )

    def peaks(self, recording_id: str, data_key: bytes | bytearray) -> Peaks:
        """Kept here until it is moved; measured from what was moved."""
        if self._local.path(recording_id).exists():
            return self._local.peaks(recording_id, data_key)
        return content.peaks(self._stored(recording_id)[0], data_key, recording_id)

    def delete(self, recording_id: str) -> None:
        self._local.delete(recording_id)
        self.bucket.delete(self.key(recording_id))

    def delete_all(self, recording_ids: Sequence[str]) -> Mapping[str, IvrError]:
        failed = self._local.delete_all(recording_ids)
        for recording_id in recording_ids:
            try:
                if recording_id not in failed:
                    self.bucket.delete(self.key(recording_id))
            except IvrError as error:
                failed[recording_id] = error
        return failed

    def digest(self, recording_id: str) -> str | None:
        here = self._local.digest(recording_id)
        if here is not None:
            return here
        stored = self.bucket.get(self.key(recording_id))
        return None if stored is None else hashlib.sha256(stored).hexdigest()

    def drop_empty(self, recording_id: str) -> bool:
        return self._local.drop_empty(recording_id)

    def busy(self, recording_id: str) -> bool:
        return self._local.busy(recording_id)

    def unfinished(self) -> Sequence[str]:
        return self._local.unfinished()

    def stored(self) -> Sequence[str]:
        far = {name.rpartition("/")[2].removesuffix(WHOLE) for name in self.bucket.names() if name.endswith(WHOLE)}
        return sorted({*self._local.stored(), *far})

    def at_hand(self) -> Sequence[str]:
        return self._local.stored()

    def upload(self, recording_id: str, sealed: SealedFile, *, lock_until: datetime | None) -> None:
        """Put the object, read it back, lock it.

        Raises ArchiveError when the local file is not what was sealed, or another object
        has its name; HostError when the server does not answer.
        """
        key = self.key(recording_id)
        here = self._local.whole(recording_id)
        if here is None or hashlib.sha256(here).hexdigest() != sealed.sha256:
            raise ArchiveError(
                f"the file of recording {recording_id} is missing or was changed before it was uploaded",
                where=str(self._local.path(recording_id)),
                remedy="restore it from a backup; 'ivr recordings verify' says more",
            )
        there = self.bucket.get(key)
        if there is None:
            self.bucket.put(key, self._local.path(recording_id))
            there = self.bucket.get(key)
        if there is None or hashlib.sha256(there).hexdigest() != sealed.sha256:
            raise ArchiveError(
                f"what the bucket holds of recording {recording_id} is not what was sealed",
                where=self.bucket.name(key),
                remedy="the local file is kept; remove that object, and it is uploaded again",
            )
        if lock_until is not None:
            self.bucket.lock(key, lock_until)

    def release(self, recording_id: str) -> None:
        self._local.delete(recording_id)

    def key(self, recording_id: str) -> str:
        return self._local.path(recording_id).relative_to(self._local.root).as_posix()

    def _stored(self, recording_id: str) -> tuple[bytes, str]:
        here = self._local.whole(recording_id)
        if here is not None:
            return here, str(self._local.path(recording_id))
        key = self.key(recording_id)
        there = self.bucket.get(key)
        if there is None:
            raise content.missing(recording_id, self.bucket.name(key))
        return there, self.bucket.name(key)
