"""The local store against a hostile disk."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import ArchiveError, HostError
from ivr.recording import local_writer
from ivr.recording.content import CODECS
from ivr.recording.store import PARTIAL, RESEALING, WHOLE, LocalStore
from tests.fakes.heard import pcm_of

KEY = bytes(range(32))
SECOND = np.random.default_rng(3).integers(-8000, 8000, 16000).astype("<i2").tobytes()


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "vault")


@pytest.fixture(params=list(CODECS))
def codec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def write(store: LocalStore, recording_id: str, seconds: int, codec: str = "opus") -> local_writer.LocalWriter:
    writer = store.open(recording_id, KEY, codec=codec, rate_hz=8000, channels=2)
    for _ in range(seconds):
        writer.write(SECOND)
    return writer


def test_files_and_folders_are_private_and_fanned_out(store: LocalStore) -> None:
    write(store, "rec-1", 2).seal()
    path = store.path("rec-1")
    assert path.relative_to(store.root).parts[-1] == "rec-1.ivr"
    assert len(path.relative_to(store.root).parts) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (store.root, path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", ".hidden", "x" * 101, "a\0b", "é"])
def test_an_id_cannot_leave_the_directory(store: LocalStore, name: str) -> None:
    with pytest.raises(ArchiveError, match="id of a recording"):
        store.open(name, KEY, codec="opus", rate_hz=8000, channels=2)


def test_half_samples_are_refused(store: LocalStore) -> None:
    with pytest.raises(ArchiveError, match="rec-1"):
        write(store, "rec-1", 0).write(b"\0\0\0")


@pytest.mark.parametrize("spoil", ["cut", "changed", "lengthened"])
def test_a_spoilt_file_is_named_and_refused(store: LocalStore, spoil: str) -> None:
    sealed = write(store, "rec-1", 5).seal()
    path = store.path("rec-1")
    content = bytearray(path.read_bytes())
    if spoil == "cut":
        del content[-1:]
    elif spoil == "changed":
        content[len(content) // 2] ^= 1
    else:
        content += b"\0"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=f"rec-1 was {spoil}"):
        store.verify("rec-1", KEY, sealed)
    with pytest.raises(ArchiveError, match="rec-1"):
        pcm_of(store, "rec-1", KEY)


def test_a_full_disk_is_said_with_path_and_remedy_and_the_prefix_stays(store: LocalStore) -> None:
    """A file size limit is a full disk that needs no disk: the system refuses the write in the middle."""
    earlier = write(store, "rec-0", 3).seal()
    writer = write(store, "rec-1", 1, "alaw")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        with pytest.raises(HostError) as refused:
            writer.write(SECOND * 20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(store.path("rec-1", PARTIAL)) in str(refused.value)
    assert refused.value.remedy
    with pytest.raises(ArchiveError):
        writer.write(SECOND)
    store.verify("rec-0", KEY, earlier)
    sealed = store.recover("rec-1", KEY)
    assert sealed is not None
    assert sealed.duration_ms >= 5000


def test_no_space_left_says_to_make_room(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = write(store, "rec-1", 3, "alaw")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ivr.recording.local_writer.os.write", full)
    with pytest.raises(HostError, match="make room") as refused:
        writer.write(SECOND)
    assert "disk is full" in str(refused.value)
    assert refused.value.exit_code == 3


def test_room_for_the_file_but_not_for_its_second_copy_keeps_the_half_written_one(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, "rec-1", 30).close()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("ivr.recording.local_writer.os.write", full)
        with pytest.raises(HostError):
            store.recover("rec-1", KEY)
    assert list(store.unfinished()) == ["rec-1"]
    assert list(store.stored()) == []
    assert not store.path("rec-1", RESEALING).exists()
    assert store.recover("rec-1", KEY) is not None


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Root may write everywhere; these tests need a user who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_unwritable_directory_is_said_before_anything_is_recorded(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    root = tmp_path / "vault"
    root.mkdir(mode=0o555)
    root.chmod(0o555)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    request.getfixturevalue("as_nobody")
    store = LocalStore(root)
    with pytest.raises(HostError, match="right to write") as refused:
        store.must_be_writable()
    assert str(root) in str(refused.value)


def test_a_file_where_the_directory_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "vault").write_bytes(b"")
    with pytest.raises(HostError, match="vault"):
        LocalStore(tmp_path / "vault")


@pytest.mark.parametrize("left", ["torn resealing", "whole and partial"])
def test_recovery_that_was_killed_starts_again(store: LocalStore, codec: str, left: str) -> None:
    write(store, "rec-1", 30, codec).close()
    half = store.path("rec-1", PARTIAL).read_bytes()
    if left == "torn resealing":
        store.path("rec-1", RESEALING).write_bytes(half[:5000])
    else:
        assert store.recover("rec-1", KEY) is not None
        store.path("rec-1", PARTIAL).write_bytes(half)
    sealed = store.recover("rec-1", KEY)
    assert sealed is not None
    store.verify("rec-1", KEY, sealed)
    assert sorted(path.name for path in store.path("rec-1").parent.iterdir()) == ["rec-1" + WHOLE]


#: A process of its own: a fork of this one would inherit the locks of threads that it does not have.
_CHILD = """
import pathlib, signal, sys, numpy as np
from ivr.recording.store import LocalStore
root, codec, seconds, then = sys.argv[1:]
writer = LocalStore(pathlib.Path(root)).open("rec-1", bytes(range(32)), codec=codec, rate_hz=8000, channels=2)
second = np.random.default_rng(3).integers(-8000, 8000, 16000).astype("<i2").tobytes()
for _ in range(int(seconds)):
    writer.write(second)
print("written", flush=True)
signal.raise_signal(signal.SIGKILL) if then == "die" else signal.pause()
"""


def child(store: LocalStore, codec: str, seconds: int, then: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _CHILD, str(store.root), codec, str(seconds), then]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_only_the_last_seconds_are_lost_when_a_process_is_killed(store: LocalStore, codec: str) -> None:
    with child(store, codec, 30, "die") as process:
        assert process.wait(60) == -signal.SIGKILL
    assert not store.busy("rec-1")
    sealed = store.recover("rec-1", KEY)
    assert sealed is not None
    assert sealed.duration_ms >= 30_000 - 4_500
    store.verify("rec-1", KEY, sealed)


def test_while_another_process_writes_the_recording_is_busy(store: LocalStore) -> None:
    with child(store, "opus", 2, "wait") as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"written\n"
            assert store.busy("rec-1")
        finally:
            process.kill()
    assert not store.busy("rec-1")


def test_no_sample_stands_in_the_clear_in_any_file(store: LocalStore, codec: str) -> None:
    writer = write(store, "rec-1", 6, codec)
    found = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    writer.seal()
    found += store.path("rec-1").read_bytes()
    for window in (SECOND[:64], SECOND[8000:8064], b"OggS", b"OpusHead", b"RIFF"):
        assert window not in found
