"""The vault over ports in memory: its acts, its evidence, and what is left when it dies at any step."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

import ivr.errors
from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.recording import Paused, Resumed
from ivr.domain.recording.state import UNFINISHED, RecordingState
from ivr.errors import ArchiveError, HostError, TransitionError
from ivr.recording.store import LocalStore
from ivr.services.vault.fixity import leftovers
from ivr.services.vault.recovery import Recovery
from ivr.services.vault.vault import OpenRecording, Vault
from tests.fakes.heard import heard
from tests.fakes.tripwire import Killed, Tripwire
from tests.fakes.vault import (
    START,
    FakeAuditLog,
    FakeCatalogue,
    FakeKeyRing,
    FakeStore,
    TickingClock,
    _Container,
    a_tag,
)

PCM = b"\1\0\2\0" * 8000
CONSENT = {"caller": {"state": "NOTIFIED"}}


@dataclass
class Rig:
    """What survives a process: database, disk, KEK."""

    clock: TickingClock = field(default_factory=TickingClock)
    keys: FakeKeyRing = field(default_factory=FakeKeyRing)
    store: FakeStore = field(default_factory=FakeStore)
    catalogue: FakeCatalogue = field(default_factory=FakeCatalogue)
    audit: FakeAuditLog = field(default_factory=FakeAuditLog)

    def __post_init__(self) -> None:
        self.catalogue.beside = self.audit

    def vault(self, wire: Tripwire | None = None, node_id: str = "node-1") -> Vault:
        wire = wire or Tripwire(None)
        return Vault(
            keys=wire.wrap(self.keys),
            store=wire.wrap(self.store),
            catalogue=wire.wrap(self.catalogue),
            audit=wire.wrap(self.audit),
            clock=self.clock,
            node_id=node_id,
        )

    def state(self, recording_id: str = "rec-1") -> RecordingState:
        return self.catalogue.get(recording_id).state

    def kinds(self, recording_id: str = "rec-1") -> list[str]:
        return [event.kind for event in self.audit.events(recording_id=recording_id)]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def begun(rig: Rig, recording_id: str = "rec-1") -> OpenRecording:
    recording = rig.vault().begin(a_tag(recording_id), deadline=START)
    recording.write(PCM)
    return recording


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


def test_name_key_and_row_stand_before_the_first_byte(rig: Rig) -> None:
    wire = Tripwire(None)
    rig.vault(wire).begin(a_tag())
    after = [name.removeprefix("after ") for name in wire.names if name.startswith("after ")]
    assert after == ["reserve", "new_data_key", "kek_of", "add", "append", "open"]


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


def test_a_recording_that_cannot_be_opened_leaves_nothing_to_read(rig: Rig) -> None:
    rig.store.room = 0
    with pytest.raises(HostError):
        rig.vault().begin(a_tag())
    assert rig.state() is RecordingState.DISCARDED
    assert not rig.catalogue.get("rec-1").has_key


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


def test_verify_names_a_row_without_file_a_changed_file_and_an_unknown_id(rig: Rig) -> None:
    for name in ("rec-1", "rec-2", "rec-3"):
        begun(rig, name).seal(consent=CONSENT)
    rig.store.delete("rec-1")
    rig.store.files["rec-2"].pcm[0] ^= 1
    assert {discrepancy.recording_id for discrepancy in rig.vault().verify()} == {"rec-1", "rec-2"}
    assert [discrepancy.recording_id for discrepancy in rig.vault().verify(["rec-3", "nobody"])] == ["nobody"]


def test_an_access_needs_a_reason_and_is_noted_before_it_is_given(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    with pytest.raises(ArchiveError, match="reason"):
        rig.vault().copy("rec-1", "wav", reason=" ", actor="dpo")
    row, copy = rig.vault().copy("rec-1", "wav", reason="plainte 12", actor="dpo", more={"format": "wav"})
    assert (row, copy[:4]) == (rig.vault().show("rec-1"), b"RIFF")
    (noted,) = [event.body for event in rig.audit.events(recording_id="rec-1") if event.kind == "recording.exported"]
    assert (noted["actor"], noted["reason"], noted["format"]) == ("dpo", "plainte 12", "wav")
    assert noted["copy_sha256"] == hashlib.sha256(copy).hexdigest()


def test_audio_leaves_the_vault_as_a_copy_for_the_exporter_and_in_no_other_way() -> None:
    """Whoever copies has passed the gate: nothing else in the product asks for the bytes of a copy."""
    root = Path(ivr.errors.__file__).parent
    callers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"vault\.copy\(|store\.copy\(|\.decode\(recording_id", path.read_text("utf-8"))
    }
    assert callers == {"services/export/exporter.py", "services/vault/vault.py"}


def test_what_is_destroyed_or_still_written_cannot_be_heard(rig: Rig) -> None:
    recording = begun(rig)
    with pytest.raises(ArchiveError, match="CAPTURING"):
        rig.vault().copy("rec-1", "wav", reason="r", actor="a")
    with pytest.raises(ArchiveError, match="written"):
        rig.vault().discard_stored("rec-1", rule_id="RET-001", reason="due")
    recording.seal(consent=CONSENT)
    assert rig.vault().discard_stored("rec-1", rule_id="RET-001", reason="due") is RecordingState.PURGED
    assert rig.vault().discard_stored("rec-1", rule_id="RET-001", reason="due") is RecordingState.PURGED
    assert rig.kinds().count("certificate.destruction") == 1
    with pytest.raises(ArchiveError, match="PURGED"):
        rig.vault().copy("rec-1", "wav", reason="r", actor="a")


# ---- dying at every step


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


def test_a_duplicate_id_is_refused_and_the_first_recording_is_not_harmed(rig: Rig) -> None:
    recording = begun(rig)
    with pytest.raises(ArchiveError, match=r"rec-1|exists"):
        rig.vault().begin(a_tag())
    recording.write(PCM)
    recording.seal(consent=CONSENT)
    with pytest.raises(ArchiveError):
        rig.vault().begin(a_tag())
    assert rig.state() is RecordingState.SEALED
    assert rig.vault().verify() == []


def test_a_duplicate_id_whose_file_lies_elsewhere_is_refused_by_its_row(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    whole = rig.store.files.pop("rec-1")
    with pytest.raises(ArchiveError):
        rig.vault().begin(a_tag())
    assert list(rig.store.unfinished()) == []
    assert rig.catalogue.get("rec-1").has_key
    rig.store.files["rec-1"] = whole
    assert rig.vault().verify() == []


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


def test_a_data_key_is_cleared_once_it_is_used(rig: Rig) -> None:
    given: list[bytearray] = []
    make, unwrap = rig.keys.new_data_key, rig.keys.unwrap

    def noted_make(recording_id: str) -> tuple[bytearray, bytes]:
        made = make(recording_id)
        given.append(made[0])
        return made

    def noted_unwrap(recording_id: str, wrapped: bytes) -> bytearray:
        given.append(unwrap(recording_id, wrapped))
        return given[-1]

    rig.keys.new_data_key, rig.keys.unwrap = noted_make, noted_unwrap  # type: ignore[method-assign]
    begun(rig).seal(consent=CONSENT)
    rig.vault().copy("rec-1", "wav", reason="test", actor="tester")
    assert rig.vault().verify() == []
    assert len(given) == 3
    assert set(map(bytes, given)) == {bytes(32)}


def sealed_some(rig: Rig, count: int) -> None:
    for number in range(count):
        begun(rig, f"rec-{number}").seal(consent=CONSENT)


def test_a_verification_goes_on_where_it_was_interrupted(rig: Rig) -> None:
    sealed_some(rig, 7)
    del rig.store.files["rec-1"], rig.store.files["rec-5"]
    first = []
    for item in rig.vault().verify_all():
        first.append(item)
        if len(first) == 3:
            break
    rest = list(rig.vault().verify_all(after=first[-1].recording_id))
    assert [item.recording_id for item in first + rest] == [f"rec-{number}" for number in range(7)]
    found = [discrepancy.recording_id for item in first + rest for discrepancy in item.discrepancies]
    assert found == ["rec-1", "rec-5"]


def test_a_verification_reads_no_faster_than_asked(rig: Rig) -> None:
    sealed_some(rig, 5)
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        rig.clock.at += timedelta(seconds=seconds)

    size = rig.catalogue.get("rec-0").sealed
    assert size is not None
    before = rig.clock.at
    list(rig.vault().verify_all(bytes_per_s=size.size_bytes / 10, pause=pause))
    assert (rig.clock.at - before).total_seconds() == pytest.approx(50, abs=1)
    assert len(waited) == 5


def test_a_key_server_that_is_away_ends_the_verification_instead_of_blaming_every_recording(rig: Rig) -> None:
    sealed_some(rig, 2)

    def away(recording_id: str, wrapped: bytes) -> bytearray:
        raise HostError("OpenBao does not answer")

    rig.keys.unwrap = away  # type: ignore[method-assign]
    with pytest.raises(HostError, match="does not answer"):
        list(rig.vault().verify_all())


def test_what_a_crash_left_is_told_until_it_is_settled(rig: Rig) -> None:
    begun(rig)
    assert leftovers(rig.vault().ports) == []
    rig.store.crash()
    (told,) = leftovers(rig.vault().ports)
    assert (told.recording_id, told.fault) == ("rec-1", "left in CAPTURING")
    rig.vault().recover()
    assert leftovers(rig.vault().ports) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("wrong key", "kek-other"),
        ("missing key", "its key is missing, and no evidence tells"),
        ("half destroyed", "its destruction was begun"),
        ("changed byte", "changed"),
        ("truncated file", "cut"),
        ("row without file", "missing"),
        ("file without row", "file without a row"),
    ],
)
def test_bad_input_is_named_with_its_remedy_and_harms_nothing_else(
    spoil: str, said: str, rig: Rig, tmp_path: Path
) -> None:
    store = LocalStore(tmp_path / "vault")
    rig.store = store  # type: ignore[assignment]
    for name in ("rec-1", "rec-2"):
        recording = rig.vault().begin(a_tag(name, codec="alaw"), deadline=START)
        recording.write(PCM)
        recording.seal(consent=CONSENT)
    path = store.path("rec-1")
    if spoil == "wrong key":
        _, rig.catalogue.keys["rec-1"] = FakeKeyRing("kek-other").new_data_key("rec-1")
    elif spoil == "missing key":
        del rig.catalogue.keys["rec-1"]
    elif spoil == "half destroyed":
        rig.audit.append(Unread("recording.discarding", {"rule_id": "REC-007"}), recording_id="rec-1")
        del rig.catalogue.keys["rec-1"]
    elif spoil == "changed byte":
        content = bytearray(path.read_bytes())
        content[200] ^= 1
        path.write_bytes(content)
    elif spoil == "truncated file":
        path.write_bytes(path.read_bytes()[:-100])
    elif spoil == "row without file":
        path.unlink()
    else:
        del rig.catalogue.rows["rec-1"]
    (found,) = rig.vault().verify()
    assert found.recording_id == "rec-1"
    assert said in f"{found.fault} {found.remedy}"
    assert found.remedy
    if spoil != "file without row":
        with pytest.raises(ArchiveError):
            rig.vault().copy("rec-1", "wav", reason="test", actor="tester")
    assert rig.vault().copy("rec-2", "wav", reason="test", actor="tester")[1]


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


def test_no_copy_is_made_of_what_was_changed_since_it_was_sealed(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    rig.store.files["rec-1"].pcm[0] ^= 1
    with pytest.raises(ArchiveError, match="was changed"):
        rig.vault().copy("rec-1", "wav", reason="plainte 12", actor="dpo")
    assert "recording.exported" not in [event.kind for event in rig.audit.events(recording_id="rec-1")]


def test_an_objection_of_the_call_itself_decides_and_one_of_another_recording_of_the_call_does_not(rig: Rig) -> None:
    tag = begun(rig).tag
    rig.audit.append(Unread("objection", {}), call_id=tag.call_id, recording_id="rec-of-another-leg")
    assert rig.vault().ports.must_vanish(tag) is None
    rig.audit.append(Unread("objection", {}), call_id=tag.call_id)
    event = rig.vault().ports.must_vanish(tag)
    assert event is not None
    assert (event.kind, event.recording_id) == ("objection", "")
