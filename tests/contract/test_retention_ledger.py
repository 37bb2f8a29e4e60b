"""What every RetentionLedger keeps to; whole runs over it are in `sql/test_retention_run.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from ivr.domain.evidence.events.recording import BusinessNoted
from ivr.domain.recording.state import RecordingEvent, RecordingState
from ivr.domain.retention.artefact import Artefact, FixedDeadline, Purpose
from ivr.errors import ArchiveError
from ivr.services.ports.evidence import AuditLog
from ivr.services.ports.retention import RetentionLedger, Stored
from ivr.services.ports.vault import Catalogue, SealedFile
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from ivr.storage.retention_ledger import SqlRetentionLedger
from tests.databases import KINDS
from tests.fakes.vault import START, TickingClock, a_tag

DUE = START + timedelta(days=180)
LEASE = timedelta(minutes=10)
NOTED = BusinessNoted(event="refusal", event_at=START, actor="crm", reference="")


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Database:
    return open_database(request.param)


@pytest.fixture
def audit(database: Database) -> AuditLog:
    return SqlAuditLog(database, node_id="node-1", clock=TickingClock())


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    """Five sealed recordings that are due from the last to the first, two of them at once, and one being made."""
    catalogue = SqlCatalogue(database)
    for number in range(5):
        name, deadline = f"rec-{number}", DUE - timedelta(days=min(number, 3))
        catalogue.add(a_tag(name), b"wrapped", "kek-1", deadline=deadline)
        catalogue.describe(
            name,
            sealed=SealedFile("ab" * 32, 10, 20),
            deadline=deadline,
            closed_at=START,
            consent={},
            gaps=[],
            masks=[],
        )
        for step in (RecordingEvent.CLOSE, RecordingEvent.SEAL):
            catalogue.move(name, step)
    catalogue.add(a_tag("rec-now"), b"wrapped", "kek-1", deadline=DUE - timedelta(days=9))
    return catalogue


@pytest.fixture
def ledger(database: Database, audit: SqlAuditLog, catalogue: Catalogue) -> RetentionLedger:
    return SqlRetentionLedger(database, audit)


def ids(found: list[Stored]) -> list[str]:
    return [one.recording_id for one in found]


def claim(ledger: RetentionLedger, *names: str, owner: str = "one", now: datetime = DUE) -> set[str]:
    return ledger.claim(names, owner=owner, now=now, until=now + LEASE)


def test_what_is_due_comes_by_deadline_then_id_in_pages(ledger: RetentionLedger) -> None:
    assert ids(ledger.due(DUE, limit=9)) == ["rec-3", "rec-4", "rec-2", "rec-1", "rec-0"]
    assert ids(ledger.due(DUE - timedelta(days=2), limit=9)) == ["rec-3", "rec-4", "rec-2"]
    first = ledger.due(DUE, limit=1)
    assert ids(ledger.due(DUE, limit=2, after=first[-1].place)) == ["rec-4", "rec-2"]
    assert ledger.due(DUE - timedelta(days=4), limit=9) == []


def test_what_holds_audio_comes_by_id_and_what_was_asked_for_in_any_state(ledger: RetentionLedger) -> None:
    assert ids(ledger.kept(limit=3)) == ["rec-0", "rec-1", "rec-2"]
    assert ids(ledger.kept(limit=3, after="rec-2")) == ["rec-3", "rec-4"]
    assert sorted(ids(ledger.stored(["rec-now", "rec-1", "nobody"]))) == ["rec-1", "rec-now"]
    (one,) = ledger.stored(["rec-1"])
    assert (one.call_id, one.deadline, one.sha256, one.state, one.holds, one.events, one.fault) == (
        "call-1", DUE - timedelta(days=1), "ab" * 32, "SEALED", (), (), ""
    )  # fmt: skip
    assert [purpose.tag for purpose in one.artefact.purposes] == ["quality-audio"]


def test_an_event_of_an_unknown_recording_is_refused(ledger: RetentionLedger, audit: AuditLog) -> None:
    with pytest.raises(ArchiveError, match="nobody"):
        ledger.note_event("nobody", lambda stored: pytest.fail("nothing to apply it to"), NOTED)
    assert audit.events() == []


def test_deadlines_are_fixed_as_they_were_decided(ledger: RetentionLedger, audit: AuditLog) -> None:
    ended = DUE - timedelta(days=40)
    purposes = (
        Purpose("commercial", FixedDeadline(DUE, "last_contact", START)),
        Purpose("quality-audio", FixedDeadline(ended, "recorded_at", START), ended_at=ended),
    )
    ledger.reschedule([])
    ledger.reschedule([(Artefact("rec-3", START, purposes), DUE)])
    (found,) = ledger.stored(["rec-3"])
    assert (found.artefact.purposes, found.deadline) == (purposes, DUE)
    assert len(audit.events(recording_id="rec-3")) == 1


def test_a_claim_is_one_owners_until_its_lease_ends_or_it_is_given_back(ledger: RetentionLedger) -> None:
    assert ledger.claim([], owner="one", now=DUE, until=DUE + LEASE) == set()
    assert claim(ledger, "rec-0", "rec-1") == {"rec-0", "rec-1"}
    assert claim(ledger, "rec-0", "rec-2", owner="two") == {"rec-2"}
    assert claim(ledger, "rec-0") == {"rec-0"}
    assert claim(ledger, "rec-0", owner="two", now=DUE + LEASE - timedelta(seconds=1)) == set()
    assert claim(ledger, "rec-0", owner="two", now=DUE + LEASE) == {"rec-0"}
    ledger.release("one")
    assert claim(ledger, "rec-0", "rec-1", owner="three") == {"rec-1"}


def test_some_of_what_was_claimed_may_be_given_back(ledger: RetentionLedger) -> None:
    claim(ledger, "rec-0", "rec-1")
    ledger.release("one", ["rec-0"])
    ledger.release("two", ["rec-1"])
    assert claim(ledger, "rec-0", "rec-1", owner="two") == {"rec-0"}


def test_only_what_holds_audio_is_locked_for_its_destruction(ledger: RetentionLedger, catalogue: Catalogue) -> None:
    assert catalogue.move_all(["rec-1", "rec-now"], RecordingEvent.PURGE, reason="retention", at=DUE) == {"rec-1"}
    assert catalogue.get("rec-1").state is RecordingState.PURGED
    assert catalogue.get("rec-now").state is RecordingState.CAPTURING
    with catalogue.together():
        assert ids(ledger.locked(["rec-0", "rec-1", "rec-now", "nobody"])) == ["rec-0"]


def test_a_fact_is_what_was_noted_last(ledger: RetentionLedger) -> None:
    assert ledger.fact("policy") == ""
    assert ledger.fact("policy", "one") == "one"
    assert ledger.fact("policy", "two") == "two"
    assert (ledger.fact("policy"), ledger.fact("other")) == ("two", "")
