"""The vault on a real database: a move and its evidence happen together, a hold forbids, and one bad row stops nothing.

The same on a failing chain: a destruction that is due needs no evidence, and a certificate says what is not yet so.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ivr.domain.recording.state import RecordingEvent, RecordingState
from ivr.errors import ComplianceError, HostError, IvrError
from ivr.private_file import write_private
from ivr.services.ports.evidence import Entry
from ivr.services.vault.fixity import leftovers
from ivr.services.vault.open_recording import OpenRecording
from ivr.services.vault.vault import Vault
from ivr.storage.audit_log import SqlAuditLog
from tests.databases import KINDS, fresh_url
from tests.fakes.vault import FakeKeyRing, a_tag
from tests.retention_rig import CALLED, RetentionRig

PCM = b"\1\0\2\0" * 8000
CONSENT = {"caller": {"state": "NOTIFIED"}}


class FailingAudit(SqlAuditLog):
    """Fails for these kinds as often as told; `deaf` cannot be read at all."""

    failures: dict[str, int]
    deaf = False

    def append_all(self, entries: Sequence[Entry]) -> Any:
        for kind in (entry.event.kind for entry in entries if self.failures.get(entry.event.kind, 0)):
            self.failures[kind] -= 1
            raise HostError("the database does not answer")
        return super().append_all(entries)

    def events(self, **given: Any) -> Any:
        self._must_hear()
        return super().events(**given)

    def first_of(self, recording_ids: Sequence[str], kind: str) -> Any:
        self._must_hear()
        return super().first_of(recording_ids, kind)

    def _must_hear(self) -> None:
        if self.deaf:
            raise HostError("the chain cannot be read")


class Place(RetentionRig):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.failing = FailingAudit(self.database, node_id="node-1", clock=self.clock)
        self.failing.failures = {}
        self.vault = self.at("node-1")

    def at(self, node_id: str) -> Vault:
        return Vault(
            keys=FakeKeyRing(),
            store=self.store,
            catalogue=self.catalogue,
            audit=self.failing,
            clock=self.clock,
            node_id=node_id,
        )

    def begun(self, recording_id: str = "rec-1", **tag: object) -> OpenRecording:
        recording = self.vault.begin(a_tag(recording_id, opened_at=CALLED, **tag))
        recording.write(PCM)
        return recording

    def sealed(self, recording_id: str = "rec-1") -> None:
        self.begun(recording_id).seal(consent=CONSENT)

    def kinds(self, recording_id: str = "rec-1") -> list[str]:
        return [event.kind for event in self.audit.events(recording_id=recording_id)]

    def hold(self, recording_id: str) -> str:
        hold = self.holds.request(
            case="litige 2026-17",
            owner="dpo",
            basis=self.basis,
            items=[recording_id],
            by="ana",
            review_at=self.clock.now() + timedelta(days=10),
        )
        for person in ("bob", "cleo"):
            self.holds.approve(hold.id, by=person)
        return hold.id

    @property
    def basis(self) -> str:
        return self.profile.names("RET-002", "bases")[0]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    made = Place(fresh_url(request.param, tmp_path))
    yield made
    made.close()


def test_a_seal_whose_evidence_fails_did_not_happen_and_the_retry_writes_both(place: Place) -> None:
    recording = place.begun()
    place.failing.failures["recording.sealed"] = 1
    with pytest.raises(HostError):
        recording.seal(consent=CONSENT)
    assert place.catalogue.get("rec-1").state is RecordingState.SEALING
    recording.seal(consent=CONSENT)
    row = place.catalogue.get("rec-1")
    assert (row.state, recording.state, row.gaps) == (RecordingState.SEALED, RecordingState.SEALED, [])
    assert place.kinds() == ["recording.started", "recording.sealed"]


def test_one_failed_append_after_the_seal_damages_nothing(place: Place) -> None:
    recording = place.begun()
    place.failing.failures["recording.sealed"] = 1
    with pytest.raises(HostError):
        recording.seal(consent=CONSENT)
    assert recording.fail("the database did not answer") is RecordingState.SEALED
    assert place.catalogue.get("rec-1").gaps == []


def test_a_seal_that_was_written_although_its_writer_was_told_otherwise_stays_sealed(place: Place) -> None:
    recording = place.begun()
    recording.seal(consent=CONSENT)
    assert recording.fail("no answer to COMMIT") is RecordingState.SEALED
    assert place.catalogue.get("rec-1").gaps == []
    recording.seal(consent=CONSENT)
    assert place.kinds().count("recording.sealed") == 1


def test_what_was_written_although_its_answer_was_lost_is_not_written_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = place.begun()
    together, lost = place.catalogue.together, True

    @contextmanager
    def unanswered() -> Iterator[None]:
        nonlocal lost
        with together():
            yield
        lost = not lost
        if not lost:
            raise HostError("no answer to COMMIT")

    monkeypatch.setattr(place.catalogue, "together", unanswered)
    for act in (partial(recording.pause, "doubt"), recording.resume):
        known = recording.state
        with pytest.raises(HostError, match="COMMIT"):
            act()
        assert recording.state is known
        act()
    for known in (RecordingState.CAPTURING, RecordingState.SEALING):
        with pytest.raises(HostError, match="COMMIT"):
            recording.seal(consent=CONSENT)
        assert recording.state is known
    recording.seal(consent=CONSENT)
    assert (recording.state, place.catalogue.get("rec-1").state) == (RecordingState.SEALED, RecordingState.SEALED)
    assert place.kinds() == ["recording.started", "recording.held", "recording.resumed", "recording.sealed"]


def test_a_hold_whose_evidence_fails_is_done_again_with_its_evidence_before_the_resumption(place: Place) -> None:
    recording = place.begun()
    place.failing.failures["recording.held"] = 1
    with pytest.raises(HostError):
        recording.pause("doubt")
    assert recording.state is RecordingState.CAPTURING
    recording.pause("doubt")
    place.failing.failures["recording.resumed"] = 1
    with pytest.raises(HostError):
        recording.resume()
    recording.resume()
    assert place.kinds() == ["recording.started", "recording.held", "recording.resumed"]


@pytest.mark.parametrize("how", ["seal", "crash"])
def test_recovery_writes_the_damage_and_its_evidence_together(place: Place, how: str) -> None:
    recording = place.begun()
    if how == "crash":
        place.store.crash()
    else:
        place.failing.failures["recording.sealed"] = 1
        with pytest.raises(HostError):
            recording.seal(consent=CONSENT)
    place.failing.failures["recording.recovered"] = 1
    assert "left as it is" in place.vault.recover()[0].how
    assert place.catalogue.get("rec-1").state in (RecordingState.CAPTURING, RecordingState.SEALING)
    (settled,) = place.vault.recover()
    assert settled.state is (RecordingState.DAMAGED if how == "crash" else RecordingState.SEALED)
    assert place.kinds().count("recording.recovered") == 1


def test_a_hand_cannot_destroy_what_a_legal_hold_keeps_and_the_refusal_is_evidence(place: Place) -> None:
    place.sealed()
    hold_id = place.hold("rec-1")
    with pytest.raises(ComplianceError, match=r"RET-002.*litige 2026-17") as refused:
        place.vault.discard_stored("rec-1", rule_id="REC-005", reason="asked for")
    assert (refused.value.rules, refused.value.exit_code) == (("RET-002",), 1)
    row = place.catalogue.get("rec-1")
    assert (row.state, row.has_key, place.store.stored()) == (RecordingState.SEALED, True, ["rec-1"])
    assert place.kinds()[-1] == "recording.discard_refused"
    assert "recording.discarding" not in place.kinds()
    place.holds.release(hold_id, by="dpo", reason="settled")
    state = place.vault.discard_stored("rec-1", rule_id="REC-005", reason="asked for")
    assert state is RecordingState.PURGED


def test_after_the_key_a_hold_hides_no_error_and_is_told_of_no_refusal(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.sealed()

    def away(recording_id: str) -> None:
        if not place.catalogue.holds_on(recording_id):
            place.hold(recording_id)
        raise HostError("the disk is away")

    with monkeypatch.context() as broken:
        broken.setattr(place.store, "delete", away)
        with pytest.raises(HostError, match="the disk is away"):
            place.vault.discard_stored("rec-1", rule_id="REC-005", reason="asked for")
    assert not place.catalogue.get("rec-1").has_key
    assert "recording.discard_refused" not in place.kinds()


def test_a_destruction_whose_state_cannot_be_moved_fails_and_has_no_certificate(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = place.begun()
    delete = place.store.delete

    def while_it_is_sealed(recording_id: str) -> None:
        delete(recording_id)
        place.catalogue.move(recording_id, RecordingEvent.CLOSE)
        place.catalogue.move(recording_id, RecordingEvent.SEAL)

    with monkeypatch.context() as odd:
        odd.setattr(place.store, "delete", while_it_is_sealed)
        with pytest.raises(IvrError, match="SEALED"):
            recording.discard("OBJ-003", "objection")
    assert "certificate.destruction" not in place.kinds()
    place.vault.recover()
    assert place.catalogue.get("rec-1").state is RecordingState.PURGED
    assert place.kinds()[-3:-1] == ["certificate.destruction", "recording.discarded"]


def test_a_hold_does_not_save_what_was_objected_to_before_it_was_sealed(place: Place) -> None:
    recording = place.begun()
    place.hold("rec-1")
    recording.discard("OBJ-003", "objection")
    assert place.catalogue.get("rec-1").state is RecordingState.DISCARDED


def test_key_and_file_go_when_the_chain_can_be_neither_read_nor_written(place: Place) -> None:
    recording = place.begun()
    place.failing.deaf = True
    with pytest.raises(HostError):
        recording.discard("OBJ-003", "objection")
    assert not place.catalogue.get("rec-1").has_key
    assert [*place.store.stored(), *place.store.unfinished()] == []
    place.failing.deaf = False
    place.vault.recover()
    assert place.catalogue.get("rec-1").state is RecordingState.DISCARDED
    assert "certificate.destruction" in place.kinds()


def test_the_bytes_go_when_the_database_takes_nothing_any_more(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = place.begun()

    def away(_: object) -> None:
        raise HostError("the database does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(place.catalogue, "destroy_keys", away)
        with pytest.raises(HostError):
            recording.discard("OBJ-003", "objection")
    assert [*place.store.stored(), *place.store.unfinished()] == []
    place.vault.recover()
    assert not place.catalogue.get("rec-1").has_key
    assert place.catalogue.get("rec-1").state is RecordingState.DISCARDED


@pytest.mark.parametrize("error", [ValueError("odd"), KeyError("odd"), ComplianceError("odd")])
def test_one_row_that_nobody_expected_does_not_keep_the_others_from_recovery(place: Place, error: Exception) -> None:
    for one in ("rec-1", "rec-2", "rec-3"):
        place.begun(one)
    place.store.crash()
    recover = place.store.recover

    def odd(recording_id: str, data_key: bytes) -> object:
        if recording_id == "rec-2":
            raise error
        return recover(recording_id, data_key)

    place.store.recover = odd  # type: ignore[method-assign, assignment]
    done = {one.recording_id: one for one in place.vault.recover()}
    assert {one for one in done if done[one].state is RecordingState.DAMAGED} == {"rec-1", "rec-3"}
    assert done["rec-2"].how.startswith("left as it is: ")
    assert done["rec-2"].state is RecordingState.CAPTURING


def test_what_another_node_left_is_named_with_that_node(place: Place) -> None:
    place.begun("rec-1", node_id="node-9")
    assert leftovers(place.vault.ports) == []
    place.store.crash()
    (discrepancy,) = leftovers(place.vault.ports)
    assert discrepancy.recording_id == "rec-1"
    assert "node-9" in discrepancy.fault
    assert "node-9" in discrepancy.remedy
    assert [one.recording_id for one in place.vault.verify()] == ["rec-1"]


def test_a_call_of_another_node_on_another_disk_is_left_out_until_no_call_can_last_so_long(place: Place) -> None:
    place.begun("rec-1", node_id="node-9")
    place.store.delete("rec-1")
    place.clock.at = CALLED + timedelta(hours=1)
    assert leftovers(place.vault.ports) == []
    place.clock.at = CALLED + timedelta(hours=13)
    assert [one.recording_id for one in leftovers(place.vault.ports)] == ["rec-1"]


def test_a_certificate_says_whether_the_bytes_of_the_key_are_gone_from_the_files(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.storage.data_keys._PATIENCE", "100ms")
    place.sealed("rec-1")
    place.sealed("rec-2")
    with place.database.reading() as connection:
        connection.execute(text("SELECT wrapped FROM recording_keys")).all()
        place.vault.discard_stored("rec-1", rule_id="REC-005", reason="asked for")
    place.vault.discard_stored("rec-2", rule_id="REC-005", reason="asked for")
    wiped = [place.certificates(one)[0]["key_wiped"] for one in ("rec-1", "rec-2")]
    assert wiped == [False, True]


def test_a_copy_is_private_even_where_a_public_file_lay_and_no_link_is_followed(tmp_path: Path) -> None:
    copy = tmp_path / "copy.wav"
    copy.write_bytes(b"old")
    copy.chmod(0o644)
    with copy.open("rb") as watcher:
        write_private(copy, b"new")
        assert watcher.read() == b"old"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    (tmp_path / "link.wav").symlink_to(tmp_path / "elsewhere.wav")
    with pytest.raises(OSError, match="not a plain file"):
        write_private(tmp_path / "link.wav", b"new")
    assert not (tmp_path / "elsewhere.wav").exists()
