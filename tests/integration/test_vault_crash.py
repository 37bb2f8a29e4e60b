"""SIGKILL at every step of the vault, on a real disk, with SQLite and PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.recording.s3_bucket import BucketSettings
from tests.databases import KINDS, fresh_url
from tests.servers import seaweed

_ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.crash
#: How many deaths there are at least; with PostgreSQL at every third step.
FEWEST = {"sqlite": 35, "postgresql": 12}


def deaths(name: str, kind: str, folder: Path, bucket: BucketSettings | None = None) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "tests.integration.vault_crash_driver", name, fresh_url(kind, folder), str(folder)]
    if bucket is not None:
        command.append(json.dumps({**vars(bucket), "credentials_file": str(bucket.credentials_file)}))
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False, cwd=_ROOT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def must_be_settled(death: dict[str, object]) -> None:
    kept = death["state"] in ("SEALED", "DAMAGED")
    assert death["state"] in (None, "SEALED", "DAMAGED", "DISCARDED", "PURGED"), death
    assert death["has_key"] is kept, death
    assert death["file"] is kept, death
    assert death["half"] == [], death
    assert death["again"] == [], death
    assert death["findings"] == [], death
    assert death["chain"] == [], death
    assert death["plaintext"] is False, death


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_killed_while_recording_or_sealing_loses_nothing_that_was_sealed(kind: str, tmp_path: Path) -> None:
    told = deaths("seal", kind, tmp_path)
    assert len(told) > FEWEST[kind]
    for death in told:
        must_be_settled(death)
    states = [death["state"] for death in told]
    assert states[-1] == "SEALED"
    # Once sealed, always sealed: a later death never takes it back.
    assert set(states[states.index("SEALED") :]) == {"SEALED"}
    assert "DAMAGED" in states


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_killed_after_an_objection_leaves_no_readable_recording(kind: str, tmp_path: Path) -> None:
    told = deaths("discard", kind, tmp_path)
    assert len(told) > FEWEST[kind]
    for death in told:
        must_be_settled(death)
        if "objection" in str(death["kinds"]):
            assert death["state"] == "DISCARDED", death
            assert str(death["kinds"]).count("certificate.destruction") == 1, death


@pytest.mark.parametrize("store", ["local", "s3-locked"])
def test_a_purge_killed_anywhere_is_finished_and_nothing_destroyed_comes_back(store: str, tmp_path: Path) -> None:
    bucket = None
    if store == "s3-locked":
        bucket = seaweed().bucket(f"purge-{os.getpid()}", tmp_path, lock=True, object_lock="governance")
    told = deaths("purge", "sqlite", tmp_path, bucket)
    assert len(told) > 20
    for death in told:
        must_be_settled(death)
        assert str(death["kinds"]).count("certificate.destruction") <= 1, death
        if "recording.discarding" in str(death["kinds"]):
            assert death["state"] in ("PURGED", "DISCARDED"), death
    assert told[-1]["state"] == "PURGED"


@pytest.mark.parametrize("kind", KINDS)
def test_an_upload_killed_anywhere_loses_nothing_that_was_sealed(kind: str, tmp_path: Path) -> None:
    told = deaths("upload", kind, tmp_path, seaweed().bucket(f"upload-{os.getpid()}-{kind}", tmp_path))
    assert len(told) > 15
    for death in told:
        must_be_settled(death)
        assert death["here"] is False, death
    states = [death["state"] for death in told]
    assert set(states[states.index("SEALED") :]) == {"SEALED"}
