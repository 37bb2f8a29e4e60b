"""Members on a node: imported, shown, deleted, and required when a program asks who calls."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.members import (
    delete_members,
    import_members,
    member_path,
    open_members,
    rewrap_members,
    show_members,
)
from ivr.domain.identity.check import IdentityItem, IdentityPlan
from ivr.errors import HostError
from ivr.settings import Settings, default_config_dir, load_settings

LIST = (
    "member_number;last_name;first_name;birth_date;postal_code;phones\n0047382;Petit;Anne;1985-03-12;01000;0612345678\n"
)


def identifying(settings: Settings) -> Settings:
    plan = IdentityPlan((IdentityItem.MEMBER_NUMBER, IdentityItem.BIRTH_DATE))
    programs = {name: replace(program, identity=plan) for name, program in settings.programs.items()}
    return replace(settings, programs=programs)


def test_a_list_comes_in_is_used_survives_a_rotation_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
            import_members(settings, archive, str(source))
        source.chmod(0o600)
        head = import_members(settings, archive, str(source))
        assert (head.count, head.kek_id) == (1, archive.keys.kek_id)
        members = open_members(settings, archive)
        assert members is not None
        assert len(members.by_caller("sip:0612345678@carrier.invalid")) == 1
        archive.keys.rotate()
        assert rewrap_members(settings, archive)
        assert show_members(settings, archive).kek_id == archive.keys.kek_id != head.kek_id
        assert len(members.by_number("0047382")) == 1
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LIST.encode())))
        assert import_members(settings, archive, "-").count == 1
        assert delete_members(settings, archive).count == 1
        assert not member_path(settings).exists()
        bodies = [event.body for event in archive.audit.events() if event.kind.startswith("members.")]
        assert [body["count"] for body in bodies] == [1, 1, 1]
        assert "Petit" not in str(bodies)
    finally:
        archive.close()
