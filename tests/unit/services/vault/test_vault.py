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
from ivr.domain.recording.state import UNFINISHED, RecordingState
from ivr.errors import ArchiveError, HostError
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
class World:
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
def world() -> World:
    return World()


def begun(world: World, recording_id: str = "rec-1") -> OpenRecording:
    recording = world.vault().begin(a_tag(recording_id), deadline=START)
    recording.write(PCM)
    return recording


def test_a_recording_is_begun_paused_resumed_and_sealed_with_its_evidence(world: World) -> None:
    recording = begun(world)
    recording.pause("doubt")
    assert world.state() is RecordingState.PAUSED
    recording.resume()
    sealed = recording.seal(consent=CONSENT, gaps=[{"start_ms": 0, "end_ms": 20, "cause": "unheard"}])
    row = world.catalogue.get("rec-1")
    assert (row.state, row.sealed, row.consent, row.deadline) == (RecordingState.SEALED, sealed, CONSENT, START)
    assert world.kinds() == ["recording.started", "recording.held", "recording.resumed", "recording.sealed"]
    assert world.vault().verify() == []
    assert heard(world.vault(), "rec-1") == (PCM, 8000, 2)


def test_name_key_and_row_stand_before_the_first_byte(world: World) -> None:
    wire = Tripwire(None)
    world.vault(wire).begin(a_tag())
    after = [name.removeprefix("after ") for name in wire.names if name.startswith("after ")]
    assert after == ["reserve", "new_data_key", "kek_of", "add", "append", "open"]


def test_a_discard_destroys_the_key_then_the_file_then_certifies(world: World) -> None:
    recording = begun(world)
    digest = world.store.digest("rec-1")
    recording.discard("OBJ-003", "objection")
    recording.discard("OBJ-003", "objection")
    assert recording.state is RecordingState.DISCARDED
    assert not world.catalogue.get("rec-1").has_key
    assert [*world.store.stored(), *world.store.unfinished()] == []
    assert world.kinds() == [
        "recording.started",
        "recording.discarding",
        "certificate.destruction",
        "recording.discarded",
    ]
    certificate = world.audit.events(recording_id="rec-1")[2].body
    assert certificate["sha256"] == digest
    assert certificate["rule_id"] == "OBJ-003"


def test_a_certificate_says_what_was_destroyed_why_and_under_which_policy(world: World) -> None:
    begun(world).seal(consent=CONSENT)
    sealed = world.catalogue.get("rec-1").sealed
    assert sealed is not None
    assert world.vault().discard_stored("rec-1", rule_id="GDP-002", reason="demande") is RecordingState.PURGED
    intent, certificate, end = world.audit.events(recording_id="rec-1")[-3:]
    due_at = world.catalogue.get("rec-1").deadline
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


def test_what_no_row_knows_is_not_destroyed_by_its_name(world: World) -> None:
    """Its key may lie in another database."""
    world.store.files["stray"] = world.store.partials["stray"] = _Container(b"k", 8000, 2)
    with pytest.raises(ArchiveError, match="stray"):
        world.vault().discard_stored("stray", rule_id="GDP-002", reason="demande")
    assert "stray" in world.store.files
    assert world.audit.chain == []


@pytest.mark.parametrize("held", [False, True])
def test_a_crash_while_the_recording_is_paused_is_settled_as_any_other(world: World, held: bool) -> None:
    recording = begun(world)
    if held:
        recording.pause("doubt")
    world.store.crash()
    (done,) = world.vault().recover()
    assert (done.recording_id, done.state) == ("rec-1", RecordingState.DAMAGED)
    told = world.audit.events(recording_id="rec-1")[-1]
    row = world.catalogue.get("rec-1")
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


def test_what_a_crash_left_empty_is_destroyed_under_no_rule_and_says_why(world: World) -> None:
    world.vault().begin(a_tag(), deadline=START)
    world.store.crash()
    (done,) = world.vault().recover()
    assert (done.state, done.how) == (RecordingState.DISCARDED, "found after a crash; nothing readable")
    certificate, _, told = world.audit.events(recording_id="rec-1")[-3:]
    assert (certificate.body["rule_id"], certificate.body["reason"]) == ("", "found after a crash; nothing readable")
    assert told.body == {
        "from_state": "CAPTURING", "state": "DISCARDED", "how": "found after a crash; nothing readable"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "rule_id"), [({"rules": ["REC-005", "CAN-012"]}, "REC-005"), ({"rule_id": "X-1"}, "X-1"), ({}, "")]
)
def test_what_is_destroyed_after_a_crash_for_an_objection_names_its_rule(
    world: World, body: dict[str, object], rule_id: str
) -> None:
    begun(world)
    world.audit.append(Unread("objection", body), call_id="call-1")
    world.store.crash()
    (done,) = world.vault().recover()
    assert (done.state, done.how) == (RecordingState.DISCARDED, "found after a crash; objection")
    certificate = world.audit.events(recording_id="rec-1")[-3]
    assert (certificate.kind, certificate.body["rule_id"]) == ("certificate.destruction", rule_id)


def test_the_key_is_destroyed_even_when_the_evidence_cannot_be_written(world: World) -> None:
    recording = begun(world)

    def away(*_: object, **__: object) -> None:
        raise HostError("the database does not answer")

    whole, world.audit.append = world.audit.append, away  # type: ignore[method-assign,assignment]
    with pytest.raises(HostError):
        recording.discard("OBJ-003", "objection")
    assert not world.catalogue.get("rec-1").has_key
    world.audit.append = whole  # type: ignore[method-assign]
    world.vault().recover()
    assert world.state() is RecordingState.DISCARDED
    assert "certificate.destruction" in world.kinds()


def test_a_recording_that_cannot_be_opened_leaves_nothing_to_read(world: World) -> None:
    world.store.room = 0
    with pytest.raises(HostError):
        world.vault().begin(a_tag())
    assert world.state() is RecordingState.DISCARDED
    assert not world.catalogue.get("rec-1").has_key


def test_a_store_that_fails_in_the_middle_leaves_the_verified_prefix_damaged(world: World) -> None:
    world.store.room = len(PCM) + 1
    recording = begun(world)
    with pytest.raises(HostError):
        recording.write(PCM)
    assert recording.fail("disk full " * 100, consent=CONSENT) is RecordingState.DAMAGED
    row = world.catalogue.get("rec-1")
    assert row.sealed is not None
    assert row.sealed.duration_ms == 1000
    assert row.consent == CONSENT
    assert row.gaps[-1] == {"start_ms": 1000, "end_ms": -1, "cause": "store"}
    assert world.vault().verify() == []


def test_what_sealing_had_noted_stays_when_it_fails(world: World) -> None:
    recording = begun(world)
    world.store.room = 0
    gaps = [{"start_ms": 0, "end_ms": 20, "cause": "unheard"}]
    with pytest.raises(HostError):
        recording.seal(consent=CONSENT, gaps=gaps, deadline=START)
    assert recording.fail("disk full") is RecordingState.DAMAGED
    row = world.catalogue.get("rec-1")
    assert (row.consent, row.gaps[0], row.deadline) == (CONSENT, gaps[0], START)


def test_when_only_the_database_failed_the_whole_file_is_sealed_after_all(world: World) -> None:
    recording = begun(world)
    describe, calls = world.catalogue.describe, []

    def once_away(*args: object, **given: object) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise HostError("the database does not answer")
        describe(*args, **given)  # type: ignore[arg-type]

    world.catalogue.describe = once_away  # type: ignore[method-assign]
    with pytest.raises(HostError):
        recording.seal(consent=CONSENT)
    assert recording.fail("database away") is RecordingState.SEALED
    assert world.vault().verify() == []


def test_after_an_objection_a_failed_recording_is_destroyed(world: World) -> None:
    recording = begun(world)
    world.audit.append(Unread("objection", {"rules": ["OBJ-003"]}), call_id="call-1", recording_id="rec-1")
    assert recording.fail("disk full") is RecordingState.DISCARDED
    assert not world.catalogue.get("rec-1").has_key


def test_while_the_disk_stays_full_the_half_written_file_waits_for_recovery(world: World) -> None:
    recording = begun(world)
    recover = world.store.recover

    def full(*_: object) -> None:
        raise HostError("the disk is full")

    world.store.recover = full  # type: ignore[method-assign,assignment]
    assert recording.fail("disk full") is RecordingState.DAMAGED
    assert [finding.recording_id for finding in world.vault().verify()] == ["rec-1"]
    assert "left as it is" in world.vault().recover()[0].how
    world.store.recover = recover  # type: ignore[method-assign]
    assert world.vault().recover()[0].state is RecordingState.DAMAGED
    assert world.vault().verify() == []


def test_recovery_with_a_wrong_kek_destroys_nothing(world: World) -> None:
    begun(world)
    world.store.crash()
    right, world.keys = world.keys, FakeKeyRing("kek-other")
    assert "kek-other" in world.vault().recover()[0].how
    assert world.store.unfinished() == ["rec-1"]
    world.keys = right
    assert world.vault().recover()[0].state is RecordingState.DAMAGED


@pytest.mark.parametrize(("discards", "state"), [(None, "DISCARDED"), (True, "DISCARDED"), (False, "DAMAGED")])
def test_an_objection_before_the_crash_decides_what_recovery_keeps(
    world: World, discards: bool | None, state: str
) -> None:
    begun(world)
    body = {} if discards is None else {"discards": discards}
    world.audit.append(Unread("objection.voice", body), call_id="call-1")
    world.store.crash()
    assert world.vault().recover()[0].state is RecordingState[state]
    assert world.kinds()[-1] == "recording.recovered"


def test_recovery_leaves_living_writers_and_other_nodes_alone(world: World) -> None:
    begun(world)
    assert world.vault().recover() == []
    world.store.crash()
    assert world.vault(node_id="node-2").recover() == []
    assert world.state() is RecordingState.CAPTURING
    assert len(world.vault().recover()) == 1


def test_files_without_a_row_are_named_and_kept_and_files_of_the_destroyed_are_deleted(world: World) -> None:
    world.store.open("stray", bytes(32), codec="opus", rate_hz=8000, channels=2).write(PCM)
    recording = begun(world)
    recording.discard("OBJ-003", "objection")
    world.store.open("rec-1", bytes(32), codec="opus", rate_hz=8000, channels=2).write(PCM)
    world.store.crash()
    assert {finding.recording_id for finding in world.vault().verify()} == {"stray", "rec-1"}
    found = {done.recording_id: done.how for done in world.vault().recover()}
    assert "left as it is" in found["stray"]
    assert "deleted" in found["rec-1"]
    assert world.store.unfinished() == ["stray"]


@pytest.mark.parametrize("whole", [False, True])
def test_a_file_whose_row_appears_while_recovery_looks_is_its_writers(world: World, whole: bool) -> None:
    recording = begun(world, "new")
    if whole:
        recording.seal(consent=CONSENT)
    world.store.crash()
    row, keys, states, looks = world.catalogue.rows.pop("new"), world.catalogue.keys, world.catalogue.states, [0]
    assert keys

    def late(recording_ids: Sequence[str]) -> dict[str, RecordingState]:
        # The destructions that are looked for first, then the files, then the file at hand.
        looks[0] += 1
        if looks[0] == 3:
            world.catalogue.rows["new"] = row
        return states(recording_ids)

    world.catalogue.states = late  # type: ignore[method-assign]
    assert world.vault().recover() == []
    assert looks == [3]
    assert "new" in (world.store.files if whole else world.store.partials)


def test_verify_names_a_row_without_file_a_changed_file_and_an_unknown_id(world: World) -> None:
    for name in ("rec-1", "rec-2", "rec-3"):
        begun(world, name).seal(consent=CONSENT)
    world.store.delete("rec-1")
    world.store.files["rec-2"].pcm[0] ^= 1
    assert {finding.recording_id for finding in world.vault().verify()} == {"rec-1", "rec-2"}
    assert [finding.recording_id for finding in world.vault().verify(["rec-3", "nobody"])] == ["nobody"]


def test_an_access_needs_a_reason_and_is_noted_before_it_is_given(world: World) -> None:
    begun(world).seal(consent=CONSENT)
    with pytest.raises(ArchiveError, match="reason"):
        world.vault().copy("rec-1", "wav", reason=" ", actor="dpo")
    row, copy = world.vault().copy("rec-1", "wav", reason="plainte 12", actor="dpo", more={"format": "wav"})
    assert (row, copy[:4]) == (world.vault().show("rec-1"), b"RIFF")
    (noted,) = [event.body for event in world.audit.events(recording_id="rec-1") if event.kind == "recording.exported"]
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


def test_what_is_destroyed_or_still_written_cannot_be_heard(world: World) -> None:
    recording = begun(world)
    with pytest.raises(ArchiveError, match="CAPTURING"):
        world.vault().copy("rec-1", "wav", reason="r", actor="a")
    with pytest.raises(ArchiveError, match="written"):
        world.vault().discard_stored("rec-1", rule_id="RET-001", reason="due")
    recording.seal(consent=CONSENT)
    assert world.vault().discard_stored("rec-1", rule_id="RET-001", reason="due") is RecordingState.PURGED
    assert world.vault().discard_stored("rec-1", rule_id="RET-001", reason="due") is RecordingState.PURGED
    assert world.kinds().count("certificate.destruction") == 1
    with pytest.raises(ArchiveError, match="PURGED"):
        world.vault().copy("rec-1", "wav", reason="r", actor="a")


# ---- dying at every step


def seals(vault: Vault, _world: World) -> None:
    recording = vault.begin(a_tag())
    recording.write(PCM)
    recording.seal(consent=CONSENT, deadline=START)


def discards(vault: Vault, _world: World) -> None:
    recording = vault.begin(a_tag())
    recording.write(PCM)
    recording.discard("OBJ-003", "objection")


def objects_then_discards(vault: Vault, world: World) -> None:
    recording = vault.begin(a_tag())
    recording.write(PCM)
    world.audit.append(Unread("objection", {"rules": ["OBJ-003"]}), call_id="call-1", recording_id="rec-1")
    recording.discard("OBJ-003", "objection")


def purges(vault: Vault, world: World) -> None:
    seals(world.vault(), world)
    vault.discard_stored("rec-1", rule_id="RET-001", reason="due")


def deaths(scenario: Callable[[Vault, World], None]) -> Iterator[tuple[World, list[str]]]:
    """The world after the scenario died at step 1, 2, 3… until it comes through."""
    for at in range(1, 200):
        world, wire = World(), Tripwire(at)
        try:
            scenario(world.vault(wire), world)
        except Killed:
            world.store.crash()
            yield world, wire.names
        else:
            return
    raise AssertionError("the scenario never came through")


def must_be_clean(world: World) -> None:
    assert world.audit.verify() == []
    assert world.vault().verify() == []
    assert world.vault().recover() == []
    for row in world.catalogue.find():
        assert row.state not in UNFINISHED
        destroyed = row.state in (RecordingState.DISCARDED, RecordingState.PURGED)
        assert row.has_key is not destroyed
        assert (row.tag.recording_id in world.store.files) is not destroyed
        assert world.kinds().count("certificate.destruction") == destroyed
    assert world.store.partials == {}


@pytest.mark.parametrize("scenario", [seals, discards, objects_then_discards, purges])
def test_death_at_any_step_is_settled_by_recovery(scenario: Callable[[Vault, World], None]) -> None:
    died = 0
    for world, names in deaths(scenario):
        died += 1
        world.vault().recover()
        must_be_clean(world)
        rows = world.catalogue.find()
        noted = scenario is not seals and scenario is not purges and "recording.discarding" in world.kinds()
        objected = "objection" in world.kinds()
        if noted or objected:
            assert rows[0].state is RecordingState.DISCARDED, names[-1]
        if scenario is seals and "after seal" in names:
            assert rows[0].state is RecordingState.SEALED, names[-1]
            assert rows[0].consent == CONSENT
    assert died >= 10


@pytest.mark.parametrize("scenario", [seals, objects_then_discards])
def test_recovery_may_die_at_any_step_too(scenario: Callable[[Vault, World], None]) -> None:
    for world, _ in deaths(scenario):
        for at in range(1, 200):
            try:
                world.vault(Tripwire(at)).recover()
            except Killed:
                world.store.crash()
            else:
                break
        must_be_clean(world)


@pytest.mark.parametrize("real", [False, True])
def test_a_recovery_at_any_step_of_opening_leaves_the_new_recording_alone(real: bool, tmp_path: Path) -> None:
    """A line crashes while another line of the node opens a recording: the recovery must not take it for a leftover."""
    at, steps = 0, 1
    while at <= steps:
        at += 1
        world = World()
        if real:
            world.store = LocalStore(tmp_path / f"vault-{at}")  # type: ignore[assignment]
        settled: list[Recovery] = []
        wire = Tripwire(at, lambda world=world, settled=settled: settled.extend(world.vault().recover()))  # type: ignore[misc]
        recording = world.vault(wire).begin(a_tag(codec="alaw"), deadline=START)
        steps = wire.steps
        recording.write(PCM)
        recording.seal(consent=CONSENT)
        assert world.state() is RecordingState.SEALED, wire.names[at - 1]
        assert settled == [], wire.names[at - 1]
        assert world.vault().verify() == []


@pytest.mark.parametrize("real", [False, True])
def test_a_name_that_was_taken_before_a_crash_is_given_back(real: bool, world: World, tmp_path: Path) -> None:
    if real:
        world.store = LocalStore(tmp_path / "vault")  # type: ignore[assignment]
        world.store.reserve("rec-1").open(bytes(32), codec="alaw", rate_hz=8000, channels=2).close()
    else:
        world.store.reserve("rec-1")
        world.store.crash()
    assert [(one.recording_id, one.state) for one in world.vault().recover()] == [("rec-1", None)]
    assert list(world.store.unfinished()) == []
    assert world.vault().recover() == []


def test_a_half_written_file_without_a_row_that_holds_audio_is_named_and_kept(world: World, tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "vault")
    world.store = store  # type: ignore[assignment]
    writer = store.open("stray", bytes(32), codec="alaw", rate_hz=8000, channels=2)
    writer.write(PCM)
    writer.close()
    assert [one.how for one in world.vault().recover()] == ["file without a row: left as it is"]
    assert list(store.unfinished()) == ["stray"]


def test_a_duplicate_id_is_refused_and_the_first_recording_is_not_harmed(world: World) -> None:
    recording = begun(world)
    with pytest.raises(ArchiveError, match=r"rec-1|exists"):
        world.vault().begin(a_tag())
    recording.write(PCM)
    recording.seal(consent=CONSENT)
    with pytest.raises(ArchiveError):
        world.vault().begin(a_tag())
    assert world.state() is RecordingState.SEALED
    assert world.vault().verify() == []


def test_a_duplicate_id_whose_file_lies_elsewhere_is_refused_by_its_row(world: World) -> None:
    begun(world).seal(consent=CONSENT)
    whole = world.store.files.pop("rec-1")
    with pytest.raises(ArchiveError):
        world.vault().begin(a_tag())
    assert list(world.store.unfinished()) == []
    assert world.catalogue.get("rec-1").has_key
    world.store.files["rec-1"] = whole
    assert world.vault().verify() == []


def test_two_purges_at_once_leave_one_certificate(world: World) -> None:
    begun(world).seal(consent=CONSENT)
    ends: list[object] = []

    def purge() -> None:
        try:
            ends.append(world.vault().discard_stored("rec-1", rule_id="RET-001", reason="due"))
        except BaseException as fault:
            ends.append(fault)

    threads = [threading.Thread(target=purge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [RecordingState.PURGED] * 4
    assert world.kinds().count("certificate.destruction") == 1
    assert world.kinds().count("recording.discarded") == 1


def test_a_data_key_is_cleared_once_it_is_used(world: World) -> None:
    given: list[bytearray] = []
    make, unwrap = world.keys.new_data_key, world.keys.unwrap

    def noted_make(recording_id: str) -> tuple[bytearray, bytes]:
        made = make(recording_id)
        given.append(made[0])
        return made

    def noted_unwrap(recording_id: str, wrapped: bytes) -> bytearray:
        given.append(unwrap(recording_id, wrapped))
        return given[-1]

    world.keys.new_data_key, world.keys.unwrap = noted_make, noted_unwrap  # type: ignore[method-assign]
    begun(world).seal(consent=CONSENT)
    world.vault().copy("rec-1", "wav", reason="test", actor="tester")
    assert world.vault().verify() == []
    assert len(given) == 3
    assert set(map(bytes, given)) == {bytes(32)}


def sealed_some(world: World, count: int) -> None:
    for number in range(count):
        begun(world, f"rec-{number}").seal(consent=CONSENT)


def test_a_verification_goes_on_where_it_was_interrupted(world: World) -> None:
    sealed_some(world, 7)
    del world.store.files["rec-1"], world.store.files["rec-5"]
    first = []
    for item in world.vault().verify_all():
        first.append(item)
        if len(first) == 3:
            break
    rest = list(world.vault().verify_all(after=first[-1].recording_id))
    assert [item.recording_id for item in first + rest] == [f"rec-{number}" for number in range(7)]
    found = [finding.recording_id for item in first + rest for finding in item.findings]
    assert found == ["rec-1", "rec-5"]


def test_a_verification_reads_no_faster_than_asked(world: World) -> None:
    sealed_some(world, 5)
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        world.clock.at += timedelta(seconds=seconds)

    size = world.catalogue.get("rec-0").sealed
    assert size is not None
    before = world.clock.at
    list(world.vault().verify_all(bytes_per_s=size.size_bytes / 10, pause=pause))
    assert (world.clock.at - before).total_seconds() == pytest.approx(50, abs=1)
    assert len(waited) == 5


def test_a_key_server_that_is_away_ends_the_verification_instead_of_blaming_every_recording(world: World) -> None:
    sealed_some(world, 2)

    def away(recording_id: str, wrapped: bytes) -> bytearray:
        raise HostError("OpenBao does not answer")

    world.keys.unwrap = away  # type: ignore[method-assign]
    with pytest.raises(HostError, match="does not answer"):
        list(world.vault().verify_all())


def test_what_a_crash_left_is_told_until_it_is_settled(world: World) -> None:
    begun(world)
    assert leftovers(world.vault().ports) == []
    world.store.crash()
    (told,) = leftovers(world.vault().ports)
    assert (told.recording_id, told.fault) == ("rec-1", "left in CAPTURING")
    world.vault().recover()
    assert leftovers(world.vault().ports) == []


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
    spoil: str, said: str, world: World, tmp_path: Path
) -> None:
    store = LocalStore(tmp_path / "vault")
    world.store = store  # type: ignore[assignment]
    for name in ("rec-1", "rec-2"):
        recording = world.vault().begin(a_tag(name, codec="alaw"), deadline=START)
        recording.write(PCM)
        recording.seal(consent=CONSENT)
    path = store.path("rec-1")
    if spoil == "wrong key":
        _, world.catalogue.keys["rec-1"] = FakeKeyRing("kek-other").new_data_key("rec-1")
    elif spoil == "missing key":
        del world.catalogue.keys["rec-1"]
    elif spoil == "half destroyed":
        world.audit.append(Unread("recording.discarding", {"rule_id": "REC-007"}), recording_id="rec-1")
        del world.catalogue.keys["rec-1"]
    elif spoil == "changed byte":
        content = bytearray(path.read_bytes())
        content[200] ^= 1
        path.write_bytes(content)
    elif spoil == "truncated file":
        path.write_bytes(path.read_bytes()[:-100])
    elif spoil == "row without file":
        path.unlink()
    else:
        del world.catalogue.rows["rec-1"]
    (found,) = world.vault().verify()
    assert found.recording_id == "rec-1"
    assert said in f"{found.fault} {found.remedy}"
    assert found.remedy
    if spoil != "file without row":
        with pytest.raises(ArchiveError):
            world.vault().copy("rec-1", "wav", reason="test", actor="tester")
    assert world.vault().copy("rec-2", "wav", reason="test", actor="tester")[1]
