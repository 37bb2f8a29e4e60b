"""EmergencyBook: the fake, SQLite and PostgreSQL; what is switched stands in the evidence, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from ivr.domain.evidence.events.house import EmergencySwitched
from ivr.errors import IvrError
from ivr.services.ports.evidence import AuditLog
from ivr.services.ports.menu import EmergencyBook
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.emergencies import SqlEmergencyBook
from tests.databases import KINDS
from tests.evidence_schema import faults
from tests.fakes.menus import FakeEmergencyBook
from tests.fakes.vault import FakeAuditLog, TickingClock

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ON = EmergencySwitched(
    menu="hotline",
    on=True,
    prompt_id="menu-emergency",
    prompt_version="1",
    actor="lea",
    role="supervisor",
    reason="panne du tiers payant",
)
OFF = replace(ON, on=False, reason="fin de la panne")


class Kept(NamedTuple):
    book: EmergencyBook
    audit: AuditLog


@pytest.fixture(params=["fake", *KINDS])
def kept(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Kept:
    if request.param == "fake":
        fake = FakeAuditLog()
        return Kept(FakeEmergencyBook(fake), fake)
    database = open_database(request.param)
    audit = SqlAuditLog(database, node_id="node-1", clock=TickingClock())
    return Kept(SqlEmergencyBook(database, audit), audit)


def test_a_message_is_on_until_it_is_switched_off_and_the_evidence_says_who_and_why(kept: Kept) -> None:
    book, audit = kept
    assert book.since("hotline") is None
    assert book.switch(ON, NOW)
    assert (book.since("hotline"), book.since("other")) == (NOW, None)
    assert book.switch(OFF, NOW + timedelta(hours=1))
    assert book.since("hotline") is None
    told = [event for event in audit.events() if event.kind == "menu.emergency"]
    assert [(event.body["on"], event.body["actor"], event.body["reason"]) for event in told] == [
        (True, "lea", "panne du tiers payant"),
        (False, "lea", "fin de la panne"),
    ]
    assert [faults(event.kind, event.body) for event in told] == [[], []]


def test_what_is_so_already_changes_nothing_and_is_no_evidence(kept: Kept) -> None:
    book, audit = kept
    assert not book.switch(OFF, NOW)
    assert book.switch(ON, NOW)
    assert not book.switch(ON, NOW + timedelta(hours=1))
    assert book.since("hotline") == NOW
    assert len(audit.events()) == 1


def test_without_its_evidence_nothing_is_switched(kept: Kept) -> None:
    book, audit = kept
    with pytest.raises(IvrError):
        book.switch(replace(ON, prompt_id="x" * 10_000), NOW)
    assert (book.since("hotline"), audit.events()) == (None, [])
