"""Many files of a local store removed at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.errors import ArchiveError, HostError
from ivr.recording.store import LocalStore


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "vault")


def put(store: LocalStore, name: str, suffix: str = ".ivr") -> Path:
    path = store.path(name, suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sealed")
    return path


def test_every_form_of_the_named_goes_and_the_others_stay(store: LocalStore) -> None:
    forms = [".ivr", ".ivr.partial", ".ivr.partial.new", ".ivr.resealing", ".ivr.resealing.new"]
    gone = [put(store, f"rec-{number}", forms[number % len(forms)]) for number in range(50)]
    stays = put(store, "kept")
    assert store.delete_all([f"rec-{number}" for number in range(50)]) == {}
    assert not any(path.exists() for path in gone)
    assert stays.exists()


def test_deleting_again_is_harmless(store: LocalStore) -> None:
    put(store, "rec-1")
    assert store.delete_all(["rec-1"]) == {}
    assert store.delete_all(["rec-1", "never-was"]) == {}


def test_what_cannot_be_removed_is_named_and_hinders_nothing_else(store: LocalStore) -> None:
    gone = put(store, "rec-1")
    store.path("rec-2").mkdir(parents=True)
    failed = store.delete_all(["rec-2", "../outside", "rec-1"])
    assert not gone.exists()
    assert isinstance(failed.pop("rec-2"), HostError)
    assert isinstance(failed.pop("../outside"), ArchiveError)
    assert failed == {}


def test_removals_that_could_not_be_made_durable_are_no_success(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "rec-1")

    class FailingDisk:
        def __init__(self, *_: object, **__: object) -> None: ...

        def syncfs(self, _: int) -> int:
            return -1

    monkeypatch.setattr("ivr.recording.host.ctypes.CDLL", FailingDisk)
    with pytest.raises(HostError, match="cannot sync the store"):
        store.delete_all(["rec-1"])
