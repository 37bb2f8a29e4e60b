"""Members on a node: imported, deleted, taken over from version 0.1, and required when a program asks who calls."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.installation import examine
from ivr.bootstrap.members import delete_members, import_members, move_member_file, must_have_moved, open_members
from ivr.cli.root import main
from ivr.domain.evidence.events.house import MembersImported
from ivr.domain.identity.check import Answer, IdentityItem, IdentityPlan
from ivr.errors import HostError
from ivr.settings import Settings, default_config_dir, load_settings

#: A list of two members and the KEK it lies under, as version 0.1 wrote them.
OLD = Path(__file__).parents[2] / "data" / "member_file_0_1"
LIST = (
    "member_number;last_name;first_name;birth_date;postal_code;phones\n0047382;Petit;Anne;1985-03-12;01000;0612345678\n"
)


def identifying(settings: Settings) -> Settings:
    plan = IdentityPlan((IdentityItem.MEMBER_NUMBER, IdentityItem.BIRTH_DATE))
    programs = {name: replace(program, identity=plan) for name, program in settings.programs.items()}
    return replace(settings, programs=programs)


def events(archive: Archive) -> list[dict[str, object]]:
    return [dict(event.body) for event in archive.audit.events() if event.kind.startswith("members.")]


def test_a_list_comes_in_is_used_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = load_settings(default_config_dir({}), {"IVR_NODE__DATA_DIR": str(tmp_path / "data")})
    settings = identifying(plain)
    source = tmp_path / "liste.csv"
    source.write_text(LIST, encoding="utf-8")
    archive = open_archive(settings, create=True)
    try:
        assert open_members(plain, archive) is None
        with pytest.raises(HostError, match="no members have been imported"):
            open_members(settings, archive)
        source.chmod(0o644)
        with pytest.raises(HostError, match="0644"):
            import_members(archive, str(source))
        source.chmod(0o600)
        head = import_members(archive, str(source))
        assert (head.count, head.kek_id) == (1, archive.keys.kek_id)
        members = open_members(settings, archive)
        assert members is not None
        assert len(members.by_caller("sip:0612345678@carrier.invalid")) == 1
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LIST.encode())))
        assert import_members(archive, "-").count == 1
        assert delete_members(archive).count == 1
        assert [body["count"] for body in events(archive)] == [1, 1, 1]
        assert "Petit" not in str(events(archive))
    finally:
        archive.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(default_config_dir({}), {"IVR_NODE__DATA_DIR": str(tmp_path / "data")})


@pytest.fixture
def old(settings: Settings) -> Path:
    """The file, on a node of version 0.1."""
    settings.keys.kek_file.parent.mkdir(mode=0o700, parents=True)
    shutil.copy(OLD / "kek", settings.keys.kek_file)
    settings.keys.kek_file.chmod(0o600)
    settings.node.data_dir.mkdir(exist_ok=True)
    return Path(shutil.copy(OLD / "members", settings.node.data_dir))


@pytest.fixture
def upgraded(settings: Settings, old: Path) -> Iterator[Archive]:
    archive = open_archive(settings, create=True)
    yield archive
    archive.close()


def test_the_file_of_version_0_1_moves_into_the_database_with_all_that_was_in_it(
    settings: Settings, old: Path, upgraded: Archive
) -> None:
    (said,) = move_member_file(settings, upgraded)
    assert "2 adhérents" in said
    assert not old.exists()
    head = upgraded.members.verify()
    assert (head.list_id, head.count) == ("members-d80a41bf41f9e6d4", 2)
    assert head.made_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    (one,) = upgraded.members.by_number("0047382")
    assert one.matches(IdentityItem.BIRTH_DATE, Answer(("le douze mars quatre-vingt-cinq",)))
    assert len(upgraded.members.by_caller("sip:0145678901@carrier.invalid")) == 2
    assert events(upgraded) == [{"file": head.list_id, "count": 2, "kek": head.kek_id}]
    assert move_member_file(settings, upgraded) == []


def test_a_move_that_was_interrupted_before_the_list_is_in_force_begins_again(
    settings: Settings, old: Path, upgraded: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(upgraded.audit), "append", killed)
        with pytest.raises(KeyboardInterrupt):
            move_member_file(settings, upgraded)
    assert old.exists()
    assert not upgraded.members.made_since(datetime(2000, 1, 1, tzinfo=UTC))
    assert "2 adhérents" in move_member_file(settings, upgraded)[0]
    assert (upgraded.members.verify().count, old.exists(), len(events(upgraded))) == (2, False, 1)


def test_a_move_that_was_interrupted_before_the_file_is_removed_only_removes_it(
    settings: Settings, old: Path, upgraded: Archive
) -> None:
    move_member_file(settings, upgraded)
    shutil.copy(OLD / "members", old)
    (said,) = move_member_file(settings, upgraded)
    assert "supprimé" in said
    assert (upgraded.members.verify().count, old.exists(), len(events(upgraded))) == (2, False, 1)


def test_a_list_that_was_imported_since_stays(
    settings: Settings, old: Path, upgraded: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LIST.encode())))
    later = import_members(upgraded, "-")
    move_member_file(settings, upgraded)
    assert not old.exists()
    assert upgraded.members.verify() == later


def test_a_file_of_before_a_deletion_brings_no_list_back(settings: Settings, old: Path, upgraded: Archive) -> None:
    move_member_file(settings, upgraded)
    delete_members(upgraded)
    shutil.copy(OLD / "members", old)
    (said,) = move_member_file(settings, upgraded)
    assert "supprimé" in said
    assert not old.exists()
    with pytest.raises(HostError, match="no members have been imported"):
        upgraded.members.head()


def test_the_import_that_version_0_1_told_of_does_not_stop_the_move(
    settings: Settings, old: Path, upgraded: Archive
) -> None:
    upgraded.audit.append(MembersImported(file="members-d80a41bf41f9e6d4", count=2, kek=upgraded.keys.kek_id))
    assert "2 adhérents" in move_member_file(settings, upgraded)[0]


def test_no_master_key_is_destroyed_before_the_file_has_moved(
    settings: Settings, old: Path, upgraded: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_NODE__DATA_DIR", str(settings.node.data_dir))
    with pytest.raises(HostError, match=r"version 0\.1"):
        must_have_moved(settings)
    refused = CliRunner().invoke(main, ["keys", "prune"])
    assert (refused.exit_code, "version 0.1" in " ".join(refused.output.split())) == (3, True)
    (said,) = [check for check in examine(settings) if check.name == "adhérents à identifier"]
    assert (said.ok, str(old) in said.detail, said.remedy) == (False, True, "lancez `ivr init`")
    move_member_file(settings, upgraded)
    must_have_moved(settings)
    assert CliRunner().invoke(main, ["keys", "prune"]).exit_code == 0


def test_a_file_that_was_changed_or_is_under_another_key_is_told_and_stays(
    settings: Settings, old: Path, upgraded: Archive
) -> None:
    whole = old.read_bytes()
    lines = whole.splitlines(keepends=True)
    foreign = whole.replace(lines[1], lines[1].replace(b"members-d8", b"members-d9"))
    changed = [b"".join([*lines[:2], *lines[3:]]), b"".join([*lines[:2], lines[3], lines[2], lines[4]]), foreign]
    changed += [whole.replace(b"2026-11", b"2027-11"), whole[:-40], b"".join(lines[:-1]), b"member_number;name\n", b""]
    for content in changed:
        old.write_bytes(content)
        (said,) = move_member_file(settings, upgraded)
        assert "laissé en place" in said
        assert old.read_bytes() == content
        assert events(upgraded) == []
    old.write_bytes(whole)
    assert "2 adhérents" in move_member_file(settings, upgraded)[0]
