"""An installed node for each test; what takes long to make is made once and copied."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ivr.errors import HostError
from ivr.speech.model import WHISPER_BASE, check_model, join_model
from tests.integration.house import REPOSITORY, House, hasten_notices, write_config


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The joined speech model: the repository's, or one made for this session and shared by its workers."""
    made = REPOSITORY / "var" / "models" / "whisper-base"
    if all((made / file.name).is_file() for file in WHISPER_BASE):
        with suppress(HostError):
            check_model(made)
            return made
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "whisper-base"
    with (shared.parent / "whisper-base.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        join_model(shared)
    return shared


@pytest.fixture(scope="session")
def installed(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house in which `ivr init` has run once; copied for each test, never used itself."""
    house = House(tmp_path_factory.mktemp("installed"), model_dir)
    house.temp_dir.mkdir()
    write_config(house.config_dir)
    done = house.ivr_process("init")
    assert done.returncode == 0, done.stderr
    hasten_notices(house.settings())
    return house


@pytest.fixture
def house(installed: House) -> Iterator[House]:
    """An installed node in a folder of its own; its path is short, since sockets' names are."""
    with tempfile.TemporaryDirectory(prefix="ivr-test-", ignore_cleanup_errors=True) as folder:
        shutil.copytree(installed.folder, folder, dirs_exist_ok=True)
        yield House(Path(folder), installed.model_dir)
