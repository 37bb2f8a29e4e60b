"""Nothing is destroyed by a clock that the evidence speaks against; a person may say that it is right, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.evidence.clock_check import ClockBounds
from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.house import ClockAccepted, ClockChecked
from ivr.errors import ComplianceError
from ivr.services.evidence.clock_guard import ClockGuard
from ivr.services.retention.run import RetentionRun
from ivr.storage.evidence_times import SqlEvidenceTimes
from tests.databases import KINDS, fresh_url
from tests.retention_world import CALLED, GONE, KEPT, RetentionWorld

BOUNDS = ClockBounds(ahead=timedelta(days=7), behind=timedelta(minutes=5))


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionWorld]:
    world = RetentionWorld(fresh_url(request.param, tmp_path))
    yield world
    world.close()


def guard(world: RetentionWorld, node: str = "node-1") -> ClockGuard:
    times = SqlEvidenceTimes(world.database, node)
    return ClockGuard(times, world.ledger, world.audit, world.clock, node_id=node, bounds=BOUNDS)


def a_run(world: RetentionWorld, node: str = "node-1") -> RetentionRun:
    return RetentionRun(
        world.ledger,
        world.vault.ports,
        table=world.table,
        profile=world.profile,
        owner=f"{node}/guarded",
        clock_guard=guard(world, node),
    )


def kinds(world: RetentionWorld) -> list[str]:
    return [event.kind for event in world.audit.events()]


def test_a_clock_that_jumped_ten_years_destroys_nothing(world: RetentionWorld) -> None:
    world.record("one")
    world.clock.at = CALLED + timedelta(days=3650)
    with pytest.raises(ComplianceError, match=r"without any evidence.*clock-reason"):
        a_run(world).run()
    with pytest.raises(ComplianceError):
        a_run(world).run(["one"])
    assert world.state("one") == KEPT


def test_evidence_that_the_wrong_clock_wrote_first_makes_it_no_better(world: RetentionWorld) -> None:
    world.record("one")
    world.clock.at = CALLED + timedelta(days=3650)
    world.audit.append(Unread("audit.exported", {}))
    with pytest.raises(ComplianceError, match="event 3"):
        a_run(world).run()
    assert world.state("one") == KEPT


def test_with_a_reason_it_runs_and_the_reason_stands_in_the_evidence(world: RetentionWorld) -> None:
    world.record("one")
    world.clock.at = CALLED + timedelta(days=400)
    with pytest.raises(ComplianceError, match="reason"):
        guard(world).accept(reason=" ", actor="ana")
    assert guard(world).accept(reason="the node was off for a year", actor="ana") is True
    a_run(world).run()
    assert world.state("one") == GONE
    (event,) = [event for event in world.audit.events() if event.kind == ClockAccepted.kind]
    assert (event.body["actor"], event.body["reason"]) == ("ana", "the node was off for a year")
    assert "without any evidence" in str(event.body["against"])
    # Once said, it is said; a clock that nothing speaks against needs no word.
    assert guard(world).accept(reason="again", actor="ana") is False
    assert kinds(world).count(ClockAccepted.kind) == 1


def test_a_clock_behind_the_evidence_destroys_nothing_and_is_told(world: RetentionWorld) -> None:
    world.record("one", at=CALLED - timedelta(days=300))
    world.clock.at = CALLED - timedelta(hours=1)
    assert "went back" in guard(world).fault()
    with pytest.raises(ComplianceError, match="went back"):
        a_run(world).run()
    assert world.state("one") == KEPT


def test_a_quiet_node_leaves_one_event_a_day_and_is_never_doubted(world: RetentionWorld) -> None:
    world.record("one")
    for day in range(1, 30):
        for hour in range(0, 24, 6):
            world.clock.at = CALLED + timedelta(days=day, hours=hour)
            assert a_run(world).run().ok
    assert 20 <= kinds(world).count(ClockChecked.kind) <= 29
    assert set(kinds(world)) == {"recording.started", "recording.sealed", ClockChecked.kind}


def test_only_what_came_since_the_last_good_look_is_looked_at(world: RetentionWorld) -> None:
    world.record("one")
    guard(world).must_be_plausible()
    world.audit.append(Unread("later", {}))
    world.clock.at = CALLED + timedelta(days=30)
    assert guard(world).fault()
    guard(world).accept(reason="off for a month", actor="ana")
    assert [told.seq for told in SqlEvidenceTimes(world.database, "node-1").own(4)] == [4]
    world.clock.at = CALLED + timedelta(days=31)
    assert guard(world).fault() == ""


def test_another_nodes_evidence_from_the_future_is_accepted_by_one_word(world: RetentionWorld) -> None:
    other = RetentionWorld(world.url, node="node-2", store=world.store)
    other.clock.at = CALLED + timedelta(days=3650)
    other.audit.append(Unread("kind", {}))
    world.record("one")
    with pytest.raises(ComplianceError, match="node-2"):
        a_run(world).run()
    guard(world).accept(reason="the clock of node-2 was wrong", actor="ana")
    assert a_run(world).run().ok
    other.audit.append(Unread("kind", {}))
    with pytest.raises(ComplianceError, match="node-2"):
        a_run(world).run()
    other.close()
