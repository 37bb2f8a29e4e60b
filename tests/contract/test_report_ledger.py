"""What every ReportLedger keeps to; whole runs over it are in `sql/test_call_reports.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.destruction import ReportsDestroyed
from ivr.domain.retention.legal_hold import Approval, HoldState, LegalHold
from ivr.services.ports.call_details import CallDetails, DetailQuery
from ivr.services.ports.call_reports import ReportLedger, StoredReport
from ivr.services.ports.evidence import AuditLog, CallLog, Entry
from ivr.services.ports.vault import Catalogue
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.call_details import SqlCallDetails
from ivr.storage.call_log import SqlCallLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from ivr.storage.legal_holds import SqlHolds
from ivr.storage.report_ledger import SqlReportLedger
from tests.contract.test_call_details import a_leg
from tests.contract.test_call_log import a_call
from tests.fakes.call_details import FakeCallDetails
from tests.fakes.call_reports import FakeReportLedger
from tests.fakes.vault import START, FakeAuditLog, FakeCallLog, FakeCatalogue, TickingClock, a_tag

LATER = START + timedelta(days=400)


@dataclass(frozen=True)
class Kept:
    log: CallLog
    details: CallDetails
    catalogue: Catalogue
    audit: AuditLog
    ledger: ReportLedger
    hold: Callable[[LegalHold], None]

    @property
    def legs(self) -> list[str]:
        return sorted(leg.leg_id for one in self.details.each(DetailQuery()) for leg in one.legs)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.audit.events()]


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Kept:
    """Four reports of two legs each; the last of a call without a recording."""
    clock = TickingClock()
    if request.param == "fake":
        log, catalogue, fake_audit = FakeCallLog(), FakeCatalogue(), FakeAuditLog(clock=clock)
        fake = FakeReportLedger(log, catalogue, fake_audit)
        kept = Kept(log, FakeCallDetails(log), catalogue, fake_audit, fake, catalogue.holds.append)
    else:
        database = open_database(request.param)
        audit = SqlAuditLog(database, node_id="node-1", clock=clock)
        noted = Entry(Unread("hold.requested", {}))
        kept = Kept(
            SqlCallLog(database),
            SqlCallDetails(database),
            SqlCatalogue(database),
            audit,
            SqlReportLedger(database, audit),
            lambda hold: SqlHolds(database, audit).add(hold, noted),
        )
    for number in range(4):
        row = a_call(number, answered=number != 3)
        kept.log.add(row, legs=[a_leg(row, "a"), a_leg(row, "b")])
    return kept


def a_hold(hold_id: str, *items: str, state: HoldState = HoldState.ACTIVE) -> LegalHold:
    return LegalHold(
        hold_id, "C-1", "legal", "17.3.e", frozenset(items), "anne", START, LATER, state,
        (Approval("bruno", START), Approval("chloe", START)), START,
    )  # fmt: skip


def ids(found: Sequence[StoredReport]) -> list[str]:
    return [one.call_id for one in found]


def an_entry(legs: int) -> Entry:
    return Entry(ReportsDestroyed(count=1, legs=legs, earliest=START, latest=START, rules=("RET-001",), owner="one"))


def test_reports_come_by_the_beginning_of_their_call_then_id_in_pages(kept: Kept) -> None:
    kept.log.add(replace(a_call(9), call_id="call-0-too", started_at=START))
    assert ids(kept.ledger.begun(LATER, limit=9)) == ["call-0", "call-0-too", "call-1", "call-2", "call-3"]
    assert ids(kept.ledger.begun(START + timedelta(minutes=1), limit=9)) == ["call-0", "call-0-too", "call-1"]
    assert kept.ledger.begun(START - timedelta(seconds=1), limit=9) == []
    seen: list[str] = []
    after = None
    while page := kept.ledger.begun(LATER, limit=1, after=after):
        seen, after = seen + ids(page), page[-1].place
    assert seen == ["call-0", "call-0-too", "call-1", "call-2", "call-3"]
    assert ids(kept.ledger.begun(LATER, limit=9, after=(START + timedelta(minutes=2), ""))) == ["call-2", "call-3"]


def test_a_report_is_held_with_the_recording_that_it_names_or_that_names_its_call(kept: Kept) -> None:
    for recording_id, call_id in (("rec-1", "a call"), ("rec-2", "call-2"), ("more", "call-3")):
        kept.catalogue.add(a_tag(recording_id, call_id=call_id), b"wrapped", "kek-1")
    kept.hold(a_hold("hold-b", "rec-1", "more"))
    kept.hold(a_hold("hold-a", "rec-1"))
    kept.hold(a_hold("asked for", "rec-2", state=HoldState.REQUESTED))
    found = {one.call_id: one for one in kept.ledger.begun(LATER, limit=9)}
    assert [hold.id for hold in found["call-1"].holds] == ["hold-a", "hold-b"]
    assert [hold.id for hold in found["call-3"].holds] == ["hold-b"]
    assert all(hold.covers(one.call_id) for one in found.values() for hold in one.holds)
    assert found["call-0"].holds == found["call-2"].holds == ()


def test_what_is_chosen_goes_with_its_legs_and_leaves_its_evidence(kept: Kept) -> None:
    shown: list[str] = []

    def chosen(found: Sequence[StoredReport]) -> Collection[str]:
        shown.extend(sorted(ids(found)))
        return ["call-0", "call-2"]

    assert kept.ledger.destroy(["call-0", "call-1", "call-2", "nobody"], chosen, an_entry) == 4
    assert shown == ["call-0", "call-1", "call-2"]
    assert sorted(row.call_id for row in kept.log.find()) == ["call-1", "call-3"]
    assert kept.legs == ["call-1-a", "call-1-b", "call-3-a", "call-3-b"]
    assert kept.kinds == ["reports.destroyed"]
    assert kept.audit.events()[0].body["legs"] == 4


def test_where_none_is_chosen_nothing_goes_and_nothing_is_written(kept: Kept) -> None:
    assert kept.ledger.destroy(["call-0"], lambda _: [], lambda _: pytest.fail("nothing to tell")) == 0
    assert kept.ledger.destroy(["nobody"], ids, lambda _: pytest.fail("nothing to tell")) == 0
    assert (len(kept.legs), kept.kinds) == (8, [])


def test_without_its_evidence_no_report_goes(kept: Kept) -> None:
    def failing(_: int) -> Entry:
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        kept.ledger.destroy(["call-0"], ids, failing)
    assert (len(kept.log.find()), len(kept.legs), kept.kinds) == (4, 8, [])
