"""What the next start does with what a process left that died at any step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.events.base import Unread
from ivr.domain.recording.state import UNFINISHED, RecordingState
from ivr.recording.store import LocalStore
from ivr.services.ports.vault import SealedFile
from ivr.services.vault.recovery import Recovery
from ivr.services.vault.vault import Vault
from tests.fakes.tripwire import Killed, Tripwire
from tests.fakes.vault import (
    START,
    FakeKeyRing,
    a_tag,
)
from tests.unit.services.vault.rig import CONSENT, PCM, Rig, begun


@pytest.mark.parametrize("held", [False, True])
def test_a_crash_while_the_recording_is_paused_is_settled_as_any_other(rig: Rig, held: bool) -> None:
    recording = begun(rig)
    if held:
        recording.pause("doubt")
    rig.store.crash()
    (done,) = rig.vault().recover()
    assert (done.recording_id, done.state) == ("rec-1", RecordingState.DAMAGED)
    told = rig.audit.events(recording_id="rec-1")[-1]
    row = rig.catalogue.get("rec-1")
    assert row.sealed is not None
    assert told.body == {
        "from_state": "PAUSED" if held else "CAPTURING",
        "state": "DAMAGED",
        "how": "found after a crash; verified prefix kept",
        "sha256": row.sealed.sha256,
        "duration_ms": row.sealed.duration_ms,
        "cause": "crash",
        "deadline": stamp(START),
    }
    assert (told.kind, told.call_id) == ("recording.recovered", "call-1")
    assert row.gaps == [{"start_ms": row.sealed.duration_ms, "end_ms": -1, "cause": "crash"}]
    assert (row.deadline, row.closed_at is not None) == (START, True)


def test_a_recording_is_claimed_while_what_a_crash_left_of_it_is_settled(rig: Rig) -> None:
    begun(rig)
    rig.store.crash()
    seen: list[bool] = []
    recover = rig.store.recover

    def watched(recording_id: str, data_key: bytes | bytearray) -> SealedFile | None:
        seen.append(rig.catalogue._claims["recording rec-1"].locked())
        return recover(recording_id, data_key)

    rig.store.recover = watched  # type: ignore[method-assign]
    rig.vault().recover()
    assert seen == [True]
    assert not rig.catalogue._claims["recording rec-1"].locked()


def test_what_a_crash_left_empty_is_destroyed_under_no_rule_and_says_why(rig: Rig) -> None:
    rig.vault().begin(a_tag(), deadline=START)
    rig.store.crash()
    (done,) = rig.vault().recover()
    assert (done.state, done.how) == (RecordingState.DISCARDED, "found after a crash; nothing readable")
    certificate, _, told = rig.audit.events(recording_id="rec-1")[-3:]
    assert (certificate.body["rule_id"], certificate.body["reason"]) == ("", "found after a crash; nothing readable")
    assert told.body == {
        "from_state": "CAPTURING", "state": "DISCARDED", "how": "found after a crash; nothing readable"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "rule_id"), [({"rules": ["REC-005", "CAN-012"]}, "REC-005"), ({"rule_id": "X-1"}, "X-1"), ({}, "")]
)
def test_what_is_destroyed_after_a_crash_for_an_objection_names_its_rule(
    rig: Rig, body: dict[str, object], rule_id: str
) -> None:
    begun(rig)
    rig.audit.append(Unread("objection", body), call_id="call-1")
    rig.store.crash()
    (done,) = rig.vault().recover()
    assert (done.state, done.how) == (RecordingState.DISCARDED, "found after a crash; objection")
    certificate = rig.audit.events(recording_id="rec-1")[-3]
    assert (certificate.kind, certificate.body["rule_id"]) == ("certificate.destruction", rule_id)


def test_recovery_with_a_wrong_kek_destroys_nothing(rig: Rig) -> None:
    begun(rig)
    rig.store.crash()
    right, rig.keys = rig.keys, FakeKeyRing("kek-other")
    assert "kek-other" in rig.vault().recover()[0].how
    assert rig.store.unfinished() == ["rec-1"]
    rig.keys = right
    assert rig.vault().recover()[0].state is RecordingState.DAMAGED


@pytest.mark.parametrize(("discards", "state"), [(None, "DISCARDED"), (True, "DISCARDED"), (False, "DAMAGED")])
def test_an_objection_before_the_crash_decides_what_recovery_keeps(rig: Rig, discards: bool | None, state: str) -> None:
    begun(rig)
    body = {} if discards is None else {"discards": discards}
    rig.audit.append(Unread("objection.voice", body), call_id="call-1")
    rig.store.crash()
    assert rig.vault().recover()[0].state is RecordingState[state]
    assert rig.kinds()[-1] == "recording.recovered"


def test_recovery_leaves_living_writers_and_other_nodes_alone(rig: Rig) -> None:
    begun(rig)
    assert rig.vault().recover() == []
    rig.store.crash()
    assert rig.vault(node_id="node-2").recover() == []
    assert rig.state() is RecordingState.CAPTURING
    assert len(rig.vault().recover()) == 1


def test_files_without_a_row_are_named_and_kept_and_files_of_the_destroyed_are_deleted(rig: Rig) -> None:
    rig.store.open("stray", bytes(32), codec="opus", rate_hz=8000, channels=2).write(PCM)
    recording = begun(rig)
    recording.discard("OBJ-003", "objection")
    rig.store.open("rec-1", bytes(32), codec="opus", rate_hz=8000, channels=2).write(PCM)
    rig.store.crash()
    assert {discrepancy.recording_id for discrepancy in rig.vault().verify()} == {"stray", "rec-1"}
    found = {done.recording_id: done.how for done in rig.vault().recover()}
    assert "left as it is" in found["stray"]
    assert "deleted" in found["rec-1"]
    assert rig.store.unfinished() == ["stray"]


def test_a_row_that_says_destroyed_condemns_no_audio_while_no_evidence_says_so(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    rig.catalogue.rows["rec-1"] = replace(rig.catalogue.rows["rec-1"], state=RecordingState.PURGED)
    (done,) = rig.vault().recover()
    assert (done.recording_id, done.state) == ("rec-1", RecordingState.PURGED)
    assert done.how.startswith("left as it is: its row says it was destroyed and no evidence does")
    assert "rec-1" in rig.store.files
    assert rig.catalogue.get("rec-1").has_key


@pytest.mark.parametrize("whole", [False, True])
def test_a_file_whose_row_appears_while_recovery_looks_is_its_writers(rig: Rig, whole: bool) -> None:
    recording = begun(rig, "new")
    if whole:
        recording.seal(consent=CONSENT)
    rig.store.crash()
    row, keys, states, looks = rig.catalogue.rows.pop("new"), rig.catalogue.keys, rig.catalogue.states, [0]
    assert keys

    def late(recording_ids: Sequence[str]) -> dict[str, RecordingState]:
        # The destructions that are looked for first, then the files, then the file at hand.
        looks[0] += 1
        if looks[0] == 3:
            rig.catalogue.rows["new"] = row
        return states(recording_ids)

    rig.catalogue.states = late  # type: ignore[method-assign]
    assert rig.vault().recover() == []
    assert looks == [3]
    assert "new" in (rig.store.files if whole else rig.store.partials)


def seals(vault: Vault, _rig: Rig) -> None:
    recording = vault.begin(a_tag(), deadline=START)
    recording.write(PCM)
    recording.seal(consent=CONSENT)


def discards(vault: Vault, _rig: Rig) -> None:
    recording = vault.begin(a_tag())
    recording.write(PCM)
    recording.discard("OBJ-003", "objection")


def objects_then_discards(vault: Vault, rig: Rig) -> None:
    recording = vault.begin(a_tag())
    recording.write(PCM)
    rig.audit.append(Unread("objection", {"rules": ["OBJ-003"]}), call_id="call-1", recording_id="rec-1")
    recording.discard("OBJ-003", "objection")


def purges(vault: Vault, rig: Rig) -> None:
    seals(rig.vault(), rig)
    vault.discard_stored("rec-1", rule_id="RET-001", reason="due")


def deaths(scenario: Callable[[Vault, Rig], None]) -> Iterator[tuple[Rig, list[str]]]:
    """The rig after the scenario died at step 1, 2, 3… until it comes through."""
    for at in range(1, 200):
        rig, wire = Rig(), Tripwire(at)
        try:
            scenario(rig.vault(wire), rig)
        except Killed:
            rig.store.crash()
            yield rig, wire.names
        else:
            return
    raise AssertionError("the scenario never came through")


def must_be_clean(rig: Rig) -> None:
    assert rig.audit.verify() == []
    assert rig.vault().verify() == []
    assert rig.vault().recover() == []
    for row in rig.catalogue.find():
        assert row.state not in UNFINISHED
        destroyed = row.state in (RecordingState.DISCARDED, RecordingState.PURGED)
        assert row.has_key is not destroyed
        assert (row.tag.recording_id in rig.store.files) is not destroyed
        assert rig.kinds().count("certificate.destruction") == destroyed
    assert rig.store.partials == {}


@pytest.mark.parametrize("scenario", [seals, discards, objects_then_discards, purges])
def test_death_at_any_step_is_settled_by_recovery(scenario: Callable[[Vault, Rig], None]) -> None:
    died = 0
    for rig, names in deaths(scenario):
        died += 1
        rig.vault().recover()
        must_be_clean(rig)
        rows = rig.catalogue.find()
        noted = scenario is not seals and scenario is not purges and "recording.discarding" in rig.kinds()
        objected = "objection" in rig.kinds()
        if noted or objected:
            assert rows[0].state is RecordingState.DISCARDED, names[-1]
        if scenario is seals and "after seal" in names:
            assert rows[0].state is RecordingState.SEALED, names[-1]
            assert rows[0].consent == CONSENT
    assert died >= 10


@pytest.mark.parametrize("scenario", [seals, objects_then_discards])
def test_recovery_may_die_at_any_step_too(scenario: Callable[[Vault, Rig], None]) -> None:
    for rig, _ in deaths(scenario):
        for at in range(1, 200):
            try:
                rig.vault(Tripwire(at)).recover()
            except Killed:
                rig.store.crash()
            else:
                break
        must_be_clean(rig)


@pytest.mark.parametrize("real", [False, True])
def test_a_recovery_at_any_step_of_opening_leaves_the_new_recording_alone(real: bool, tmp_path: Path) -> None:
    """A line crashes while another line of the node opens a recording: the recovery must not take it for a leftover."""
    at, steps = 0, 1
    while at <= steps:
        at += 1
        rig = Rig()
        if real:
            rig.store = LocalStore(tmp_path / f"vault-{at}")  # type: ignore[assignment]
        settled: list[Recovery] = []
        wire = Tripwire(at, lambda rig=rig, settled=settled: settled.extend(rig.vault().recover()))  # type: ignore[misc]
        recording = rig.vault(wire).begin(a_tag(codec="alaw"), deadline=START)
        steps = wire.steps
        recording.write(PCM)
        recording.seal(consent=CONSENT)
        assert rig.state() is RecordingState.SEALED, wire.names[at - 1]
        assert settled == [], wire.names[at - 1]
        assert rig.vault().verify() == []


@pytest.mark.parametrize("real", [False, True])
def test_a_name_that_was_taken_before_a_crash_is_given_back(real: bool, rig: Rig, tmp_path: Path) -> None:
    if real:
        rig.store = LocalStore(tmp_path / "vault")  # type: ignore[assignment]
        rig.store.reserve("rec-1").open(bytes(32), codec="alaw", rate_hz=8000, channels=2).close()
    else:
        rig.store.reserve("rec-1")
        rig.store.crash()
    assert [(one.recording_id, one.state) for one in rig.vault().recover()] == [("rec-1", None)]
    assert list(rig.store.unfinished()) == []
    assert rig.vault().recover() == []


def test_a_half_written_file_without_a_row_that_holds_audio_is_named_and_kept(rig: Rig, tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "vault")
    rig.store = store  # type: ignore[assignment]
    writer = store.open("stray", bytes(32), codec="alaw", rate_hz=8000, channels=2)
    writer.write(PCM)
    writer.close()
    assert [one.how for one in rig.vault().recover()] == ["file without a row: left as it is"]
    assert list(store.unfinished()) == ["stray"]
