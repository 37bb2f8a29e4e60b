"""Key files: private, whole, and the right one."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from ivr.errors import HostError
from ivr.recording import secret_file
from ivr.recording.data_keys import KEK_USE, LocalKeyRing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "kek"


def test_a_new_key_file_is_private_and_loads_again(path: Path) -> None:
    made = secret_file.create(path, KEK_USE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert secret_file.load(path, KEK_USE) == made
    assert len(made.key) == 32
    assert made.secret_id.startswith("kek-")


def test_creating_again_keeps_the_key(path: Path) -> None:
    made = secret_file.create(path, KEK_USE)
    assert secret_file.create(path, KEK_USE) == made
    assert list(path.parent.iterdir()) == [path]


def _create(path: Path) -> str:
    return secret_file.create(path, KEK_USE).secret_id


def test_processes_that_start_together_end_with_one_key(path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert len(set(pool.map(_create, [path] * 6))) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_key_file_that_others_may_touch_is_refused_with_the_remedy(path: Path, mode: int) -> None:
    secret_file.create(path, KEK_USE)
    path.chmod(mode)
    with pytest.raises(HostError, match=f"chmod 600 {path}"):
        LocalKeyRing.load(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a key file"),
        (b"\x89PNG\r\n\x1a\n" * 10, "not a key file"),
        (b"ivr secret file, version 1\nid: kek-1\n", "not a key file"),
        (b"ivr secret file, version 1\nid: kek-1\nkey: AAAA\n", "32 bytes"),
        (b"ivr secret file, version 1\nid: kek-1\nkey: not base64!\n", "32 bytes"),
        (b"ivr secret file, version 1\nid: kek-000000000000\nkey: " + b"A" * 43 + b"=\n", "kek-000000000000"),
    ],
)
def test_a_wrong_file_is_refused_naming_it(path: Path, content: bytes, said: str) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(HostError, match=said) as refused:
        LocalKeyRing.load(path)
    assert str(path) in str(refused.value)
    assert refused.value.exit_code == 3


def test_a_secret_of_another_purpose_is_refused(path: Path) -> None:
    secret_file.create(path, "dnc")
    with pytest.raises(HostError, match="kek"):
        LocalKeyRing.load(path)


def test_a_missing_file_and_a_directory_are_refused(path: Path) -> None:
    with pytest.raises(HostError, match="ivr init"):
        LocalKeyRing.load(path)
    path.mkdir(parents=True)
    with pytest.raises(HostError):
        LocalKeyRing.load(path)


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(HostError, match="not a directory"):
        secret_file.create(tmp_path / "file" / "kek", KEK_USE)


def test_a_retired_kek_still_opens_what_it_wrapped(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    data_key, wrapped = LocalKeyRing.create(old).new_data_key("rec-1")
    LocalKeyRing.create(new)
    ring = LocalKeyRing.load(new, [old])
    assert ring.unwrap("rec-1", wrapped) == data_key
    assert ring.unwrap("rec-1", ring.wrap("rec-1", data_key)) == data_key


def test_any_changed_byte_of_a_wrapped_key_is_refused(path: Path) -> None:
    from ivr.errors import ArchiveError

    ring = LocalKeyRing.create(path)
    _, wrapped = ring.new_data_key("rec-1")
    for at in range(len(wrapped)):
        spoilt = bytearray(wrapped)
        spoilt[at] ^= 1
        with pytest.raises(ArchiveError, match="rec-1"):
            ring.unwrap("rec-1", bytes(spoilt))


def test_keys_show_in_no_repr_and_no_error(path: Path) -> None:
    made = secret_file.create(path, KEK_USE)
    assert repr(made.key)[2:-1] not in repr(made)
    text = path.read_text()
    path.write_text(text.replace(made.secret_id, "kek-ffffffffffff"))
    os.chmod(path, 0o600)
    with pytest.raises(HostError) as refused:
        LocalKeyRing.load(path)
    assert text.splitlines()[2].removeprefix("key: ") not in str(refused.value)
