"""A data folder that may only be read: reading reads, and what must be witnessed is refused. Two `ivr init` at once."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.evidence.events.base import Unread
from tests.integration.house import House, write_config
from tests.integration.test_retention_commands import LATER, record


@pytest.fixture
def mounted(house: House) -> Iterator[House]:
    """A house with a recording, and the same house as one sees it who may write nothing there."""
    record(house, "one")
    seen = House(house.folder, house.model_dir, {"IVR_NODE__DATA_DIR": str(house.folder / "seen")})
    (house.folder / "seen").mkdir()
    if os.geteuid():
        shutil.rmtree(house.folder / "seen")
        (house.folder / "seen").symlink_to(house.data_dir)
        folders = [house.data_dir, *(path for path in house.data_dir.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o500)
        yield seen
        for folder in folders:
            folder.chmod(0o700)
        return
    for words in (["--bind", str(house.data_dir)], ["-o", "remount,ro,bind"]):
        done = subprocess.run(["mount", *words, str(house.folder / "seen")], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("this root may not mount, and no folder is read-only to it otherwise")
    try:
        yield seen
    finally:
        subprocess.run(["umount", str(house.folder / "seen")], check=True)


READING = (
    ("recordings", "list"),
    ("recordings", "show", "one"),
    ("recordings", "verify"),
    ("audit", "verify"),
    ("retention", "plan", "--at", LATER),
    ("hold", "list"),
    ("keys", "show"),
)


def told(house: House, *command: str) -> list[Any]:
    done = house.ivr(*command, "--json")
    assert done.returncode == 0, (command, done)
    return done.stdout.splitlines()


def test_what_only_reads_says_the_same_as_where_it_may_write(house: House, mounted: House) -> None:
    for command in READING:
        assert told(mounted, *command) == told(house, *command), command
    checks = mounted.ivr_json("doctor", expect=1)["checks"]
    wrong = {check["name"] for check in checks if not check["ok"]}
    assert wrong == {"dossier de données", "stockage des enregistrements"}


def test_what_must_be_witnessed_is_refused_and_gives_nothing(mounted: House, tmp_path: Path) -> None:
    copy = tmp_path / "copy.wav"
    for command in (
        ("recordings", "export", "one", str(copy), "--reason", "plainte 12"),
        ("recordings", "discard", "one", "--rule", "REC-005", "--reason", "plainte 12"),
        ("recordings", "list", "--role", "agent"),
        ("hold", "request", "one", "--case", "c", "--owner", "o", "--basis", "17.3.e legal claims"),
        ("audit", "export", str(tmp_path / "evidence")),
        ("retention", "run"),
    ):
        done = mounted.ivr(*command)
        assert (done.returncode, "ne peut qu'être lue ici" in done.stderr) == (3, True), (command, done)
    assert not copy.exists()


def test_beside_a_node_that_writes_its_log_is_read_too(house: House, mounted: House) -> None:
    if os.geteuid():
        pytest.skip("the folder is read-only to its writer as well")
    archive = house.archive()
    try:
        archive.audit.append(Unread("kind", {"number": 7}))
        assert archive.database.engine.url.database
        assert Path(f"{archive.database.engine.url.database}-wal").stat().st_size > 0
        shown = mounted.ivr_json("audit", "verify")
        assert (shown["ok"], shown["events"]) == (True, archive.audit.count())
    finally:
        archive.close()


def test_two_inits_at_once_both_end_well(model_dir: Path, tmp_path: Path) -> None:
    house = House(tmp_path / "h", model_dir)
    house.temp_dir.mkdir(parents=True)
    write_config(house.config_dir)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: house.ivr_process("init"), range(3)))
    assert [one.returncode for one in done] == [0, 0, 0], done
    assert sum("Rien à faire" in one.stdout for one in done) == 2
    house.must_be_whole()
