"""Business events on a real database: stored, audited, the deadline decided anew, a refusal acted on at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.artefact import EventKind
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError
from ivr.services.business_events import event_kind
from tests.databases import KINDS, fresh_url
from tests.unit.services.retention_world import CALLED, GONE, KEPT, RetentionWorld


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


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="signature"):
        event_kind("signatur")
