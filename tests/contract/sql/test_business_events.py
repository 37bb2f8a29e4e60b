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
from tests.retention_rig import CALLED, GONE, KEPT, SOUND, RetentionRig


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url(request.param, tmp_path))
    rig.record("sale", tag="sales_audio")
    rig.clock.at = CALLED + timedelta(days=1)
    yield rig
    rig.close()


def test_a_signature_moves_the_deadline_in_the_catalogue_and_stands_in_the_evidence(rig: RetentionRig) -> None:
    before = rig.catalogue.get("sale").deadline
    noted = rig.events.note("sale", EventKind.SIGNATURE, actor="crm", reference="C-9")
    after = rig.catalogue.get("sale").deadline
    assert before is not None
    assert after == noted.effect.decision.due_at > before + timedelta(days=600)
    (event,) = [event for event in rig.audit.events(recording_id="sale") if event.kind == "business.event"]
    assert (event.body["event"], event.body["actor"], event.body["reference"]) == ("signature", "crm", "C-9")
    (stored,) = rig.ledger.stored(["sale"])
    assert [one.kind for one in stored.events] == [EventKind.SIGNATURE]


def test_the_same_event_again_changes_and_notes_nothing(rig: RetentionRig) -> None:
    at = CALLED + timedelta(hours=1)
    rig.events.note("sale", EventKind.OFFER, actor="crm", at=at)
    deadline, events = rig.catalogue.get("sale").deadline, len(rig.audit.events())
    assert rig.events.note("sale", EventKind.OFFER, actor="crm", at=at).effect.already_noted
    assert rig.catalogue.get("sale").deadline == deadline
    assert len(rig.audit.events()) == events


def test_a_refusal_destroys_at_once_and_nothing_revives_it(rig: RetentionRig) -> None:
    noted = rig.events.note("sale", EventKind.REFUSAL, actor="crm")
    assert noted.run is not None
    assert noted.run.destroyed == ["sale"]
    assert rig.state("sale") == GONE
    with pytest.raises(ComplianceError):
        rig.events.note("sale", EventKind.SIGNATURE, actor="crm")


def test_an_event_that_cannot_be_changes_nothing(rig: RetentionRig) -> None:
    before = rig.catalogue.get("sale")
    with pytest.raises(ComplianceError):
        rig.events.note("sale", EventKind.COMPLAINT_CLOSED, actor="crm")
    with pytest.raises(ArchiveError, match="nobody"):
        rig.events.note("nobody", EventKind.OFFER, actor="crm")
    assert rig.catalogue.get("sale") == before
    assert rig.state("sale") == KEPT
    assert "business.event" not in [event.kind for event in rig.audit.events()]


def _begun(rig: RetentionRig, recording_id: str) -> OpenRecording:
    at = rig.clock.at
    due = deadline("sales_audio", at, rig.table, rig.profile)
    tag = a_tag(recording_id, retention="sales_audio", opened_at=at, rule_ids=("REC-007",))
    begun = rig.vault.begin(tag, deadline=due)
    begun.write(SOUND)
    return begun


def test_a_refusal_during_the_call_still_destroys_after_it_was_sealed(rig: RetentionRig) -> None:
    rig.run().run()
    begun = _begun(rig, "live")
    rig.events.note("live", EventKind.REFUSAL, actor="agent")
    refused = rig.catalogue.get("live").deadline
    begun.seal(consent={"caller": {"state": "NOTIFIED"}})
    assert begun.deadline == refused
    assert rig.catalogue.get("live").deadline == refused
    assert table_faults(rig.database) == []
    assert rig.run().run().destroyed == ["live"]
    assert rig.state("live") == GONE


def test_a_signature_during_the_call_is_not_undone_by_sealing(rig: RetentionRig) -> None:
    begun = _begun(rig, "live")
    noted = rig.events.note("live", EventKind.SIGNATURE, actor="agent")
    begun.seal(consent={"caller": {"state": "NOTIFIED"}})
    assert rig.catalogue.get("live").deadline == noted.effect.decision.due_at
    assert table_faults(rig.database) == []


def test_a_number_in_a_reference_is_kept_neither_in_the_row_nor_in_the_evidence(rig: RetentionRig) -> None:
    at = CALLED + timedelta(hours=1)
    for _ in range(2):
        rig.events.note("sale", EventKind.OFFER, actor="a" * 250, at=at, reference="06 12 34 56 78 " + "é" * 290)
    (stored,) = rig.ledger.stored(["sale"])
    (event,) = stored.events
    assert "12" not in event.reference
    assert (len(event.actor), len(event.reference)) == (200, 200)
    assert table_faults(rig.database) == []


def test_a_refusal_said_to_be_older_than_a_hold_does_not_undo_the_hold(rig: RetentionRig) -> None:
    hold = rig.holds.request(
        case="c-1",
        owner="legal",
        basis="18.1.c",
        items=["sale"],
        by="ann",
        review_at=rig.clock.at + timedelta(days=30),
    )
    for person in ("bea", "cyr"):
        rig.holds.approve(hold.id, by=person)
    before_the_hold = rig.clock.at - timedelta(hours=1)
    noted = rig.events.note("sale", EventKind.REFUSAL, actor="agent", at=before_the_hold)
    assert noted.run is not None
    assert noted.run.destroyed == []
    assert rig.state("sale") == KEPT
    rig.holds.release(hold.id, by="ann", reason="over")
    assert rig.run().run().destroyed == ["sale"]
