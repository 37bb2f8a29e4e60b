"""What every HoldRegister keeps to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.domain.evidence.events.base import Unread
from ivr.domain.retention.legal_hold import Approval, HoldState, LegalHold
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.ports.evidence import AuditLog, Entry
from ivr.services.ports.retention import HoldRegister
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from ivr.storage.legal_holds import SqlHolds
from tests.databases import KINDS
from tests.fakes.vault import START, TickingClock, a_tag


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Database:
    database = open_database(request.param)
    for name in ("rec-1", "rec-2"):
        SqlCatalogue(database).add(a_tag(name), b"wrapped", "kek-1")
    return database


@pytest.fixture
def audit(database: Database) -> AuditLog:
    return SqlAuditLog(database, node_id="node-1", clock=TickingClock())


@pytest.fixture
def holds(database: Database, audit: SqlAuditLog) -> HoldRegister:
    return SqlHolds(database, audit)


def a_hold(hold_id: str = "hold-1", *items: str, after: timedelta = timedelta()) -> LegalHold:
    asked = START + after
    return LegalHold(
        id=hold_id, case="Litige 12", owner="juriste", basis="17.3.e", items=frozenset(items or ("rec-1",)),
        requested_by="anne", requested_at=asked, review_at=asked + timedelta(days=90),
    )  # fmt: skip


def told(hold: LegalHold) -> Entry:
    return Entry(Unread("hold", {"hold_id": hold.id, "state": hold.state.value}))


def kinds(audit: AuditLog) -> list[str]:
    return [event.kind for event in audit.events()]


def test_a_hold_comes_back_as_it_was_added_with_one_event(holds: HoldRegister, audit: AuditLog) -> None:
    hold = a_hold("hold-1", "rec-1", "rec-2")
    holds.add(hold, told(hold))
    assert holds.get("hold-1") == hold
    assert kinds(audit) == ["hold"]


def test_items_that_do_not_exist_and_an_id_that_does_are_refused_and_nothing_is_told(
    holds: HoldRegister, audit: AuditLog
) -> None:
    holds.add(a_hold(), told(a_hold()))
    for wrong in (a_hold("hold-2", "rec-1", "nobody"), a_hold("hold-1", "rec-2")):
        with pytest.raises(ArchiveError):
            holds.add(wrong, told(wrong))
    assert holds.all() == [a_hold()]
    assert kinds(audit) == ["hold"]


def test_a_change_is_kept_whole_with_its_event(holds: HoldRegister, audit: AuditLog) -> None:
    holds.add(a_hold(), told(a_hold()))
    approvals = tuple(Approval(by, START + timedelta(hours=n)) for n, by in enumerate(("bruno", "chloé")))
    active = replace(a_hold(), state=HoldState.ACTIVE, approvals=approvals, active_from=approvals[-1].at)
    assert holds.change("hold-1", lambda found: active, told) == active
    closed = replace(
        active,
        state=HoldState.RELEASED,
        closed_at=START + timedelta(days=3),
        closed_by="anne",
        closed_reason="jugement",
    )

    def close(found: LegalHold) -> LegalHold:
        assert found == active
        return closed

    assert holds.change("hold-1", close, told) == closed
    assert holds.get("hold-1") == closed
    assert [event.body["state"] for event in audit.events()] == ["REQUESTED", "ACTIVE", "RELEASED"]


def test_a_change_that_is_refused_leaves_hold_and_evidence_as_they_were(holds: HoldRegister, audit: AuditLog) -> None:
    holds.add(a_hold(), told(a_hold()))

    def refused(hold: LegalHold) -> LegalHold:
        raise ComplianceError("no second approval by the same person")

    def unspeakable(hold: LegalHold) -> Entry:
        return Entry(Unread("hold", {"text": "words"}))

    with pytest.raises(ComplianceError):
        holds.change("hold-1", refused, told)
    with pytest.raises(ComplianceError):
        holds.change("hold-1", lambda hold: replace(hold, state=HoldState.REJECTED), unspeakable)
    assert holds.get("hold-1") == a_hold()
    assert kinds(audit) == ["hold"]


def test_an_unknown_hold_is_named(holds: HoldRegister) -> None:
    with pytest.raises(ArchiveError, match="hold-9"):
        holds.get("hold-9")
    with pytest.raises(ArchiveError, match="hold-9"):
        holds.change("hold-9", lambda hold: hold, told)


def test_holds_are_listed_newest_first_and_by_state(holds: HoldRegister) -> None:
    for number in range(3):
        hold = a_hold(f"hold-{number}", after=timedelta(days=number))
        holds.add(hold, told(hold))
    holds.change("hold-1", lambda hold: replace(hold, state=HoldState.REJECTED), told)
    assert [hold.id for hold in holds.all()] == ["hold-2", "hold-1", "hold-0"]
    assert [hold.id for hold in holds.all([HoldState.REQUESTED])] == ["hold-2", "hold-0"]
    assert holds.all([HoldState.ACTIVE]) == []
