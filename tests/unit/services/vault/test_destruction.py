"""One order of destruction: key, bytes, certificate."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from ivr.domain.evidence.chain import stamp
from ivr.domain.recording.state import RecordingState
from ivr.errors import ArchiveError, HostError
from ivr.services.vault.destruction import destroy
from tests.fakes.vault import _Container
from tests.unit.services.vault.rig import CONSENT, Rig, begun


def test_a_discard_destroys_the_key_then_the_file_then_certifies(rig: Rig) -> None:
    recording = begun(rig)
    digest = rig.store.digest("rec-1")
    recording.discard("OBJ-003", "objection")
    recording.discard("OBJ-003", "objection")
    assert recording.state is RecordingState.DISCARDED
    assert not rig.catalogue.get("rec-1").has_key
    assert [*rig.store.stored(), *rig.store.unfinished()] == []
    assert rig.kinds() == [
        "recording.started",
        "recording.discarding",
        "certificate.destruction",
        "recording.discarded",
    ]
    certificate = rig.audit.events(recording_id="rec-1")[2].body
    assert certificate["sha256"] == digest
    assert certificate["rule_id"] == "OBJ-003"


def test_a_certificate_says_what_was_destroyed_why_and_under_which_policy(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    sealed = rig.catalogue.get("rec-1").sealed
    assert sealed is not None
    assert rig.vault().discard_stored("rec-1", rule_id="GDP-002", reason="demande") is RecordingState.PURGED
    intent, certificate, end = rig.audit.events(recording_id="rec-1")[-3:]
    due_at = rig.catalogue.get("rec-1").deadline
    why = {"rule_id": "GDP-002", "rules": ["GDP-002"], "reason": "demande", "from_state": "SEALED"}
    meant = {**why, "sha256": sealed.sha256, "due_at": stamp(due_at) if due_at else None}
    assert intent.body == meant
    assert certificate.body == {
        **meant,
        "clocks": ["quality-audio"],
        "owner": "node-1",
        "key_destroyed": True,
        "key_wiped": True,
        "file_deleted": True,
        "policy_id": "fr-mutuelle",
        "policy_version": "2026-11-01",
        "destroyed_at": certificate.body["destroyed_at"],
    }
    assert stamp(intent.at) <= str(certificate.body["destroyed_at"]) <= stamp(end.at)
    assert end.body == why
    assert {event.call_id for event in (intent, certificate, end)} == {"call-1"}


def test_what_no_row_knows_is_not_destroyed_by_its_name(rig: Rig) -> None:
    """Its key may lie in another database."""
    rig.store.files["stray"] = rig.store.partials["stray"] = _Container(b"k", 8000, 2)
    with pytest.raises(ArchiveError, match="stray"):
        rig.vault().discard_stored("stray", rule_id="GDP-002", reason="demande")
    assert "stray" in rig.store.files
    assert rig.audit.chain == []


def test_the_key_is_destroyed_even_when_the_evidence_cannot_be_written(rig: Rig) -> None:
    recording = begun(rig)

    def away(*_: object, **__: object) -> None:
        raise HostError("the database does not answer")

    whole, rig.audit.append = rig.audit.append, away  # type: ignore[method-assign,assignment]
    with pytest.raises(HostError):
        recording.discard("OBJ-003", "objection")
    assert not rig.catalogue.get("rec-1").has_key
    rig.audit.append = whole  # type: ignore[method-assign]
    rig.vault().recover()
    assert rig.state() is RecordingState.DISCARDED
    assert "certificate.destruction" in rig.kinds()


def test_key_and_bytes_go_though_the_row_cannot_be_read(rig: Rig) -> None:
    recording = begun(rig)

    def away(_: str) -> None:
        raise HostError("the database does not answer")

    whole, rig.catalogue.get = rig.catalogue.get, away  # type: ignore[method-assign,assignment]
    with pytest.raises(HostError):
        recording.discard("OBJ-003", "objection")
    rig.catalogue.get = whole  # type: ignore[method-assign]
    assert not rig.catalogue.get("rec-1").has_key
    assert [*rig.store.stored(), *rig.store.unfinished()] == []


def test_what_was_moved_behind_our_back_is_certified_and_no_end_of_it_is_made_up(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    rig.catalogue.rows["rec-1"] = replace(rig.catalogue.rows["rec-1"], state=RecordingState.PURGED)
    destroy(rig.vault().ports, "rec-1", rule_id="GDP-002", reason="demande")
    assert rig.kinds()[-2:] == ["recording.discarding", "certificate.destruction"]
    assert not rig.catalogue.get("rec-1").has_key
    assert rig.store.files == {}


def test_two_purges_at_once_leave_one_certificate(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    ends: list[object] = []

    def purge() -> None:
        try:
            ends.append(rig.vault().discard_stored("rec-1", rule_id="RET-001", reason="due"))
        except BaseException as fault:
            ends.append(fault)

    threads = [threading.Thread(target=purge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [RecordingState.PURGED] * 4
    assert rig.kinds().count("certificate.destruction") == 1
    assert rig.kinds().count("recording.discarded") == 1
