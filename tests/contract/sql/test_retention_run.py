"""The retention run: what is due, the order of destruction, kills, two runs at once, changed schedules and policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
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
from tests.databases import KINDS, copied_url, fresh_url
from tests.fakes.tripwire import Killed, Tripwire
from tests.fakes.vault import FakeStore, a_tag
from tests.retention_rig import CALLED, GONE, KEPT, SIGNER, SOUND, RetentionRig


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url(request.param, tmp_path))
    yield rig
    rig.close()


def test_the_plan_tells_what_is_due_and_why_and_changes_nothing(rig: RetentionRig) -> None:
    rig.record("old", at=CALLED - timedelta(days=10))
    rig.record("new")
    assert list(rig.run().plan()) == []
    planned = list(rig.run().plan(CALLED + timedelta(days=200)))
    assert [item.stored.recording_id for item in planned] == ["old", "new"]
    assert all(item.destroys and item.decision is not None and "REC-007" in item.decision.reasons for item in planned)
    assert rig.state("old") == rig.state("new") == KEPT


def test_what_is_due_loses_key_and_file_and_leaves_one_signed_certificate(rig: RetentionRig) -> None:
    for number in range(8):
        rig.record(f"rec-{number}", at=CALLED - timedelta(hours=8 - number))
    rig.record("young", at=CALLED + timedelta(days=100))
    rig.clock.at = CALLED + timedelta(days=190)
    report = rig.run().run()
    assert report.ok
    assert sorted(report.destroyed) == [f"rec-{number}" for number in range(8)]
    assert rig.state("young") == KEPT
    for number in range(8):
        assert rig.state(f"rec-{number}") == GONE
        (certificate,) = rig.certificates(f"rec-{number}")
        signature = bytes.fromhex(str(certificate["signature"]))
        text = certificate_text("node-1", f"rec-{number}", certificate)
        assert SIGNER.verifies(SIGNER.public_key, text, signature)
        assert not SIGNER.verifies(SIGNER.public_key, text + b" ", signature)
        assert certificate["key_id"] == SIGNER.key_id
        assert "REC-007" in certificate["rules"]  # type: ignore[operator]
    with rig.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM retention_claims").scalar_one() == 0
    assert rig.audit.verify() == []
    assert rig.run().run().destroyed == []
    assert rig.vault.recover() == []


def test_a_certificate_holds_no_content_and_no_key_and_is_the_same_whoever_destroys(rig: RetentionRig) -> None:
    for name in ("by run", "by hand"):
        rig.record(name)
    wrapped = rig.catalogue.wrapped_key("by run")
    rig.vault.discard_stored("by hand", rule_id="OBJ-003", reason="asked for")
    begun = rig.vault.begin(a_tag("live", call_id="call-of-live", retention="quality_audio"))
    begun.write(SOUND)
    begun.discard("OBJ-003", "objection")
    rig.clock.at = CALLED + timedelta(days=190)
    rig.run().run()
    for name, rule, state in (
        ("by run", "REC-007", "SEALED"),
        ("by hand", "OBJ-003", "SEALED"),
        ("live", "OBJ-003", "CAPTURING"),
    ):
        (certificate,) = rig.certificates(name)
        assert set(certificate) == {
            "rule_id", "rules", "reason", "from_state", "sha256", "policy_id", "policy_version", "due_at", "clocks",
            "destroyed_at", "key_destroyed", "key_wiped", "file_deleted", "owner", "key_id", "signature",
        }  # fmt: skip
        assert certificate["rules"][0] == certificate["rule_id"]  # type: ignore[index]
        assert rule in certificate["rules"]  # type: ignore[operator]
        assert (certificate["from_state"], certificate["clocks"]) == (state, ["quality_audio"])
        kinds = [event.kind for event in rig.audit.events(recording_id=name)]
        assert kinds[-3:] == ["recording.discarding", "certificate.destruction", "recording.discarded"]
        bodies = {event.kind: event.body for event in rig.audit.events(recording_id=name)}
        assert set(bodies["recording.discarded"]) == {"rule_id", "rules", "reason", "from_state"}
        assert {*bodies["recording.discarded"], "sha256", "due_at"} == set(bodies["recording.discarding"])
        assert wrapped.hex() not in str(certificate)
    assert rig.audit.verify() == []
    (certificate,) = rig.certificates("by run")
    told = {name: certificate[name] for name in ("key_destroyed", "key_wiped", "file_deleted")}
    assert set(told.values()) == {True}
    row = rig.catalogue.get("by run")
    assert row.sealed is not None
    assert row.deadline is not None
    assert (certificate["sha256"], certificate["due_at"]) == (row.sealed.sha256, stamp(row.deadline))
    assert (certificate["policy_id"], certificate["policy_version"]) == ("fr-mutuelle", "2026-11-01")
    assert (certificate["clocks"], certificate["reason"], certificate["owner"]) == (
        ["quality_audio"], "retention", "node-1/1"
    )  # fmt: skip
    intent, _, end = rig.audit.events(recording_id="by run")[-3:]
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
    names = [f"rec-{number}" for number in range(3)]
    recorded = RetentionRig(fresh_url(kind, tmp_path))
    for name in names:
        recorded.record(name)
    recorded.close()
    # A death after a call of a port leaves what a death before the next one does; PostgreSQL takes longer for each.
    for at in range(1, 200, 1 if kind == "sqlite" else 3):
        wire = Deadly(at)
        url, store = copied_url(recorded.url, tmp_path), deepcopy(recorded.store)
        rig = RetentionRig(url, store=store, wrap=wire.wrap, chunk=2)
        rig.clock.at = CALLED + timedelta(days=190)
        run, killed = rig.run(), False
        try:
            run.run()
        except Killed:
            killed = True
        survivor = RetentionRig(url, store=store)
        # The lease of the dead run must have run out before others may go on.
        survivor.clock.at = CALLED + timedelta(days=190, minutes=11)
        assert survivor.run().run().ok
        for name in names:
            assert survivor.state(name) == GONE, at
            assert len(survivor.certificates(name)) == 1, at
        assert survivor.audit.verify() == []
        assert survivor.vault.recover() == []
        survivor.close()
        rig.close()
        if not killed:
            break
    assert not killed
    assert at > 30


def test_what_another_run_has_claimed_is_left_alone_until_its_lease_ends(rig: RetentionRig) -> None:
    rig.record("rec-1")
    rig.clock.at = CALLED + timedelta(days=190)
    now = rig.clock.at
    assert rig.ledger.claim(["rec-1"], owner="other", now=now, until=now + timedelta(minutes=10)) == {"rec-1"}
    report = rig.run().run()
    assert (report.destroyed, report.others) == ([], ["rec-1"])
    assert rig.state("rec-1") == KEPT
    rig.clock.at += timedelta(minutes=11)
    assert rig.run().run().destroyed == ["rec-1"]


def _run_as(url: str, node: str, store: FakeStore) -> list[str]:
    rig = RetentionRig(url, node=node, store=store, chunk=2)
    rig.clock.at = CALLED + timedelta(days=190)
    try:
        return rig.run().run().destroyed
    finally:
        rig.close()


def test_two_nodes_at_once_share_the_work_and_certify_nothing_twice(rig: RetentionRig) -> None:
    ids = [f"rec-{number}" for number in range(16)]
    for recording_id in ids:
        rig.record(recording_id)
    with ThreadPoolExecutor(3) as nodes:
        jobs = [nodes.submit(_run_as, rig.url, f"node-{number}", rig.store) for number in (1, 2, 3)]
        done = [recording_id for job in jobs for recording_id in job.result(timeout=60)]
    assert sorted(done) == sorted(ids)
    for recording_id in ids:
        assert rig.state(recording_id) == GONE
        assert len(rig.certificates(recording_id)) == 1
    assert rig.audit.verify() == []


def test_what_another_run_claims_is_left_to_it(rig: RetentionRig) -> None:
    rig.record("rec-1")
    now = rig.clock.at = CALLED + timedelta(days=190)
    rig.ledger.claim(["rec-1"], owner="slow", now=now, until=now + timedelta(minutes=10))
    later = now + timedelta(minutes=11)
    assert rig.ledger.claim(["rec-1"], owner="fast", now=later, until=later + timedelta(minutes=10)) == {"rec-1"}
    rig.clock.at = later
    report = rig.run().run()
    assert (report.destroyed, report.others) == ([], ["rec-1"])
    assert rig.state("rec-1") == KEPT


def test_a_run_whose_lease_ended_after_the_key_certifies_nothing(rig: RetentionRig) -> None:
    rig.record("rec-1")
    rig.clock.at = CALLED + timedelta(days=190)

    def too_slow() -> None:
        now = rig.clock.at = rig.clock.at + timedelta(minutes=11)
        assert rig.ledger.claim(["rec-1"], owner="fast", now=now, until=now + timedelta(minutes=10)) == {"rec-1"}

    watched = Watched(rig.catalogue, wipe_destroyed_keys=too_slow)
    rig._wrap = lambda port: watched if port is rig.catalogue else port
    assert rig.run().run().destroyed == []
    assert rig.state("rec-1") == ("SEALED", False, False)
    assert rig.certificates("rec-1") == []


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


def test_however_long_the_files_take_nobody_else_takes_what_is_about_to_be_certified(rig: RetentionRig) -> None:
    rig.record("rec-1")
    rig.clock.at = CALLED + timedelta(days=190)
    taken: list[set[str]] = []

    def slow_disk() -> None:
        rig.clock.at += timedelta(minutes=30)

    def other_node() -> None:
        now = rig.clock.now()
        taken.append(rig.ledger.claim(["rec-1"], owner="other", now=now, until=now + timedelta(minutes=10)))

    watched = {
        rig.catalogue: Watched(rig.catalogue, wipe_destroyed_keys=slow_disk),
        rig.ledger: Watched(rig.ledger, release=other_node),
    }
    rig._wrap = lambda port: watched.get(port, port)
    assert rig.run().run().destroyed == ["rec-1"]
    assert taken[0] == set()
    assert len(rig.certificates("rec-1")) == 1


def test_a_clock_that_goes_back_between_plan_and_act_destroys_nothing_that_is_not_due(rig: RetentionRig) -> None:
    rig.record("rec-1")
    rig.clock.at = CALLED + timedelta(days=190)

    def put_right() -> None:
        rig.clock.at = CALLED + timedelta(days=3)

    watched = Watched(rig.ledger, locked=put_right)
    rig._wrap = lambda port: watched if port is rig.ledger else port
    report = rig.run().run()
    assert report.destroyed == []
    assert [(item.stored.recording_id, item.destroys) for item in report.kept] == [("rec-1", False)]
    assert rig.state("rec-1") == KEPT
    assert rig.certificates("rec-1") == []


@pytest.mark.parametrize("back", [timedelta(days=3), timedelta(days=365), timedelta(days=4000)])
def test_a_clock_set_back_destroys_nothing_and_brings_nothing_back(back: timedelta, rig: RetentionRig) -> None:
    rig.record("due")
    rig.record("young", at=CALLED + timedelta(days=150))
    rig.clock.at = CALLED + timedelta(days=190)
    rig.run().run()
    before = rig.certificates("due")
    rig.clock.at -= back
    report = rig.run().run()
    assert report.destroyed == []
    assert (rig.state("due"), rig.state("young")) == (GONE, KEPT)
    assert rig.certificates("due") == before


class FullStore(FakeStore):
    """A store that refuses to delete some files until it is told otherwise."""

    stubborn: frozenset[str] = frozenset()

    def delete(self, recording_id: str) -> None:
        if recording_id in self.stubborn:
            raise HostError("cannot delete", where="memory", remedy="mend it")
        super().delete(recording_id)


def test_a_file_that_cannot_be_deleted_is_named_and_certified_only_when_it_is_gone(tmp_path: Path) -> None:
    store = FullStore()
    rig = RetentionRig(fresh_url("sqlite", tmp_path), store=store)
    for name in ("a", "b"):
        rig.record(name)
    rig.clock.at = CALLED + timedelta(days=190)
    store.stubborn = frozenset({"a"})
    report = rig.run().run()
    assert report.destroyed == ["b"]
    assert [(failure.recording_id, failure.remedy) for failure in report.failed] == [("a", "mend it")]
    assert not report.ok
    assert rig.state("a") == ("SEALED", False, True)
    assert rig.certificates("a") == []
    store.stubborn = frozenset()
    assert rig.run().run().destroyed == ["a"]
    assert rig.state("a") == GONE
    rig.close()


def test_a_purpose_that_the_policy_does_not_know_is_named_and_harms_nothing_else(rig: RetentionRig) -> None:
    rig.record("good")
    rig.record("odd")
    with rig.database.writing() as connection:
        connection.exec_driver_sql("UPDATE recordings SET retention = 'qualty_audio' WHERE recording_id = 'odd'")
    rig.clock.at = CALLED + timedelta(days=190)
    report = rig.run().run()
    assert report.destroyed == ["good"]
    assert [item.stored.recording_id for item in report.kept] == ["odd"]
    assert "quality_audio" in report.kept[0].fault
    assert not report.ok
    assert rig.state("odd") == KEPT


def test_one_spoilt_row_is_named_and_keeps_no_other_from_its_destruction(rig: RetentionRig) -> None:
    spoilt = ["event"]
    spoil = [
        "INSERT INTO business_events (recording_id, kind, at, reference, actor, noted_at) VALUES "
        "('event', 'nonsense', '2026-11-21T09:00:00.000000Z', '', 'x', '2026-11-21T09:00:00.000000Z')"
    ]
    if rig.database.is_sqlite:
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
        rig.record(recording_id)
    with rig.database.writing() as connection:
        for statement in spoil:
            connection.exec_driver_sql(statement)
    rig.clock.at = CALLED + timedelta(days=190)
    planned = {item.stored.recording_id: item.fault for item in rig.run().plan()}
    assert sorted(name for name, fault in planned.items() if fault) == sorted(spoilt)
    report = rig.run().run()
    assert report.destroyed == ["good"]
    assert sorted(item.stored.recording_id for item in report.kept) == sorted(spoilt)
    assert not report.ok
    assert sorted(rig.store.stored()) == sorted(spoilt)
    assert all(rig.catalogue.wrapped_key(one) for one in spoilt)
    with pytest.raises(ArchiveError, match=r"recording event.*nonsense"):
        rig.events.note("event", EventKind.OFFER, actor="crm")


def _with_quality(table: RetentionTable, keep: Duration) -> RetentionTable:
    schedule = table.schedules["quality_audio"]
    periods = tuple(replace(period, keep=keep) for period in schedule.periods)
    return replace(table, schedules={**table.schedules, "quality_audio": replace(schedule, periods=periods)})


def test_a_policy_that_became_shorter_shortens_what_is_stored_and_a_longer_one_changes_nothing(
    rig: RetentionRig,
) -> None:
    rig.record("rec-1")
    rig.run().run()
    first = rig.catalogue.get("rec-1").deadline
    short, long = (_with_quality(rig.table, Duration(days=30)), rig.table)
    rig.clock.at = CALLED + timedelta(days=20)
    rig.run(short).run()
    shorter = rig.catalogue.get("rec-1").deadline
    assert first is not None
    assert shorter == CALLED + timedelta(days=30)
    rig.run(long).run()
    assert rig.catalogue.get("rec-1").deadline == shorter
    rig.clock.at = CALLED + timedelta(days=31)
    assert rig.run(long).run().destroyed == ["rec-1"]


def test_the_plan_after_a_policy_became_shorter_names_what_the_next_run_destroys(rig: RetentionRig) -> None:
    rig.record("rec-1")
    rig.record("rec-2", at=CALLED + timedelta(days=20))
    rig.run().run()
    rig.clock.at = CALLED + timedelta(days=31)
    short = rig.run(_with_quality(rig.table, Duration(days=30)))
    assert list(rig.run().plan()) == []
    assert [item.stored.recording_id for item in short.plan() if item.destroys] == ["rec-1"]
    assert short.run().destroyed == ["rec-1"]


def test_the_plan_after_a_changed_policy_names_what_nobody_can_decide_about(rig: RetentionRig) -> None:
    for name in ("odd", "rec-1", "young"):
        rig.record(name, at=CALLED + timedelta(days=20 * (name == "young")))
    rig.run().run()
    with rig.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE recordings SET retention = 'qualty_audio', deadline = NULL WHERE recording_id = 'odd'"
        )
    rig.clock.at = CALLED + timedelta(days=31)
    planned = list(rig.run(_with_quality(rig.table, Duration(days=30))).plan())
    assert [(item.stored.recording_id, item.destroys, bool(item.fault)) for item in planned] == [
        ("rec-1", True, False), ("odd", False, True)
    ]  # fmt: skip


def test_recovery_and_a_run_over_the_same_leftover_give_one_certificate(rig: RetentionRig) -> None:
    rig.record("rec-1")
    rig.clock.at = CALLED + timedelta(days=190)
    now = rig.clock.at

    def dies() -> None:
        raise Killed

    watched = Watched(rig.store, delete_all=dies)
    rig._wrap = lambda port: watched if port is rig.store else port
    with pytest.raises(Killed):
        rig.run().run()
    rig._wrap = lambda port: port
    assert rig.state("rec-1") == ("SEALED", False, True)
    (told,) = leftovers(rig.vault.ports)
    assert (told.recording_id, told.fault) == ("rec-1", "its destruction was begun and is not finished")
    rig.vault.recover()
    assert leftovers(rig.vault.ports) == []
    assert rig.state("rec-1") == GONE
    rig.clock.at = now + timedelta(minutes=11)
    rig.run().run()
    assert len(rig.certificates("rec-1")) == 1


def test_a_purpose_that_nobody_noted_moves_no_deadline_back_and_is_told(rig: RetentionRig) -> None:
    rig.record("old")
    due = rig.catalogue.get("old").deadline
    with rig.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO recording_purposes (recording_id, tag, event) VALUES ('old', 'health_contract', '')"
        )
    rig.clock.at = CALLED + timedelta(days=190)
    before = rig.audit.count()
    for _ in range(2):
        report = rig.run().run()
        (kept,) = report.kept
        assert "health_contract" in kept.fault
        assert not report.ok
        assert report.destroyed == []
    assert rig.catalogue.get("old").deadline == due
    assert rig.audit.count() == before
