"""What an objection demands, in files: durable, private, unreadable, and nobody else's while its writer lives."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.errors import HostError
from ivr.recording.spool import SpoolFiles
from ivr.services.ports.spool import Duty, Pending, Unreadable

SECRET = b"s" * 32
ITEM = Pending(
    Duty.BAR, "call-1", "rec-1", datetime(2026, 11, 21, 9, tzinfo=UTC), {"entry": "ab" * 32, "scope": "sales"}
)

_WRITER = """
import sys, time
from pathlib import Path
from tests.unit.recording.test_spool import ITEM, SECRET
from ivr.recording.spool import SpoolFiles
spool = SpoolFiles(Path(sys.argv[1]), SECRET)
spool.keep(ITEM)
print("kept", flush=True)
sys.stdin.read()
"""


def read(spool: SpoolFiles) -> list[Pending | Unreadable]:
    found = []
    for left in spool.left():
        with left as item:
            found.append(item)
    return found


def test_what_a_killed_process_kept_is_read_by_the_next_one_and_not_before(tmp_path: Path) -> None:
    """SIGKILL leaves what was kept; while its writer lives it is the writer's."""
    folder = tmp_path / "pending"
    command = [sys.executable, "-c", _WRITER, str(folder)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "kept\n"
        spool = SpoolFiles(folder, SECRET)
        assert read(spool) == []
        assert spool.waiting() == 0
    finally:
        writer.kill()
        writer.communicate()
    assert spool.waiting() == 1
    assert read(spool) == [ITEM]
    spool.strike(ITEM.name)
    assert read(spool) == []
    assert list(folder.iterdir()) == []


def test_the_file_is_private_and_says_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "pending"
    SpoolFiles(folder, SECRET).keep(ITEM)
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    content = path.read_bytes()
    for told in (b"sales", b"abab", b"bar", b"call-1"):
        assert told not in content


def test_an_item_is_kept_again_without_a_second_file(tmp_path: Path) -> None:
    spool = SpoolFiles(tmp_path, SECRET)
    spool.keep(ITEM)
    spool.keep(ITEM)
    assert len(list(tmp_path.iterdir())) == 1
    spool.strike(ITEM.name)
    spool.strike(ITEM.name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", ["changed", "cut", "empty", "another secret", "another name"])
def test_an_item_that_was_tampered_with_is_named_and_left(tmp_path: Path, how: str) -> None:
    writer = SpoolFiles(tmp_path, SECRET)
    writer.keep(ITEM)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    spoilt = {"changed": bytes(content), "cut": bytes(content[:-30]), "empty": b""}.get(how)
    if spoilt is not None:
        path.write_bytes(spoilt)
    if how == "another name":
        path = path.rename(path.with_name("call-2-1-bar.pending"))
    writer.close()
    reader = SpoolFiles(tmp_path, b"t" * 32 if how == "another secret" else SECRET)
    (found,) = read(reader)
    assert isinstance(found, Unreadable)
    assert found.name == path.name.removesuffix(".pending")
    assert reader.waiting() == 1


def test_a_half_written_item_of_a_dead_writer_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".call-1-1-bar.pending.4194999.part").write_bytes(b"IVP1")
    assert read(SpoolFiles(tmp_path, SECRET)) == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "pending").write_text("in the way")
    with pytest.raises(HostError) as told:
        SpoolFiles(tmp_path / "pending", SECRET).keep(ITEM)
    assert told.value.remedy
    assert SpoolFiles(tmp_path / "pending", SECRET).waiting() == 0


def test_what_is_struck_out_while_another_comes_is_nobodys(tmp_path: Path) -> None:
    writer = SpoolFiles(tmp_path, SECRET)
    writer.keep(ITEM)
    descriptors = len(os.listdir("/proc/self/fd"))
    reader = SpoolFiles(tmp_path, SECRET)
    for _ in range(5):
        assert read(reader) == []
    assert len(os.listdir("/proc/self/fd")) == descriptors
    writer.strike(ITEM.name)
    assert read(reader) == []


def test_what_its_writer_releases_is_anybodys_while_the_writer_lives(tmp_path: Path) -> None:
    writer, reader = SpoolFiles(tmp_path, SECRET), SpoolFiles(tmp_path, SECRET)
    writer.keep(ITEM)
    assert read(reader) == []
    for _ in range(2):
        writer.release(ITEM.name)
    assert read(reader) == [ITEM]
