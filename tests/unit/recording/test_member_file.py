"""The member file: found by keyed tags, nothing in clear on the disk, every change noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.domain.identity.check import Answer, IdentityItem
from ivr.domain.identity.member import MemberRecord
from ivr.errors import ArchiveError, HostError
from ivr.recording.kek_files import KekFiles
from ivr.recording.member_file import MemberFile, read_head, rewrap, write_members
from ivr.storage.person import spellings_of

HELENE = MemberRecord(
    "0047382", ("Delacroix", "Meunier"), "Hélène", "1985-03-12", "75011", ("+33612345678", "+33145678901")
)
BASTIEN = MemberRecord("0051976", ("Delacroix",), "Bastien", "1982-07-30", "75011", ("+33145678901",))
AT = "2026-11-21T09:00:00+00:00"


@pytest.fixture
def keys(tmp_path: Path) -> KekFiles:
    return KekFiles(tmp_path / "keys" / "kek", tmp_path / "keys" / "retired", create=True)


@pytest.fixture
def path(tmp_path: Path, keys: KekFiles) -> Path:
    path = tmp_path / "members"
    write_members(path, [HELENE, BASTIEN], keys, made_at=AT)
    return path


def opened(path: Path, keys: KekFiles) -> MemberFile:
    return MemberFile(path, keys, spellings_of=spellings_of)


def test_members_are_found_by_number_and_a_household_by_its_telephone(path: Path, keys: KekFiles) -> None:
    members = opened(path, keys)
    (one,) = members.by_number("0047382")
    assert one.matches(IdentityItem.MEMBER_NUMBER, Answer(keys="0047382"))
    assert one.matches(IdentityItem.BIRTH_DATE, Answer(("le douze mars quatre-vingt-cinq",)))
    assert one.matches(IdentityItem.POSTAL_CODE, Answer(("soixante-quinze mille onze",)))
    assert one.matches(IdentityItem.NAME, Answer(("Hélène Meunier",)))
    assert not one.matches(IdentityItem.BIRTH_DATE, Answer(("le douze mars quatre-vingt-six",)))
    assert len(members.by_caller("sip:0145678901@carrier.invalid")) == 2
    assert len(members.by_caller("sip:+33612345678@carrier.invalid;user=phone")) == 1
    assert members.by_caller("sip:anonymous@anonymous.invalid") == ()
    assert members.by_number("47382") == ()


@pytest.mark.parametrize("stored", ["+33692123456", "+262692123456"])
def test_an_overseas_member_is_found_whatever_an_older_version_had_stored(
    tmp_path: Path, keys: KekFiles, stored: str
) -> None:
    write_members(tmp_path / "old", [MemberRecord("0047383", phones=(stored, "+262262201234"))], keys, made_at=AT)
    members = opened(tmp_path / "old", keys)
    for uri in (
        "sip:0692123456@c",
        "sip:+262692123456@c",
        "sip:262692123456@c",
        "tel:0033692123456",
        "sip:0262201234@c",
    ):
        assert len(members.by_caller(uri)) == 1, uri
    assert members.by_caller("sip:0693123456@c") == ()


def test_a_member_with_one_line_under_two_spellings_is_one_member(tmp_path: Path, keys: KekFiles) -> None:
    phones = ("+33692123456", "+262692123456")
    write_members(tmp_path / "old", [MemberRecord("0047383", phones=phones)], keys, made_at=AT)
    assert len(opened(tmp_path / "old", keys).by_caller("sip:0692123456@c")) == 1


def test_no_value_stands_in_the_file_nor_in_any_representation(path: Path, keys: KekFiles) -> None:
    members = opened(path, keys)
    (one,) = members.by_number("0047382")
    shown = path.read_bytes() + repr([members, one, HELENE, read_head(path, keys)]).encode()
    values = ["0047382", "1985", "75011", "elacroix", "eunier", "lène", "12345678", "45678901", "Bastien"]
    assert [value for value in values if value.encode() in shown] == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_list_that_is_imported_again_takes_the_place_of_the_old_one(path: Path, keys: KekFiles) -> None:
    members = opened(path, keys)
    assert members.by_number("0051976")
    write_members(path, [HELENE], keys, made_at=AT)
    assert members.by_number("0051976") == ()
    assert members.by_number("0047382")


def test_any_change_is_noticed(path: Path, keys: KekFiles) -> None:
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    told = json.loads(lines[1])
    swapped = json.dumps({**told, "made_at": "2027-01-01T00:00:00+00:00"}).encode() + b"\n"
    for changed in (
        b"".join([*lines[:2], *lines[3:]]),
        b"".join([*lines[:2], lines[3], lines[2], lines[4]]),
        b"".join([lines[0], swapped, *lines[2:]]),
        whole[:-40],
        whole.replace(lines[2][40:60], lines[3][40:60]),
        b"".join(lines[:-1]),
        b"member_number;last_name\n",
    ):
        path.write_bytes(changed)
        with pytest.raises(ArchiveError) as caught:
            opened(path, keys)
        assert "ivr members import" in caught.value.remedy
    path.write_bytes(whole)
    assert opened(path, keys).by_number("0047382")


def test_a_row_that_claims_another_members_number_does_not_open(path: Path, keys: KekFiles) -> None:
    members = opened(path, keys)
    (one, other) = (json.loads(rows[0]) for rows in members._by_number.values())
    members._by_number[one[0]] = [json.dumps([one[0], one[1], other[2]]).encode()]
    with pytest.raises(ArchiveError, match="changed"):
        members.by_number("0047382")


def test_a_rotation_wraps_the_key_anew_and_the_old_kek_may_go(path: Path, keys: KekFiles) -> None:
    before = read_head(path, keys).kek_id
    assert rewrap(path, keys) is False
    keys.rotate()
    assert rewrap(path, keys) is True
    assert read_head(path, keys).kek_id == keys.kek_id != before
    keys.remove(before)
    assert opened(path, keys).by_number("0047382")


def test_a_file_that_others_may_read_or_that_is_missing_is_refused(path: Path, keys: KekFiles) -> None:
    path.chmod(0o640)
    with pytest.raises(HostError, match="0640"):
        opened(path, keys)
    path.unlink()
    with pytest.raises(HostError, match="no members have been imported"):
        opened(path, keys)
