"""Whoever refused is one person: found under every spelling, kept under one, and the evidence follows."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.access import Actor, Role
from ivr.domain.consent.bar import KnownBy
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.house import Denied
from ivr.domain.evidence.events.objection import BarLifted, BarMoved, Barred
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.consent.barring import bar, barred_by, lift, respell
from ivr.services.ports.evidence import Bar, CallRow
from ivr.storage.call_log import SqlCallLog
from ivr.storage.do_not_call import SqlDoNotCall
from ivr.storage.evidence_reconciliation import table_faults
from tests.databases import KINDS, fresh_url
from tests.retention_rig import CALLED, RetentionRig

SECRET = b"s" * 32
DIALLED = KnownBy.DIALLED
SPELLINGS = ["0692123456", "sip:+262692123456@gw", "00262692123456", "06 92 12 34 56", "+33 692 12 34 56"]


@dataclass
class Register:
    rig: RetentionRig
    sql: SqlDoNotCall

    def older(self, person: str, *, call_id: str, party: str = "") -> str:
        """Bar somebody as an older version did, which took this spelling for the person."""
        entry = hmac.new(SECRET, f"sales\0{person}".encode(), hashlib.sha256).hexdigest()
        body = {"entry": entry, "rule": "CAN-005", "scope": "sales"}
        self.rig.audit.append(Unread(Barred.kind, body), call_id=call_id)
        self.sql.put(entry, scope="sales", rule_id="CAN-005", call_id=call_id)
        if party:
            SqlCallLog(self.rig.database).add(_report(call_id, party))
        return entry

    def refused(self, uri: str, *, call_id: str, known: KnownBy = KnownBy.CLAIMED) -> bool:
        entry = self.sql.entry_of(uri, scope="sales")
        barred = Barred(entry=entry, rule="CAN-005", scope="sales", known_by=known.value)
        return bar(self.rig.vault.ports, self.sql, barred, call_id=call_id, recording_id="")

    def lift(self, short: str) -> Bar:
        dpo = Actor("anne", Role.DPO)
        return lift(self.rig.vault.ports, self.sql, short, actor=dpo, reason="numéro usurpé, plainte 12")

    def told(self, kind: str) -> list[AuditEvent]:
        return [event for event in self.rig.audit.events() if event.kind == kind]

    def barred_by(self, uri: str) -> str | None:
        return barred_by(self.rig.vault.ports, self.sql, uri, scope="sales")

    def respell(self) -> int:
        return respell(self.rig.vault.ports, self.sql)

    @property
    def moves(self) -> int:
        return sum(event.kind == BarMoved.kind for event in self.rig.audit.events())


@pytest.fixture(params=KINDS)
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    rig = RetentionRig(fresh_url(request.param, tmp_path))
    yield Register(rig, SqlDoNotCall(rig.database, secret=SECRET, secret_id="dnc-test", clock=rig.clock))
    rig.close()


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
    assert table_faults(register.rig.database) == []


def test_a_person_with_two_entries_has_one_once_they_are_met(register: Register) -> None:
    both = [register.older("+33692123456", call_id="call-1"), register.older("+262692123456", call_id="call-2")]
    assert register.barred_by("0692123456") == both[1]
    assert register.sql.known(both) == both[1:]
    assert table_faults(register.rig.database) == []


def test_entries_whose_report_tells_the_number_move_without_a_call(register: Register) -> None:
    moving = register.older("+33692123456", call_id="call-1", party="sip:0692123456@gw")
    bare = register.older("262639123456@gw", call_id="call-2", party="sip:262639123456@gw")
    staying = [
        register.older("+33612345678", call_id="call-3", party="sip:0612345678@gw"),
        register.older("+33690123456", call_id="call-4"),
        register.older("nobody", call_id="call-5", party="sip:"),
    ]
    assert register.respell() == 2
    assert register.sql.known([moving, bare, *staying]) == staying
    for uri in ("+262692123456", "+262639123456", "0612345678", "+590690123456"):
        assert register.sql.bars(uri, scope="sales") is not None, uri
    assert register.respell() == 0
    assert table_faults(register.rig.database) == []


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
    with register.rig.database.writing() as connection:
        connection.exec_driver_sql(statement)
    assert any(named in fault for fault in table_faults(register.rig.database))


ALICE = "tel:0612345678"


def test_a_bar_on_a_number_that_a_caller_only_named_is_lifted_with_a_reason(register: Register) -> None:
    register.refused(ALICE, call_id="call-1")
    entry = register.barred_by(ALICE)
    assert entry is not None
    lifted = register.lift(entry[:12])
    assert (lifted.entry, lifted.known_by, lifted.call_id) == (entry, KnownBy.CLAIMED, "call-1")
    assert register.barred_by(ALICE) is None
    (event,) = register.told(BarLifted.kind)
    assert event.body == {
        "entry": entry, "scope": "sales", "known_by": "claimed", "calls": ["call-1"], "actor": "anne", "role": "dpo",
        "reason": "numéro usurpé, plainte 12",
    }  # fmt: skip
    assert table_faults(register.rig.database) == []
    with pytest.raises(ArchiveError):
        register.lift(entry[:12])


@pytest.mark.parametrize("known", [KnownBy.DIALLED, KnownBy.IDENTIFIED, KnownBy.ASSERTED, KnownBy.UNKNOWN])
@pytest.mark.parametrize("named_before", [False, True])
def test_a_refusal_of_the_person_themselves_is_lifted_by_nobody(
    register: Register, known: KnownBy, named_before: bool
) -> None:
    if known is KnownBy.UNKNOWN:
        register.older("+33612345678", call_id="call-1")
    else:
        for call_id, how in (("call-0", KnownBy.CLAIMED), ("call-1", known), ("call-2", KnownBy.CLAIMED)):
            if how is known or named_before:
                register.refused(ALICE, call_id=call_id, known=how)
    entry = str(register.barred_by(ALICE))
    with pytest.raises(ComplianceError, match="a new consent"):
        register.lift(entry)
    assert register.barred_by(ALICE) == entry
    (denial,) = register.told(Denied.kind)
    assert (denial.body["entry"], denial.body["action"], denial.body["known_by"]) == (entry, "lift", known.value)
    assert table_faults(register.rig.database) == []


def test_a_later_refusal_bars_again_and_every_earlier_one_was_lifted(register: Register) -> None:
    register.refused(ALICE, call_id="call-1")
    register.refused(ALICE, call_id="call-2")
    entry = register.barred_by(ALICE)
    register.lift(str(entry))
    assert register.told(BarLifted.kind)[0].body["calls"] == ["call-1", "call-2"]
    assert table_faults(register.rig.database) == []
    register.refused(ALICE, call_id="call-3", known=KnownBy.DIALLED)
    assert register.barred_by(ALICE) == entry
    assert table_faults(register.rig.database) == []


def test_a_refusal_that_another_node_hears_while_a_bar_is_lifted_stands(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.refused(ALICE, call_id="call-1")
    entry = str(register.barred_by(ALICE))
    there = RetentionRig(register.rig.url, node="node-2")
    other = Register(there, SqlDoNotCall(there.database, secret=SECRET, secret_id="dnc-test", clock=there.clock))
    refusing = threading.Thread(target=other.refused, args=(ALICE,), kwargs={"call_id": "call-2", "known": DIALLED})
    undoes = register.sql.refusals

    def meanwhile(lifted: str) -> list[str]:
        calls = undoes(lifted)
        refusing.start()
        refusing.join(timeout=1.0)
        return calls

    monkeypatch.setattr(register.sql, "refusals", meanwhile)
    register.lift(entry)
    refusing.join(timeout=30.0)
    assert register.barred_by(ALICE) == entry
    assert [one.known_by for one in register.sql.listing()] == [DIALLED]
    assert table_faults(register.rig.database) == []
    there.close()


def test_lifting_an_entry_that_has_moved_undoes_what_was_said_under_its_older_id(register: Register) -> None:
    register.older("+33692123456", call_id="call-1")
    register.barred_by("0692123456")
    register.refused("+262692123456", call_id="call-2")
    assert table_faults(register.rig.database) == []
    register.lift(str(register.barred_by("0692123456")))
    assert register.told(BarLifted.kind)[0].body["calls"] == ["call-1", "call-2"]
    assert register.barred_by("0692123456") is None
    assert table_faults(register.rig.database) == []


def test_one_call_bars_once_however_often_it_is_asked_to(register: Register) -> None:
    assert [register.refused(ALICE, call_id="call-1") for _ in range(3)] == [True, False, False]
    assert len(register.told(Barred.kind)) == 1
    # What a process that ended had left to do does not bar again whom somebody has freed meanwhile.
    register.lift(str(register.barred_by(ALICE)))
    assert not register.refused(ALICE, call_id="call-1")
    assert register.barred_by(ALICE) is None


@pytest.mark.parametrize("failing", ["put", "remove"])
def test_a_bar_or_its_lifting_happens_with_its_evidence_or_not_at_all(
    register: Register, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    if failing == "remove":
        register.refused(ALICE, call_id="call-1")
    before, events = register.barred_by(ALICE), len(register.rig.audit.events())

    def full(*_: object, **__: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(register.sql, failing, full)
    with pytest.raises(OSError, match="full"):
        register.lift(str(before)) if failing == "remove" else register.refused(ALICE, call_id="call-1")
    assert (register.barred_by(ALICE), len(register.rig.audit.events())) == (before, events)
    assert table_faults(register.rig.database) == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE do_not_call SET known_by = 'claimed' WHERE call_id = 'call-2'", "how its number was known"),
        ("UPDATE do_not_call SET known_by = 'dialled' WHERE call_id = 'call-1'", "how its number was known"),
        ("UPDATE do_not_call SET known_by = 'any' WHERE call_id = 'call-2'", "how its number was known"),
        ("DELETE FROM do_not_call WHERE call_id = 'call-1'", "is missing"),
        ("INSERT INTO do_not_call SELECT '{entry}', scope, rule_id, 'call-3', added_at, refreshed_at, known_by "
         "FROM do_not_call WHERE call_id = 'call-1'", "tells that it was lifted"),
    ],
)  # fmt: skip
def test_marks_and_liftings_are_held_against_the_evidence(register: Register, statement: str, named: str) -> None:
    for number, known in ((1, KnownBy.CLAIMED), (2, KnownBy.DIALLED), (3, KnownBy.CLAIMED)):
        register.refused(f"tel:061234567{number}", call_id=f"call-{number}", known=known)
    entry = str(register.barred_by("tel:0612345673"))
    register.lift(entry)
    assert table_faults(register.rig.database) == []
    with register.rig.database.writing() as connection:
        connection.exec_driver_sql(statement.format(entry=entry))
    (fault,) = table_faults(register.rig.database)
    assert named in fault


def test_of_older_entries_the_reports_tell_how_the_number_was_known(register: Register) -> None:
    """A report of a call that we placed verifies; who refused in several calls may have been called in one of them."""
    database = register.rig.database
    for call_id, direction in (("call-1", "outbound"), ("call-2", "inbound"), ("call-3", "inbound")):
        register.older(f"+3361234567{call_id[-1]}", call_id=call_id)
        SqlCallLog(database).add(replace(_report(call_id, "sip:x@y"), direction=direction))
    register.older("+33612345673", call_id="call-4")
    register.older("+33612345673", call_id="call-3")
    register.older("+33612345675", call_id="call-5")
    database.downgrade("0004")
    database.upgrade()
    known = {bar.call_id: bar.known_by for bar in register.sql.listing()}
    assert known == {
        "call-1": KnownBy.DIALLED,
        "call-2": KnownBy.CLAIMED,
        "call-3": KnownBy.UNKNOWN,
        "call-5": KnownBy.UNKNOWN,
    }
    assert table_faults(database) == []
