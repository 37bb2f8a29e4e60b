"""A node notices at once that it lacks the key its recordings lie under, and never makes another in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.bootstrap.archive import check_keys, open_archive, refuse_second_kek
from ivr.errors import HostError
from ivr.settings import Settings, default_config_dir, load_settings
from ivr.storage.database import Database, sqlite_file
from tests.fakes.vault import a_tag


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = load_settings(default_config_dir({}), {"IVR_NODE__DATA_DIR": str(tmp_path / "data")})
    archive = open_archive(found, create=True)
    archive.vault.begin(a_tag()).discard("REC-005", "test")
    archive.vault.begin(a_tag("rec-2")).seal(consent={})
    archive.close()
    return found


def test_the_right_key_is_accepted(settings: Settings) -> None:
    archive = open_archive(settings)
    check_keys(archive)
    archive.close()


def test_another_nodes_key_is_refused_by_name(settings: Settings) -> None:
    archive = open_archive(settings)
    right = archive.keys.kek_id
    archive.close()
    settings.keys.kek_file.unlink()
    archive = open_archive(settings, create=True)
    with pytest.raises(HostError, match=right):
        check_keys(archive)
    archive.close()


def test_a_lost_key_is_not_replaced_by_a_new_one(settings: Settings) -> None:
    settings.keys.kek_file.unlink()
    with pytest.raises(HostError, match="1 keys lie under it"):
        refuse_second_kek(settings)


def test_a_lost_key_is_not_replaced_while_the_database_awaits_its_upgrade(settings: Settings) -> None:
    database = Database.open(settings.database.url)
    database.downgrade("0006")
    database.close()
    settings.keys.kek_file.unlink()
    with pytest.raises(HostError, match="1 keys lie under it"):
        refuse_second_kek(settings)


def test_a_database_without_tables_needs_no_key_yet(settings: Settings) -> None:
    path = sqlite_file(settings.database.url)
    assert path is not None
    path.write_bytes(b"")
    settings.keys.kek_file.unlink()
    refuse_second_kek(settings)


def test_a_first_installation_needs_no_key_yet(tmp_path: Path) -> None:
    refuse_second_kek(load_settings(default_config_dir({}), {"IVR_NODE__DATA_DIR": str(tmp_path / "new")}))
