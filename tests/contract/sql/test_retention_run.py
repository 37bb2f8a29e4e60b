"""The retention run: what is due, the order of destruction, kills, two runs at once, changed clocks and policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.checkpoint import certificate_text
from ivr.domain.retention.artefact import EventKind
from ivr.domain.retention.schedule import Duration, RetentionTable
from ivr.errors import ArchiveError, HostError
from ivr.services.vault.fixity import leftovers
from tests.databases import KINDS, fresh_url
from tests.fakes.tripwire import Killed, Tripwire
from tests.fakes.vault import FakeStore, a_tag
from tests.retention_world import CALLED, GONE, KEPT, SIGNER, SOUND, RetentionWorld


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionWorld]:
    world = RetentionWorld(fresh_url(request.param, tmp_path))
    yield world
    world.close()


def test_the_plan_tells_what_is_due_and_why_and_changes_nothing(world: RetentionWorld) -> None:
    world.record("old", at=CALLED - timedelta(days=10))
    world.record("new")
    assert list(world.run().plan()) == []
    planned = list(world.run().plan(CALLED + timedelta(days=200)))
    assert [item.stored.recording_id for item in planned] == ["old", "new"]
    assert all(item.destroys and item.decision is not None and "REC-007" in item.decision.reasons for item in planned)
    assert world.state("old") == world.state("new") == KEPT


def test_what_is_due_loses_key_and_file_and_leaves_one_signed_certificate(world: RetentionWorld) -> None:
    for number in range(8):
        world.record(f"rec-{number}", at=CALLED - timedelta(hours=8 - number))
    world.record("young", at=CALLED + timedelta(days=100))
    world.clock.at = CALLED + timedelta(days=190)
    report = world.run().run()
    assert report.ok
    assert sorted(report.destroyed) == [f"rec-{number}" for number in range(8)]
    assert world.state("young") == KEPT
    for number in range(8):
        assert world.state(f"rec-{number}") == GONE
        (certificate,) = world.certificates(f"rec-{number}")
        signature = bytes.fromhex(str(certificate["signature"]))
        text = certificate_text("node-1", f"rec-{number}", certificate)
        assert SIGNER.verifies(SIGNER.public_key, text, signature)
        assert not SIGNER.verifies(SIGNER.public_key, text + b" ", signature)
        assert certificate["key_id"] == SIGNER.key_id
        assert "REC-007" in certificate["rules"]  # type: ignore[operator]
    with world.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM retention_claims").scalar_one() == 0
    assert world.audit.verify() == []
    assert world.run().run().destroyed == []
    assert world.vault.recover() == []


def test_a_certificate_holds_no_content_and_no_key_and_is_the_same_whoever_destroys(world: RetentionWorld) -> None:
    for name in ("by run", "by hand"):
        world.record(name)
    wrapped = world.catalogue.wrapped_key("by run")
    world.vault.discard_stored("by hand", rule_id="OBJ-003", reason="asked for")
    begun = world.vault.begin(a_tag("live", call_id="call-of-live", retention="quality_audio"))
    begun.write(SOUND)
    begun.discard("OBJ-003", "objection")
    world.clock.at = CALLED + timedelta(days=190)
    world.run().run()
    for name, rule, state in (
        ("by run", "REC-007", "SEALED"),
        ("by hand", "OBJ-003", "SEALED"),
        ("live", "OBJ-003", "CAPTURING"),
    ):
        (certificate,) = world.certificates(name)
        assert set(certificate) == {
            "rule_id", "rules", "reason", "from_state", "sha256", "policy_id", "policy_version", "due_at", "clocks",
            "destroyed_at", "key_destroyed", "key_wiped", "file_deleted", "owner", "key_id", "signature",
        }  # fmt: skip
        assert certificate["rules"][0] == certificate["rule_id"]  # type: ignore[index]
        assert rule in certificate["rules"]  # type: ignore[operator]
        assert (certificate["from_state"], certificate["clocks"]) == (state, ["quality_audio"])
        kinds = [event.kind for event in world.audit.events(recording_id=name)]
        assert kinds[-3:] == ["recording.discarding", "certificate.destruction", "recording.discarded"]
        bodies = {event.kind: event.body for event in world.audit.events(recording_id=name)}
        assert set(bodies["recording.discarded"]) == {"rule_id", "rules", "reason", "from_state"}
        assert {*bodies["recording.discarded"], "sha256", "due_at"} == set(bodies["recording.discarding"])
        assert wrapped.hex() not in str(certificate)
    assert world.audit.verify() == []
    (certificate,) = world.certificates("by run")
    told = {name: certificate[name] for name in ("key_destroyed", "key_wiped", "file_deleted")}
    assert set(told.values()) == {True}
    row = world.catalogue.get("by run")
    assert row.sealed is not None
    assert row.deadline is not None
    assert (certificate["sha256"], certificate["due_at"]) == (row.sealed.sha256, stamp(row.deadline))
    assert (certificate["policy_id"], certificate["policy_version"]) == ("fr-mutuelle", "2026-11-01")
    assert (certificate["clocks"], certificate["reason"], certificate["owner"]) == (
        ["quality_audio"], "retention", "node-1/1"
    )  # fmt: skip
    intent, _, end = world.audit.events(recording_id="by run")[-3:]
    why = {name: certificate[name] for name in ("rule_id", "rules", "reason", "from_state")}
    assert intent.body == {**why, "sha256": row.sealed.sha256, "due_at": stamp(row.deadline)}
    assert (end.kind, end.body) == ("recording.discarded", why)
    assert {event.call_id for event in (intent, end)} == {"call-of-by run"}


class Deadly(Tripwire):
    """Once dead, always dead: what a `finally` would still do, a killed process does not."""

    def step(self, name: str) -> None:
        super().step(name)
        if self._at is not None and self.steps > self._at:
            raise Killed


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_step_the_next_run_ends_the_same(kind: str, tmp_path: Path) -> None:
    steps = 0
    for at in range(1, 60):
        wire = Deadly(at)
        world = RetentionWorld(fresh_url(kind, tmp_path), wrap=wire.wrap)
        for number in range(4):
            world.record(f"rec-{number}")
        world.clock.at = CALLED + timedelta(days=190)
        run, killed = world.run(), False
        try:
            run.run()
        except Killed:
            killed = True
        survivor = RetentionWorld(world.url, store=world.store)
        # The lease of the dead run must have run out before others may go on.
        survivor.clock.at = CALLED + timedelta(days=190, minutes=11)
        assert survivor.run().run().ok
        for number in range(4):
            assert survivor.state(f"rec-{number}") == GONE, at
            assert len(survivor.certificates(f"rec-{number}")) == 1, at
        assert survivor.audit.verify() == []
        assert survivor.vault.recover() == []
        survivor.close()
        world.close()
        if not killed:
            break
        steps = at
    assert steps >= 8


def test_what_another_run_has_claimed_is_left_alone_until_its_lease_ends(world: RetentionWorld) -> None:
    world.record("rec-1")
    world.clock.at = CALLED + timedelta(days=190)
    now = world.clock.at
    assert world.ledger.claim(["rec-1"], owner="other", now=now, until=now + timedelta(minutes=10)) == {"rec-1"}
    report = world.run().run()
    assert (report.destroyed, report.others) == ([], ["rec-1"])
    assert world.state("rec-1") == KEPT
    world.clock.at += timedelta(minutes=11)
    assert world.run().run().destroyed == ["rec-1"]


def _run_as(url: str, node: str, store: FakeStore) -> list[str]:
    world = RetentionWorld(url, node=node, store=store, chunk=2)
    world.clock.at = CALLED + timedelta(days=190)
    try:
        return world.run().run().destroyed
    finally:
        world.close()


def test_two_nodes_at_once_share_the_work_and_certify_nothing_twice(world: RetentionWorld) -> None:
    ids = [f"rec-{number}" for number in range(16)]
    for recording_id in ids:
        world.record(recording_id)
    with ThreadPoolExecutor(3) as nodes:
        jobs = [nodes.submit(_run_as, world.url, f"node-{number}", world.store) for number in (1, 2, 3)]
        done = [recording_id for job in jobs for recording_id in job.result(timeout=60)]
    assert sorted(done) == sorted(ids)
    for recording_id in ids:
        assert world.state(recording_id) == GONE
        assert len(world.certificates(recording_id)) == 1
    assert world.audit.verify() == []


def test_a_run_that_lost_its_claim_certifies_nothing(world: RetentionWorld) -> None:
    world.record("rec-1")
    now = world.clock.at = CALLED + timedelta(days=190)
    world.ledger.claim(["rec-1"], owner="slow", now=now, until=now + timedelta(minutes=10))
    later = now + timedelta(minutes=11)
    assert world.ledger.claim(["rec-1"], owner="fast", now=later, until=later + timedelta(minutes=10)) == {"rec-1"}
    world.clock.at = later
    report = world.run().run()
    assert (report.destroyed, report.others) == ([], ["rec-1"])
    assert world.state("rec-1") == KEPT


def test_a_run_whose_lease_ended_after_the_key_certifies_nothing(world: RetentionWorld) -> None:
    world.record("rec-1")
    world.clock.at = CALLED + timedelta(days=190)

    def too_slow() -> None:
        now = world.clock.at = world.clock.at + timedelta(minutes=11)
        assert world.ledger.claim(["rec-1"], owner="fast", now=now, until=now + timedelta(minutes=10)) == {"rec-1"}

    watched = Watched(world.catalogue, wipe_destroyed_keys=too_slow)
    world._wrap = lambda port: watched if port is world.catalogue else port
    assert world.run().run().destroyed == []
    assert world.state("rec-1") == ("SEALED", False, False)
    assert world.certificates("rec-1") == []


class Watched:
    """A port on which something happens just before a step."""

    def __init__(self, port: Any, **before: Callable[[], object]) -> None:
        self._port = port
        self._before = before

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        happens = self._before.get(name)

        def step(*args: Any, **given: Any) -> Any:
            if happens is not None:
                happens()
            return found(*args, **given)

        return step


def test_however_long_the_files_take_nobody_else_takes_what_is_about_to_be_certified(world: RetentionWorld) -> None:
    world.record("rec-1")
    world.clock.at = CALLED + timedelta(days=190)
    taken: list[set[str]] = []

    def slow_disk() -> None:
        world.clock.at += timedelta(minutes=30)

    def other_node() -> None:
        now = world.clock.now()
        taken.append(world.ledger.claim(["rec-1"], owner="other", now=now, until=now + timedelta(minutes=10)))

    watched = {
        world.catalogue: Watched(world.catalogue, wipe_destroyed_keys=slow_disk),
        world.ledger: Watched(world.ledger, release=other_node),
    }
    world._wrap = lambda port: watched.get(port, port)
    assert world.run().run().destroyed == ["rec-1"]
    assert taken[0] == set()
    assert len(world.certificates("rec-1")) == 1


def test_a_clock_that_goes_back_between_plan_and_act_destroys_nothing_that_is_not_due(world: RetentionWorld) -> None:
    world.record("rec-1")
    world.clock.at = CALLED + timedelta(days=190)

    def put_right() -> None:
        world.clock.at = CALLED + timedelta(days=3)

    watched = Watched(world.ledger, locked=put_right)
    world._wrap = lambda port: watched if port is world.ledger else port
    report = world.run().run()
    assert report.destroyed == []
    assert [(item.stored.recording_id, item.destroys) for item in report.kept] == [("rec-1", False)]
    assert world.state("rec-1") == KEPT
    assert world.certificates("rec-1") == []


@pytest.mark.parametrize("back", [timedelta(days=3), timedelta(days=365), timedelta(days=4000)])
def test_a_clock_set_back_destroys_nothing_and_brings_nothing_back(back: timedelta, world: RetentionWorld) -> None:
    world.record("due")
    world.record("young", at=CALLED + timedelta(days=150))
    world.clock.at = CALLED + timedelta(days=190)
    world.run().run()
    before = world.certificates("due")
    world.clock.at -= back
    report = world.run().run()
    assert report.destroyed == []
    assert (world.state("due"), world.state("young")) == (GONE, KEPT)
    assert world.certificates("due") == before


class FullStore(FakeStore):
    """A store that refuses to delete some files until it is told otherwise."""

    stubborn: frozenset[str] = frozenset()

    def delete(self, recording_id: str) -> None:
        if recording_id in self.stubborn:
            raise HostError("cannot delete", where="memory", remedy="mend it")
        super().delete(recording_id)


def test_a_file_that_cannot_be_deleted_is_named_and_certified_only_when_it_is_gone(tmp_path: Path) -> None:
    store = FullStore()
    world = RetentionWorld(fresh_url("sqlite", tmp_path), store=store)
    for name in ("a", "b"):
        world.record(name)
    world.clock.at = CALLED + timedelta(days=190)
    store.stubborn = frozenset({"a"})
    report = world.run().run()
    assert report.destroyed == ["b"]
    assert [(failure.recording_id, failure.remedy) for failure in report.failed] == [("a", "mend it")]
    assert not report.ok
    assert world.state("a") == ("SEALED", False, True)
    assert world.certificates("a") == []
    store.stubborn = frozenset()
    assert world.run().run().destroyed == ["a"]
    assert world.state("a") == GONE
    world.close()


def test_a_purpose_that_the_policy_does_not_know_is_named_and_harms_nothing_else(world: RetentionWorld) -> None:
    world.record("good")
    world.record("odd")
    with world.database.writing() as connection:
        connection.exec_driver_sql("UPDATE recordings SET retention = 'qualty_audio' WHERE recording_id = 'odd'")
    world.clock.at = CALLED + timedelta(days=190)
    report = world.run().run()
    assert report.destroyed == ["good"]
    assert [item.stored.recording_id for item in report.kept] == ["odd"]
    assert "quality_audio" in report.kept[0].fault
    assert not report.ok
    assert world.state("odd") == KEPT


def test_one_spoilt_row_is_named_and_keeps_no_other_from_its_destruction(world: RetentionWorld) -> None:
    spoilt = ["event"]
    spoil = [
        "INSERT INTO business_events (recording_id, kind, at, reference, actor, noted_at) VALUES "
        "('event', 'nonsense', '2026-11-21T09:00:00.000000Z', '', 'x', '2026-11-21T09:00:00.000000Z')"
    ]
    if world.database.is_sqlite:
        # The other database takes nothing but times.
        for name, text in (("before", "1garbage"), ("between", "2026-99-99"), ("beyond", "garbage")):
            spoilt.append(name)
            spoil.append(f"UPDATE recordings SET deadline = '{text}' WHERE recording_id = '{name}'")
        spoilt.append("opened")
        spoil.append("UPDATE recordings SET opened_at = 'x' WHERE recording_id = 'opened'")
        spoilt.append("purpose")
        spoil.append(
            "INSERT INTO recording_purposes (recording_id, tag, due_at) VALUES ('purpose', 'quality_audio', 'x')"
        )
    for recording_id in ("good", *spoilt):
        world.record(recording_id)
    with world.database.writing() as connection:
        for statement in spoil:
            connection.exec_driver_sql(statement)
    world.clock.at = CALLED + timedelta(days=190)
    planned = {item.stored.recording_id: item.fault for item in world.run().plan()}
    assert sorted(name for name, fault in planned.items() if fault) == sorted(spoilt)
    report = world.run().run()
    assert report.destroyed == ["good"]
    assert sorted(item.stored.recording_id for item in report.kept) == sorted(spoilt)
    assert not report.ok
    assert sorted(world.store.stored()) == sorted(spoilt)
    assert all(world.catalogue.wrapped_key(one) for one in spoilt)
    with pytest.raises(ArchiveError, match=r"recording event.*nonsense"):
        world.events.note("event", EventKind.OFFER, actor="crm")


def _with_quality(table: RetentionTable, keep: Duration) -> RetentionTable:
    clock = table.clocks["quality_audio"]
    periods = tuple(replace(period, keep=keep) for period in clock.periods)
    return replace(table, clocks={**table.clocks, "quality_audio": replace(clock, periods=periods)})


def test_a_policy_that_became_shorter_shortens_what_is_stored_and_a_longer_one_changes_nothing(
    world: RetentionWorld,
) -> None:
    world.record("rec-1")
    world.run().run()
    first = world.catalogue.get("rec-1").deadline
    short, long = (_with_quality(world.table, Duration(days=30)), world.table)
    world.clock.at = CALLED + timedelta(days=20)
    world.run(short).run()
    shorter = world.catalogue.get("rec-1").deadline
    assert first is not None
    assert shorter == CALLED + timedelta(days=30)
    world.run(long).run()
    assert world.catalogue.get("rec-1").deadline == shorter
    world.clock.at = CALLED + timedelta(days=31)
    assert world.run(long).run().destroyed == ["rec-1"]


def test_the_plan_after_a_policy_became_shorter_names_what_the_next_run_destroys(world: RetentionWorld) -> None:
    world.record("rec-1")
    world.record("rec-2", at=CALLED + timedelta(days=20))
    world.run().run()
    world.clock.at = CALLED + timedelta(days=31)
    short = world.run(_with_quality(world.table, Duration(days=30)))
    assert list(world.run().plan()) == []
    assert [item.stored.recording_id for item in short.plan() if item.destroys] == ["rec-1"]
    assert short.run().destroyed == ["rec-1"]


def test_the_plan_after_a_changed_policy_names_what_nobody_can_decide_about(world: RetentionWorld) -> None:
    for name in ("odd", "rec-1", "young"):
        world.record(name, at=CALLED + timedelta(days=20 * (name == "young")))
    world.run().run()
    with world.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE recordings SET retention = 'qualty_audio', deadline = NULL WHERE recording_id = 'odd'"
        )
    world.clock.at = CALLED + timedelta(days=31)
    planned = list(world.run(_with_quality(world.table, Duration(days=30))).plan())
    assert [(item.stored.recording_id, item.destroys, bool(item.fault)) for item in planned] == [
        ("rec-1", True, False), ("odd", False, True)
    ]  # fmt: skip


def test_recovery_and_a_run_over_the_same_leftover_give_one_certificate(world: RetentionWorld) -> None:
    world.record("rec-1")
    world.clock.at = CALLED + timedelta(days=190)
    now = world.clock.at

    def dies() -> None:
        raise Killed

    watched = Watched(world.store, delete_all=dies)
    world._wrap = lambda port: watched if port is world.store else port
    with pytest.raises(Killed):
        world.run().run()
    world._wrap = lambda port: port
    assert world.state("rec-1") == ("SEALED", False, True)
    (told,) = leftovers(world.vault.ports)
    assert (told.recording_id, told.fault) == ("rec-1", "its destruction was begun and is not finished")
    world.vault.recover()
    assert leftovers(world.vault.ports) == []
    assert world.state("rec-1") == GONE
    world.clock.at = now + timedelta(minutes=11)
    world.run().run()
    assert len(world.certificates("rec-1")) == 1


def test_a_purpose_that_nobody_noted_moves_no_deadline_back_and_is_told(world: RetentionWorld) -> None:
    world.record("old")
    due = world.catalogue.get("old").deadline
    with world.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO recording_purposes (recording_id, tag, event) VALUES ('old', 'health_contract', '')"
        )
    world.clock.at = CALLED + timedelta(days=190)
    before = world.audit.count()
    for _ in range(2):
        report = world.run().run()
        (kept,) = report.kept
        assert "health_contract" in kept.fault
        assert not report.ok
        assert report.destroyed == []
    assert world.catalogue.get("old").deadline == due
    assert world.audit.count() == before
