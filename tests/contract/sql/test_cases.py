"""Files of the desk on both databases: sealed, changed one by one, rewrapped, destroyed without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from ivr.domain.evidence.events.rights import CaseDestroyed, CaseShown
from ivr.errors import ArchiveError
from ivr.recording.kek_files import KekFiles
from ivr.recording.sealer import CaseSealer
from ivr.services.ports.cases import Case, Content
from ivr.services.ports.evidence import Entry
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.cases import SqlCases
from ivr.storage.data_keys import SqlKeyTable
from ivr.storage.database import Database
from ivr.storage.tables import cases
from tests.databases import KINDS
from tests.fakes.vault import TickingClock

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
CONTENT = {"name": "Éléonore Dupont", "notes": ["dora: rappelle"]}
CASE = Case("case-1", "request", "RECEIVED", AT, {"reference": "D1"}, AT + timedelta(days=400))
SHOWN = Entry(CaseShown(actor="dora", role="dpo", room="request", reason="r", count=1))


class Rig:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.keys = KekFiles(folder / "kek", folder / "retired", create=True)
        self.audit = SqlAuditLog(database, node_id="node-1", clock=TickingClock())
        self.book = SqlCases(database, self.audit, self.keys, sealer=CaseSealer)
        self.book.add(CASE, CONTENT, SHOWN)

    def gone(self, case_id: str = "case-1") -> Entry:
        return Entry(CaseDestroyed(case_id=case_id, room="request", status="RECEIVED", rules=("GDP-003",)))


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, open_database: Callable[[str], Database], tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(open_database(request.param), tmp_path)
    yield rig
    rig.keys.close()


def test_a_case_is_read_as_it_was_added_and_is_of_one_room(rig: Rig) -> None:
    assert rig.book.get("case-1", "request") == (CASE, CONTENT)
    assert rig.book.all("request") == [CASE]
    assert rig.book.all("breach") == []
    for case_id, room in (("case-1", "breach"), ("case-2", "request")):
        with pytest.raises(ArchiveError, match="no such case"):
            rig.book.get(case_id, room)


def test_nothing_of_a_person_stands_in_the_rows(rig: Rig) -> None:
    with rig.database.reading() as connection:
        row = connection.execute(select(cases)).one()
    assert "Dupont" not in str(row)
    assert b"Dupont" not in bytes(row.sealed)


def test_a_change_and_its_evidence_are_one(rig: Rig) -> None:
    def change(case: Case, content: Content) -> tuple[Case, Content]:
        return replace(case, state="ANSWERED", keep_until=None), {**content, "found": "rien"}

    case, content = rig.book.change("case-1", "request", change, lambda _: SHOWN)
    assert (case.state, content["found"]) == ("ANSWERED", "rien")
    assert rig.book.get("case-1", "request") == (case, content)
    before = len(rig.audit.events())

    def fail(case: Case, content: Content) -> tuple[Case, Content]:
        raise ArchiveError("no")

    with pytest.raises(ArchiveError, match="no"):
        rig.book.change("case-1", "request", fail, lambda _: SHOWN)
    assert (rig.book.get("case-1", "request"), len(rig.audit.events())) == ((case, content), before)


def test_content_that_was_moved_to_another_case_is_not_opened(rig: Rig) -> None:
    rig.book.add(replace(CASE, id="case-2"), {"name": "Jean"}, SHOWN)
    with rig.database.writing() as connection:
        row = connection.execute(select(cases.c.sealed).where(cases.c.case_id == "case-2")).one()
        connection.execute(update(cases).where(cases.c.case_id == "case-1").values(sealed=row.sealed))
    with pytest.raises(ArchiveError, match="changed"):
        rig.book.get("case-1", "request")


def test_a_new_kek_wraps_the_keys_of_cases_too(rig: Rig) -> None:
    table, old = SqlKeyTable(rig.database), rig.keys.kek_id
    new = rig.keys.rotate()
    found = table.under_others(new, after="", limit=10)
    assert [one.recording_id for one in found] == ["case-1"]
    changes = [(one, rig.keys.wrap("case-1", rig.keys.unwrap("case-1", one.wrapped))) for one in found]
    assert table.rewrap(changes, new) == 1
    assert (table.per_kek(), old != new) == ({new: 1}, True)
    rig.keys.remove(old)
    assert rig.book.get("case-1", "request")[1] == CONTENT


def test_what_is_over_is_found_oldest_first_and_destroyed_once(rig: Rig) -> None:
    rig.book.add(replace(CASE, id="case-2", keep_until=AT), CONTENT, SHOWN)
    rig.book.add(replace(CASE, id="case-3", keep_until=None), CONTENT, SHOWN)
    at = AT + timedelta(days=400)
    assert [case.id for case in rig.book.ended(at, limit=9)] == ["case-2", "case-1"]
    assert [case.id for case in rig.book.ended(at - timedelta(seconds=1), limit=9)] == ["case-2"]
    assert rig.book.destroy("case-1", at, rig.gone())
    assert not rig.book.destroy("case-1", at, rig.gone())
    assert [event.kind for event in rig.audit.events()].count("case.destroyed") == 1
    with pytest.raises(ArchiveError):
        rig.book.get("case-1", "request")


@pytest.mark.parametrize("until", [AT + timedelta(days=401), None])
def test_what_is_kept_longer_since_it_was_found_to_be_over_is_not_destroyed(rig: Rig, until: datetime | None) -> None:
    at = AT + timedelta(days=400)
    (found,) = rig.book.ended(at, limit=9)
    rig.book.change(found.id, "request", lambda case, it: (replace(case, keep_until=until), it), lambda _: SHOWN)
    assert not rig.book.destroy(found.id, at, rig.gone())
    assert rig.book.get("case-1", "request")[1] == CONTENT
    assert "case.destroyed" not in [event.kind for event in rig.audit.events()]


def test_a_destroyed_case_stands_in_no_byte_of_the_sqlite_files(
    open_database: Callable[[str], Database], tmp_path: Path
) -> None:
    rig = Rig(open_database("sqlite"), tmp_path)
    with rig.database.reading() as connection:
        row = connection.execute(select(cases)).one()
    rig.book.destroy("case-1", AT + timedelta(days=400), rig.gone())
    files = [path for path in tmp_path.iterdir() if path.is_file() and path.name.startswith("ivr-")]
    assert files
    for path in files:
        held = path.read_bytes()
        assert bytes(row.wrapped) not in held
        assert bytes(row.sealed) not in held
    rig.keys.close()
