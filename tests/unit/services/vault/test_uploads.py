"""What waits on a node's disk goes to the far store once, and what somebody objected to never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.destruction import Discarding
from ivr.domain.evidence.events.objection import Dispelled, Hesitation, Objection
from ivr.domain.evidence.events.recording import Uploaded
from ivr.domain.recording.state import RecordingEvent, RecordingState
from ivr.errors import ArchiveError, HostError
from ivr.services.vault.uploads import upload_waiting, waiting
from ivr.services.vault.vault import Vault
from tests.fakes.vault import (
    START,
    FakeAuditLog,
    FakeCatalogue,
    FakeFarStore,
    FakeKeyRing,
    TickingClock,
    a_tag,
)

DEADLINE = START + timedelta(days=180)


class House:
    def __init__(self) -> None:
        self.store, self.catalogue, self.audit, self.clock = (
            FakeFarStore(),
            FakeCatalogue(),
            FakeAuditLog(),
            TickingClock(),
        )
        self.vault = Vault(
            keys=FakeKeyRing(),
            store=self.store,
            catalogue=self.catalogue,
            audit=self.audit,
            clock=self.clock,
            node_id="node-1",
        )

    def record(self, recording_id: str, *, deadline: datetime | None = DEADLINE) -> None:
        begun = self.vault.begin(a_tag(recording_id, call_id=f"call-of-{recording_id}"), deadline=deadline)
        begun.write(b"\x01\x00" * 320)
        begun.seal(consent={})

    def note(self, kind: str, recording_id: str, **body: object) -> None:
        self.audit.append(Unread(kind, body), call_id=f"call-of-{recording_id}", recording_id=recording_id)

    def upload(self) -> list[tuple[str, bool, str]]:
        return [(one.recording_id, one.done, one.fault) for one in upload_waiting(self.vault.ports)]


@pytest.fixture
def house() -> House:
    return House()


def test_what_is_sealed_goes_over_locked_until_its_deadline_and_leaves_the_disk(house: House) -> None:
    house.record("rec-1")
    assert waiting(house.vault.ports) == ["rec-1"]
    assert house.upload() == [("rec-1", True, "")]
    sealed = house.catalogue.get("rec-1").sealed
    assert sealed is not None
    assert house.store.locked == {"rec-1": DEADLINE}
    assert house.store.files == {}
    (told,) = [event for event in house.audit.chain if event.kind == Uploaded.kind]
    assert (told.call_id, told.recording_id) == ("call-of-rec-1", "rec-1")
    assert told.body == {"sha256": sealed.sha256, "size_bytes": sealed.size_bytes}
    assert waiting(house.vault.ports) == []
    assert house.upload() == []


@pytest.mark.parametrize("kind", [Objection.kind, f"{Objection.kind}.voice", Hesitation.kind, Discarding.kind])
def test_what_somebody_objected_to_stays_where_it_can_be_destroyed(house: House, kind: str) -> None:
    house.record("objected")
    house.record("other")
    house.note(kind, "objected")
    assert house.upload() == [("other", True, "")]
    assert set(house.store.there) == {"other"}
    assert "objected" in house.store.files


def test_a_doubt_that_was_dispelled_and_an_objection_that_keeps_hold_nothing_back(house: House) -> None:
    for name in ("reassured", "kept"):
        house.record(name)
    house.note(Hesitation.kind, "reassured")
    house.note(Dispelled.kind, "reassured")
    house.note(Objection.kind, "kept", discards=False)
    assert house.upload() == [("kept", True, ""), ("reassured", True, "")]


def test_what_has_no_key_any_more_or_is_no_longer_kept_is_not_uploaded(house: House) -> None:
    for name in ("keyless", "purged", "unsealed"):
        house.record(name)
    house.catalogue.destroy_keys(["keyless"])
    house.catalogue.move("purged", RecordingEvent.PURGE)
    house.catalogue.rows["unsealed"] = replace(house.catalogue.get("unsealed"), sealed=None)
    assert waiting(house.vault.ports) == ["keyless", "unsealed"]
    assert house.upload() == []
    assert house.store.there == {}


def test_a_damaged_recording_is_kept_and_so_goes_over_too(house: House) -> None:
    house.record("rec-1")
    assert house.catalogue.move("rec-1", RecordingEvent.FAIL) is RecordingState.DAMAGED
    assert house.upload() == [("rec-1", True, "")]


@pytest.mark.parametrize("deadline", [None, START, START + timedelta(milliseconds=1)])
def test_what_is_due_already_goes_over_without_a_lock(house: House, deadline: datetime | None) -> None:
    house.record("rec-1", deadline=deadline)
    house.upload()
    assert house.store.locked["rec-1"] is None


def test_one_that_cannot_be_copied_waits_and_the_others_go_over(house: House) -> None:
    for name in ("a", "b", "c"):
        house.record(name)
    house.store.refused["b"] = ArchiveError("was changed", remedy="take it from a backup")
    assert house.upload() == [("a", True, ""), ("b", False, "was changed"), ("c", True, "")]
    assert set(house.store.files) == {"b"}


def test_a_far_store_that_is_away_ends_the_run_and_the_next_goes_on(house: House) -> None:
    for name in ("a", "b", "c"):
        house.record(name)
    house.store.refused["b"] = HostError("the store is away", remedy="see its log")
    (_, told) = list(upload_waiting(house.vault.ports))
    assert (told.recording_id, told.done, told.fault, told.remedy) == ("b", False, "the store is away", "see its log")
    assert set(house.store.files) == {"b", "c"}
    house.store.refused.clear()
    assert [done for _, done, _ in house.upload()] == [True, True]


def test_a_recording_is_claimed_while_it_goes_over(house: House) -> None:
    house.record("rec-1")
    seen: list[bool] = []
    release = house.store.release

    def watched(recording_id: str) -> None:
        seen.append(house.catalogue._claims["recording rec-1"].locked())
        release(recording_id)

    house.store.release = watched  # type: ignore[method-assign]
    house.upload()
    assert seen == [True]
    assert not house.catalogue._claims["recording rec-1"].locked()
