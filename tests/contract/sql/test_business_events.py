"""Business events on a real database: stored, audited, the deadline decided anew, a refusal acted on at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.retention.artefact import EventKind
from ivr.domain.retention.decision import deadline
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.vault.open_recording import OpenRecording
from ivr.storage.evidence_reconciliation import table_faults
from tests.databases import KINDS, fresh_url
from tests.fakes.vault import a_tag
from tests.retention_world import CALLED, GONE, KEPT, SOUND, RetentionWorld


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionWorld]:
    world = RetentionWorld(fresh_url(request.param, tmp_path))
    world.record("sale", tag="sales_audio")
    world.clock.at = CALLED + timedelta(days=1)
    yield world
    world.close()


def test_a_signature_moves_the_deadline_in_the_catalogue_and_stands_in_the_evidence(world: RetentionWorld) -> None:
    before = world.catalogue.get("sale").deadline
    noted = world.events.note("sale", EventKind.SIGNATURE, actor="crm", reference="C-9")
    after = world.catalogue.get("sale").deadline
    assert before is not None
    assert after == noted.effect.decision.due_at > before + timedelta(days=600)
    (event,) = [event for event in world.audit.events(recording_id="sale") if event.kind == "business.event"]
    assert (event.body["event"], event.body["actor"], event.body["reference"]) == ("signature", "crm", "C-9")
    (stored,) = world.ledger.stored(["sale"])
    assert [one.kind for one in stored.events] == [EventKind.SIGNATURE]


def test_the_same_event_again_changes_and_notes_nothing(world: RetentionWorld) -> None:
    at = CALLED + timedelta(hours=1)
    world.events.note("sale", EventKind.OFFER, actor="crm", at=at)
    deadline, events = world.catalogue.get("sale").deadline, len(world.audit.events())
    assert world.events.note("sale", EventKind.OFFER, actor="crm", at=at).effect.already_noted
    assert world.catalogue.get("sale").deadline == deadline
    assert len(world.audit.events()) == events


def test_a_refusal_destroys_at_once_and_nothing_revives_it(world: RetentionWorld) -> None:
    noted = world.events.note("sale", EventKind.REFUSAL, actor="crm")
    assert noted.run is not None
    assert noted.run.destroyed == ["sale"]
    assert world.state("sale") == GONE
    with pytest.raises(ComplianceError):
        world.events.note("sale", EventKind.SIGNATURE, actor="crm")


def test_an_event_that_cannot_be_changes_nothing(world: RetentionWorld) -> None:
    before = world.catalogue.get("sale")
    with pytest.raises(ComplianceError):
        world.events.note("sale", EventKind.COMPLAINT_CLOSED, actor="crm")
    with pytest.raises(ArchiveError, match="nobody"):
        world.events.note("nobody", EventKind.OFFER, actor="crm")
    assert world.catalogue.get("sale") == before
    assert world.state("sale") == KEPT
    assert "business.event" not in [event.kind for event in world.audit.events()]


def _begun(world: RetentionWorld, recording_id: str) -> OpenRecording:
    at = world.clock.at
    due = deadline("sales_audio", at, world.table, world.profile)
    tag = a_tag(recording_id, retention="sales_audio", opened_at=at, rule_ids=("REC-007",))
    begun = world.vault.begin(tag, deadline=due)
    begun.write(SOUND)
    return begun


def test_a_refusal_during_the_call_still_destroys_after_it_was_sealed(world: RetentionWorld) -> None:
    world.run().run()
    begun = _begun(world, "live")
    world.events.note("live", EventKind.REFUSAL, actor="agent")
    refused = world.catalogue.get("live").deadline
    begun.seal(consent={"caller": {"state": "NOTIFIED"}}, deadline=world.clock.at + timedelta(days=30))
    assert world.catalogue.get("live").deadline == refused
    assert table_faults(world.database) == []
    assert world.run().run().destroyed == ["live"]
    assert world.state("live") == GONE


def test_a_signature_during_the_call_is_not_undone_by_sealing(world: RetentionWorld) -> None:
    begun = _begun(world, "live")
    noted = world.events.note("live", EventKind.SIGNATURE, actor="agent")
    begun.seal(consent={"caller": {"state": "NOTIFIED"}})
    assert world.catalogue.get("live").deadline == noted.effect.decision.due_at
    assert table_faults(world.database) == []


def test_a_number_in_a_reference_is_kept_neither_in_the_row_nor_in_the_evidence(world: RetentionWorld) -> None:
    at = CALLED + timedelta(hours=1)
    for _ in range(2):
        world.events.note("sale", EventKind.OFFER, actor="a" * 250, at=at, reference="06 12 34 56 78 " + "é" * 290)
    (stored,) = world.ledger.stored(["sale"])
    (event,) = stored.events
    assert "12" not in event.reference
    assert (len(event.actor), len(event.reference)) == (200, 200)
    assert table_faults(world.database) == []


def test_a_refusal_said_to_be_older_than_a_hold_does_not_undo_the_hold(world: RetentionWorld) -> None:
    hold = world.holds.request(
        case="c-1",
        owner="legal",
        basis="18.1.c",
        items=["sale"],
        by="ann",
        review_at=world.clock.at + timedelta(days=30),
    )
    for person in ("bea", "cyr"):
        world.holds.approve(hold.id, by=person)
    before_the_hold = world.clock.at - timedelta(hours=1)
    noted = world.events.note("sale", EventKind.REFUSAL, actor="agent", at=before_the_hold)
    assert noted.run is not None
    assert noted.run.destroyed == []
    assert world.state("sale") == KEPT
    world.holds.release(hold.id, by="ann", reason="over")
    assert world.run().run().destroyed == ["sale"]
