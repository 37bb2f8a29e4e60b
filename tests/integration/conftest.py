"""An installed node for each test; what takes long to make is made once and copied."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ivr.errors import HostError
from ivr.speech.model import WHISPER_BASE, check_model, join_model
from tests.integration.house import REPOSITORY, House, hasten_notices, write_config


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of this session which its workers share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep the other workers waiting: the first one makes the folder, the others find it made."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def model_dir(shared: Path) -> Path:
    """The joined speech model: the repository's, or one made for this session."""
    made = REPOSITORY / "var" / "models" / "whisper-base"
    if all((made / file.name).is_file() for file in WHISPER_BASE):
        with suppress(HostError):
            check_model(made)
            return made
    with alone(shared / "whisper-base"):
        join_model(shared / "whisper-base")
    return shared / "whisper-base"


@pytest.fixture(scope="session")
def installed(model_dir: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house in which `ivr init` has run once; copied for each test, never used itself."""
    whole = House(shared / "installed", model_dir)
    with alone(whole.folder):
        if not whole.folder.exists():
            house = House(tmp_path_factory.mktemp("installing"), model_dir)
            house.temp_dir.mkdir()
            write_config(house.config_dir)
            done = house.ivr_process("init")
            assert done.returncode == 0, done.stderr
            hasten_notices(house.settings())
            house.folder.rename(whole.folder)
    return whole


@pytest.fixture
def house(installed: House) -> Iterator[House]:
    """An installed node in a folder of its own; its path is short, since sockets' names are."""
    with tempfile.TemporaryDirectory(prefix="ivr-test-", ignore_cleanup_errors=True) as folder:
        shutil.copytree(installed.folder, folder, dirs_exist_ok=True)
        yield House(Path(folder), installed.model_dir)
