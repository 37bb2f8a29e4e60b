"""What every MemberList keeps to, and what the tables of one give away: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import UpdateBase, delete, select, update

from ivr.domain.identity.check import Answer, IdentityItem
from ivr.domain.identity.member import MemberRecord
from ivr.errors import ArchiveError, ComplianceError, HostError
from ivr.recording.kek_files import KekFiles
from ivr.recording.sealer import MemberSealer
from ivr.services.ports.members import MemberList, MemberListHead
from ivr.services.vault.key_rotation import rotate
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.data_keys import SqlKeyTable
from ivr.storage.database import Database
from ivr.storage.members import SqlMembers
from ivr.storage.person_index import SqlPersonIndex
from ivr.storage.tables import member_lists, member_tags, members
from tests.databases import KINDS
from tests.fakes.members import FakeMembers
from tests.fakes.vault import TickingClock

HELENE = MemberRecord(
    "0047382", ("Delacroix", "Meunier"), "Hélène", "1985-03-12", "75011", ("+33612345678", "+33145678901")
)
BASTIEN = MemberRecord("0051976", ("Delacroix",), "Bastien", "1982-07-30", "75011", ("+33145678901",))
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def unheard(_head: MemberListHead) -> None:
    pass


def put(directory: MemberList, *records: MemberRecord) -> MemberListHead:
    return directory.replace(records, made_at=AT, write_evidence=unheard)


@pytest.fixture
def keys(tmp_path: Path) -> KekFiles:
    return KekFiles(tmp_path / "keys" / "kek", tmp_path / "keys" / "retired", create=True)


@pytest.fixture(params=["fake", *KINDS])
def directory(request: pytest.FixtureRequest, keys: KekFiles, open_database: Callable[[str], Database]) -> MemberList:
    """Without a list yet."""
    if request.param == "fake":
        return FakeMembers(records=())
    return SqlMembers(open_database(request.param), keys, sealer=MemberSealer)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Database:
    return open_database(request.param)


@pytest.fixture
def table(database: Database, keys: KekFiles) -> SqlMembers:
    found = SqlMembers(database, keys, sealer=MemberSealer)
    put(found, HELENE, BASTIEN)
    return found


def test_members_are_found_by_number_and_a_household_by_its_telephone(directory: MemberList) -> None:
    put(directory, HELENE, BASTIEN)
    (one,) = directory.by_number("0047382")
    assert one.matches(IdentityItem.MEMBER_NUMBER, Answer(dtmf="0047382"))
    assert one.matches(IdentityItem.BIRTH_DATE, Answer(("le douze mars quatre-vingt-cinq",)))
    assert one.matches(IdentityItem.POSTAL_CODE, Answer(("soixante-quinze mille onze",)))
    assert one.matches(IdentityItem.NAME, Answer(("Hélène Meunier",)))
    assert not one.matches(IdentityItem.BIRTH_DATE, Answer(("le douze mars quatre-vingt-six",)))
    assert [one.first_name for one in directory.by_caller("sip:0145678901@carrier.invalid")] == ["Hélène", "Bastien"]
    assert len(directory.by_caller("sip:+33612345678@carrier.invalid;user=phone")) == 1
    assert not directory.by_caller("sip:anonymous@anonymous.invalid")
    assert not directory.by_number("47382")


@pytest.mark.parametrize("stored", ["+33692123456", "+262692123456"])
def test_an_overseas_member_is_found_whatever_an_older_version_had_stored(directory: MemberList, stored: str) -> None:
    put(directory, MemberRecord("0047383", phones=(stored, "+262262201234")))
    for uri in ("0692123456@c", "+262692123456@c", "262692123456@c", "0033692123456", "0262201234@c"):
        assert len(directory.by_caller(f"sip:{uri}")) == 1, uri
    assert not directory.by_caller("sip:0693123456@c")


def test_a_member_with_one_line_twice_or_under_two_spellings_is_one_member(directory: MemberList) -> None:
    put(directory, MemberRecord("0047383", phones=("+33692123456", "+262692123456", "+33692123456")))
    assert len(directory.by_caller("sip:0692123456@c")) == 1


def test_two_members_with_one_number_are_two(directory: MemberList) -> None:
    put(directory, HELENE, replace(BASTIEN, member_number="0047382"))
    assert [one.first_name for one in directory.by_number("0047382")] == ["Hélène", "Bastien"]


def test_a_list_that_is_imported_again_takes_the_place_of_the_old_one(directory: MemberList) -> None:
    first = put(directory, HELENE, BASTIEN)
    assert directory.by_number("0051976")
    second = directory.replace([HELENE], made_at=AT.replace(microsecond=7), write_evidence=unheard)
    assert not directory.by_number("0051976")
    assert directory.by_number("0047382")
    assert directory.head() == directory.verify() == second
    assert (first.count, second.count, second.made_at) == (2, 1, AT)


def test_a_list_that_breaks_off_or_is_not_told_leaves_the_old_one(directory: MemberList) -> None:
    def broken() -> Iterator[MemberRecord]:
        yield BASTIEN
        raise HostError("the line is no member", where="list.csv", remedy="mend it")

    def mute(_head: MemberListHead) -> None:
        raise HostError("the evidence cannot be written", where="chain", remedy="mend it")

    before = put(directory, HELENE)
    with pytest.raises(HostError, match="no member"):
        directory.replace(broken(), made_at=AT, write_evidence=unheard)
    with pytest.raises(HostError, match="evidence"):
        directory.replace([BASTIEN], made_at=AT, write_evidence=mute)
    with pytest.raises(HostError, match="evidence"):
        directory.delete(write_evidence=mute)
    assert directory.verify() == before
    assert directory.by_number("0047382")
    assert not directory.by_number("0051976")


def test_without_a_list_it_says_to_import_one(directory: MemberList) -> None:
    put(directory, HELENE)
    told: list[MemberListHead] = []
    assert [directory.delete(write_evidence=told.append)] == told
    for look in (directory.head, directory.verify, lambda: directory.delete(write_evidence=unheard)):
        with pytest.raises(HostError, match="no members have been imported"):
            look()


def test_an_address_of_nobody_is_refused(directory: MemberList) -> None:
    put(directory, HELENE)
    with pytest.raises(ComplianceError):
        directory.by_caller("sip:")


# ---- of the tables


def test_no_value_stands_in_the_sqlite_files_nor_in_any_representation(
    tmp_path: Path, keys: KekFiles, open_database: Callable[[str], Database]
) -> None:
    database = open_database("sqlite")
    table = SqlMembers(database, keys, sealer=MemberSealer)
    # While somebody reads, the log keeps all that is written.
    with database.reading() as connection:
        connection.execute(select(members)).all()
        head = put(table, HELENE, BASTIEN)
        (one,) = table.by_number("0047382")
        files = [path for path in tmp_path.iterdir() if path.is_file()]
        kept = b"".join(path.read_bytes() for path in files)
    assert [path.name for path in files if path.name.endswith("-wal") and path.stat().st_size]
    assert head.list_id.encode() in kept
    shown = kept + repr([table, one, HELENE, head, vars(table)]).encode()
    values = ["0047382", "1985", "75011", "elacroix", "eunier", "lène", "12345678", "45678901", "Bastien"]
    assert [value for value in values if value.encode() in shown] == []


def test_of_a_list_that_is_gone_no_row_and_no_key_is_left(
    tmp_path: Path, table: SqlMembers, database: Database
) -> None:
    with database.reading() as connection:
        gone = connection.execute(select(member_lists)).one()
    put(table, HELENE)
    with database.reading() as connection:
        left = {connection.execute(select(one.c.list_id)).scalars().first() for one in (members, member_tags)}
    assert left == {table.head().list_id}
    if database.is_sqlite:
        assert gone.wrapped not in b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    table.delete(write_evidence=unheard)
    with database.reading() as connection:
        for one in (member_lists, members, member_tags):
            assert connection.execute(select(one)).first() is None


def test_another_node_reads_the_old_list_or_the_new_one_while_one_is_imported(
    table: SqlMembers, database: Database, keys: KekFiles
) -> None:
    """At every moment of an import: while it is written, when it is put in force, and after."""
    other = SqlMembers(database, keys, sealer=MemberSealer)
    seen = []

    def read(*_: object) -> None:
        seen.append((len(other.by_number("0047382")), len(other.by_number("0099999"))))

    def many() -> Iterator[MemberRecord]:
        for number in range(1000):
            if number % 250 == 0:
                read()
            yield replace(BASTIEN, member_number=f"{number:07d}")
        yield replace(BASTIEN, member_number="0099999")

    table.replace(many(), made_at=AT, write_evidence=unheard)
    read()
    assert seen == [(1, 0)] * 4 + [(0, 1)]


def test_rows_of_an_import_that_was_killed_are_read_by_nobody_and_go_with_the_next(
    table: SqlMembers, database: Database
) -> None:
    row = {"list_id": "members-dead", "position": 0, "tags": b"t" * 16, "sealed": b"s"}
    with database.writing() as connection:
        connection.execute(members.insert(), row)
        connection.execute(member_tags.insert(), {"list_id": "members-dead", "tag": b"t" * 16, "position": 0})
    assert table.verify().count == 2
    put(table, HELENE)
    with database.reading() as connection:
        assert connection.execute(select(members.c.list_id)).scalars().all() == [table.head().list_id]


def test_a_list_is_adopted_over_what_a_killed_adoption_of_it_left(
    table: SqlMembers, database: Database, keys: KekFiles
) -> None:
    with database.writing() as connection:
        left = {"list_id": "members-again", "position": 0, "tags": b"t" * 16, "sealed": b"s"}
        connection.execute(members.insert(), left)
        connection.execute(member_tags.insert(), {"list_id": "members-again", "tag": b"t" * 16, "position": 0})
    _, wrapped = keys.new_data_key("members-again")
    table.adopt("members-again", wrapped, [(b"t" * 16, b"s")], made_at=AT, write_evidence=unheard)
    assert table.verify().count == 1


def after(database: Database, change: UpdateBase, look: Callable[[], object]) -> None:
    """Look at the list after a change, which is undone when that raises."""
    with database.together(), database.writing() as connection:
        connection.execute(change)
        look()


def test_any_change_is_noticed(table: SqlMembers, database: Database) -> None:
    first, second = members.c.position == 0, members.c.position == 1
    with database.reading() as connection:
        other = connection.execute(select(members.c.tags, members.c.sealed).where(second)).one()
    changes = (
        delete(members).where(second),
        delete(member_tags).where(member_tags.c.position == 1),
        update(members).where(first).values(sealed=other.sealed),
        update(members).where(first).values(tags=other.tags, sealed=other.sealed),
        update(member_lists).values(made_at=AT.replace(year=2027)),
        update(member_lists).values(size=1),
        update(member_lists).values(wrapped=b"IVK1nonsense"),
    )
    for change in changes:
        table.verify()
        with pytest.raises(ArchiveError):
            after(database, change, table.verify)
    assert table.verify().count == 2


def test_a_row_that_claims_another_members_number_does_not_open(table: SqlMembers, database: Database) -> None:
    first, second = members.c.position == 0, members.c.position == 1
    with database.reading() as connection:
        one, other = connection.execute(select(members).order_by(members.c.position)).all()
    changes = (
        update(members).where(first).values(sealed=other.sealed),
        update(members).where(first).values(tags=other.tags, sealed=other.sealed),
        update(members).where(second).values(tags=one.tags),
        update(member_tags).where(member_tags.c.tag == one.tags[:16]).values(position=1),
        delete(members).where(first),
    )
    for change in changes:
        with pytest.raises(ArchiveError, match="changed"):
            after(database, change, lambda: [table.by_number(number) for number in ("0047382", "0051976")])
    assert table.by_number("0047382")


def test_a_rotation_wraps_the_lists_key_anew_and_the_old_kek_may_go(
    table: SqlMembers, database: Database, keys: KekFiles
) -> None:
    before = table.head()
    key_table = SqlKeyTable(database)
    audit = SqlAuditLog(database, node_id="node-1", clock=TickingClock())
    assert key_table.per_kek() == {before.kek_id: 1}
    *_, last = rotate(keys, key_table, audit)
    assert (last.done, last.left, last.faults) == (1, 0, ())
    assert key_table.per_kek() == {keys.kek_id: 1}
    assert table.verify() == replace(before, kek_id=keys.kek_id) != before
    keys.remove(before.kek_id)
    assert SqlMembers(database, keys, sealer=MemberSealer).by_number("0047382")


def test_a_database_that_is_away_is_an_error_and_not_an_unknown_caller(
    tmp_path: Path, keys: KekFiles, open_database: Callable[[str], Database]
) -> None:
    database = open_database("sqlite")
    table = SqlMembers(database, keys, sealer=MemberSealer)
    put(table, HELENE)
    path = Path(str(database.engine.url.database))
    path.rename(tmp_path / "away")
    with pytest.raises(HostError):
        table.by_number("0047382")
    (tmp_path / "away").rename(path)
    assert table.by_number("0047382")


@pytest.mark.parametrize("kind", KINDS)
def test_a_member_bears_the_tag_under_which_the_recordings_of_the_number_are_found(
    kind: str, keys: KekFiles, open_database: Callable[[str], Database]
) -> None:
    database = open_database(kind)
    persons = SqlPersonIndex(database, keys, clock=TickingClock())
    persons.begin()
    put(SqlMembers(database, keys, sealer=MemberSealer, persons=persons), HELENE)
    (found,) = SqlMembers(database, keys, sealer=MemberSealer).by_number("0047382")
    assert found.person is not None
    assert found.person[1] in persons.members("0047382")
    assert found.person[1] not in persons.members("0047383")
