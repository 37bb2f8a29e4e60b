"""Whoever refused is one person: found under every spelling, kept under one, and the evidence follows."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.services.barring import BARRED, MOVED, barred_by, settle_spellings
from ivr.services.ports import CallRow
from ivr.storage.call_log import SqlCallLog
from ivr.storage.do_not_call import SqlDoNotCall
from ivr.storage.testimony import table_faults
from tests.databases import KINDS, fresh_url
from tests.unit.services.retention_world import CALLED, RetentionWorld

SECRET = b"s" * 32
SPELLINGS = ["0692123456", "sip:+262692123456@gw", "00262692123456", "06 92 12 34 56", "+33 692 12 34 56"]


@dataclass
class Register:
    world: RetentionWorld
    sql: SqlDoNotCall

    def older(self, person: str, *, call_id: str, party: str = "") -> str:
        """Bar somebody as an older version did, which took this spelling for the person."""
        entry = hmac.new(SECRET, f"sales\0{person}".encode(), hashlib.sha256).hexdigest()
        body = {"entry": entry, "rule": "CAN-005", "scope": "sales"}
        self.world.audit.append(BARRED, call_id=call_id, body=body)
        self.sql.put(entry, scope="sales", rule_id="CAN-005", call_id=call_id)
        if party:
            SqlCallLog(self.world.database).add(_report(call_id, party))
        return entry

    def barred_by(self, uri: str) -> str | None:
        return barred_by(self.world.vault.holdings, self.sql, uri, scope="sales")

    def settle(self) -> int:
        return settle_spellings(self.world.vault.holdings, self.sql)

    @property
    def moves(self) -> int:
        return sum(event.kind == MOVED for event in self.world.audit.events())


@pytest.fixture(params=KINDS)
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    world = RetentionWorld(fresh_url(request.param, tmp_path))
    yield Register(world, SqlDoNotCall(world.database, secret=SECRET, secret_id="dnc-test", clock=world.clock))
    world.close()


def _report(call_id: str, party: str) -> CallRow:
    return CallRow(
        call_id=call_id, program="hotline-quality", direction="inbound", party=party, started_at=CALLED,
        answered_at=None, ended_at=CALLED + timedelta(minutes=1), disposition="ANSWERED", sip_status=200,
        hangup_cause=16, ended_by="caller", recording_id=None, recording_state="", consent={}, node_id="node-1",
    )  # fmt: skip


@pytest.mark.parametrize("uri", SPELLINGS)
@pytest.mark.parametrize("noted", ["+33692123456", "+262692123456"])
def test_an_overseas_person_barred_by_an_older_version_stays_barred_in_every_spelling(
    register: Register, noted: str, uri: str
) -> None:
    register.older(noted, call_id="call-1")
    assert register.barred_by(uri) == register.sql.entry_of("tel:+262692123456", scope="sales")
    assert register.barred_by("0693123456") is None
    # One entry is left, and the evidence says how it came to be.
    assert register.sql.known(register.sql.entries_of(uri, scope="sales")) == [register.barred_by(uri)]
    assert register.moves == (noted != "+262692123456")
    assert table_faults(register.world.database) == []


def test_a_person_with_two_entries_has_one_once_they_are_met(register: Register) -> None:
    both = [register.older("+33692123456", call_id="call-1"), register.older("+262692123456", call_id="call-2")]
    assert register.barred_by("0692123456") == both[1]
    assert register.sql.known(both) == both[1:]
    assert table_faults(register.world.database) == []


def test_entries_whose_report_tells_the_number_move_without_a_call(register: Register) -> None:
    moving = register.older("+33692123456", call_id="call-1", party="sip:0692123456@gw")
    bare = register.older("262639123456@gw", call_id="call-2", party="sip:262639123456@gw")
    staying = [
        register.older("+33612345678", call_id="call-3", party="sip:0612345678@gw"),
        register.older("+33690123456", call_id="call-4"),
        register.older("nobody", call_id="call-5", party="sip:"),
    ]
    assert register.settle() == 2
    assert register.sql.known([moving, bare, *staying]) == staying
    for uri in ("+262692123456", "+262639123456", "0612345678", "+590690123456"):
        assert register.sql.bars(uri, scope="sales") is not None, uri
    assert register.settle() == 0
    assert table_faults(register.world.database) == []


def test_a_move_and_its_evidence_happen_together(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = register.older("+33692123456", call_id="call-1")
    monkeypatch.setattr(register.sql, "move", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        register.barred_by("0692123456")
    assert register.moves == 0
    assert register.sql.known([entry]) == [entry]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM do_not_call", "(call call-1) made it"),
        ("UPDATE do_not_call SET rule_id = 'X'", "was altered"),
        ("UPDATE do_not_call SET entry_id = 'ff'", "do-not-call entry ff: no event"),
    ],
)
def test_an_entry_that_has_moved_is_still_held_against_the_evidence(
    register: Register, statement: str, named: str
) -> None:
    register.older("+33692123456", call_id="call-1")
    register.barred_by("0692123456")
    with register.world.database.writing() as connection:
        connection.exec_driver_sql(statement)
    assert any(named in fault for fault in table_faults(register.world.database))
