"""Two nodes never serve from one data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.bootstrap.single_instance import sole_node
from ivr.errors import HostError
from ivr.settings import Settings, default_config_dir, load_settings


def settings(folder: Path, node_id: str = "node-1") -> Settings:
    env = {"IVR_NODE__DATA_DIR": str(folder), "IVR_NODE__ID": node_id}
    return load_settings(default_config_dir({}), env)


def test_a_second_node_is_refused_while_the_first_one_serves(tmp_path: Path) -> None:
    with (
        sole_node(settings(tmp_path)),
        pytest.raises(HostError, match="already serving"),
        sole_node(settings(tmp_path)),
    ):
        pass
    with sole_node(settings(tmp_path)):
        pass


def test_a_data_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="lock"), sole_node(settings(tmp_path / "absent")):
        pass
