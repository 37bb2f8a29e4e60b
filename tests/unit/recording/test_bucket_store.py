"""The far store over any bucket: what it asks of one, and what it says when the bucket holds something else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.errors import ArchiveError
from ivr.recording.bucket_store import BucketStore
from ivr.recording.store import LocalStore
from ivr.services.ports.vault import SealedFile
from tests.fakes.bucket import FakeBucket

UNTIL = datetime(2027, 5, 21, tzinfo=UTC)


def sealed_in(store: BucketStore) -> SealedFile:
    return store.open("rec-1", bytes(32), codec="alaw", rate_hz=8000, channels=2).seal()


def test_an_object_is_locked_until_the_deadline_once_it_was_read_back(tmp_path: Path) -> None:
    bucket = FakeBucket(locks=True)
    store = BucketStore(LocalStore(tmp_path), bucket)
    sealed = sealed_in(store)
    assert store.far.locks
    store.upload("rec-1", sealed, lock_until=UNTIL)
    assert bucket.locked == {store.key("rec-1"): UNTIL}
    assert list(bucket.names()) == [store.key("rec-1")]


def test_another_object_of_that_name_is_told_as_people_find_it_and_is_not_locked(tmp_path: Path) -> None:
    bucket = FakeBucket(locks=True)
    store = BucketStore(LocalStore(tmp_path / "vault"), bucket)
    sealed = sealed_in(store)
    (tmp_path / "other").write_bytes(b"another")
    bucket.put(store.key("rec-1"), tmp_path / "other")
    with pytest.raises(ArchiveError, match="not what was sealed") as caught:
        store.upload("rec-1", sealed, lock_until=UNTIL)
    assert caught.value.where == bucket.name(store.key("rec-1"))
    assert bucket.locked == {}
    assert list(store.at_hand()) == ["rec-1"]
