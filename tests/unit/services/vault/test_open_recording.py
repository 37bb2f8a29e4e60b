"""A recording while it is written: its acts, their evidence, and what is left of it when one fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.recording import Paused, Resumed
from ivr.domain.recording.state import RecordingState
from ivr.errors import HostError, TransitionError
from tests.fakes.heard import heard
from tests.fakes.vault import START
from tests.unit.services.vault.rig import CONSENT, PCM, Rig, begun


def test_a_recording_is_begun_paused_resumed_and_sealed_with_its_evidence(rig: Rig) -> None:
    recording = begun(rig)
    recording.pause("doubt")
    assert rig.state() is RecordingState.PAUSED
    recording.resume()
    sealed = recording.seal(consent=CONSENT, gaps=[{"start_ms": 0, "end_ms": 20, "cause": "unheard"}])
    row = rig.catalogue.get("rec-1")
    assert (row.state, row.sealed, row.consent, row.deadline) == (RecordingState.SEALED, sealed, CONSENT, START)
    assert rig.kinds() == ["recording.started", "recording.held", "recording.resumed", "recording.sealed"]
    assert rig.vault().verify() == []
    assert heard(rig.vault(), "rec-1") == (PCM, 8000, 2)


def test_a_store_that_fails_in_the_middle_leaves_the_verified_prefix_damaged(rig: Rig) -> None:
    rig.store.room = len(PCM) + 1
    recording = begun(rig)
    with pytest.raises(HostError):
        recording.write(PCM)
    assert recording.fail("disk full " * 100, consent=CONSENT) is RecordingState.DAMAGED
    row = rig.catalogue.get("rec-1")
    assert row.sealed is not None
    assert row.sealed.duration_ms == 1000
    assert row.consent == CONSENT
    assert row.gaps[-1] == {"start_ms": 1000, "end_ms": -1, "cause": "store"}
    assert rig.vault().verify() == []
    told = rig.audit.events(recording_id="rec-1")[-1].body
    assert told["how"] == f"{'disk full ' * 20}; verified prefix kept"


def test_a_deadline_that_was_moved_meanwhile_stays_when_the_store_fails(rig: Rig) -> None:
    recording = begun(rig)
    later = START + timedelta(days=1)
    rig.catalogue.rows["rec-1"] = replace(rig.catalogue.rows["rec-1"], deadline=later)
    assert recording.fail("disk full") is RecordingState.DAMAGED
    assert rig.catalogue.get("rec-1").deadline == later


def test_what_sealing_had_noted_stays_when_it_fails(rig: Rig) -> None:
    recording = begun(rig)
    rig.store.room = 0
    gaps = [{"start_ms": 0, "end_ms": 20, "cause": "unheard"}]
    with pytest.raises(HostError):
        recording.seal(consent=CONSENT, gaps=gaps)
    assert recording.fail("disk full") is RecordingState.DAMAGED
    row = rig.catalogue.get("rec-1")
    assert (row.consent, row.gaps[0], row.deadline) == (CONSENT, gaps[0], START)


def test_when_only_the_database_failed_the_whole_file_is_sealed_after_all(rig: Rig) -> None:
    recording = begun(rig)
    describe, calls = rig.catalogue.describe, []

    def once_away(*args: object, **given: object) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise HostError("the database does not answer")
        describe(*args, **given)  # type: ignore[arg-type]

    rig.catalogue.describe = once_away  # type: ignore[method-assign]
    with pytest.raises(HostError):
        recording.seal(consent=CONSENT)
    assert recording.fail("database away") is RecordingState.SEALED
    assert rig.vault().verify() == []


def test_after_an_objection_a_failed_recording_is_destroyed(rig: Rig) -> None:
    recording = begun(rig)
    rig.audit.append(Unread("objection", {"rules": ["OBJ-003"]}), call_id="call-1", recording_id="rec-1")
    assert recording.fail("disk full") is RecordingState.DISCARDED
    assert not rig.catalogue.get("rec-1").has_key


def test_while_the_disk_stays_full_the_half_written_file_waits_for_recovery(rig: Rig) -> None:
    recording = begun(rig)
    recover = rig.store.recover

    def full(*_: object) -> None:
        raise HostError("the disk is full")

    rig.store.recover = full  # type: ignore[method-assign,assignment]
    assert recording.fail("disk full") is RecordingState.DAMAGED
    assert [discrepancy.recording_id for discrepancy in rig.vault().verify()] == ["rec-1"]
    assert "left as it is" in rig.vault().recover()[0].how
    rig.store.recover = recover  # type: ignore[method-assign]
    assert rig.vault().recover()[0].state is RecordingState.DAMAGED
    assert rig.vault().verify() == []


def test_an_act_that_the_state_does_not_allow_is_refused_and_leaves_no_evidence(rig: Rig) -> None:
    recording = begun(rig)
    with pytest.raises(TransitionError):
        recording.resume()
    recording.pause("doubt")
    with pytest.raises(TransitionError):
        recording.pause("hold")
    kinds = [event.kind for event in rig.audit.events(recording_id="rec-1")]
    assert [kinds.count(kind) for kind in (Paused.kind, Resumed.kind)] == [1, 0]
    recording.resume()
    assert recording.state is RecordingState.CAPTURING
