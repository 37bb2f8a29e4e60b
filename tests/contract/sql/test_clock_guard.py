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
from tests.retention_rig import CALLED, GONE, KEPT, RetentionRig

BOUNDS = ClockBounds(ahead=timedelta(days=7), behind=timedelta(minutes=5))


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url(request.param, tmp_path))
    yield rig
    rig.close()


def guard(rig: RetentionRig, node: str = "node-1") -> ClockGuard:
    times = SqlEvidenceTimes(rig.database, node)
    return ClockGuard(times, rig.ledger, rig.audit, rig.clock, node_id=node, bounds=BOUNDS)


def a_run(rig: RetentionRig, node: str = "node-1") -> RetentionRun:
    return RetentionRun(
        rig.ledger,
        rig.vault.ports,
        table=rig.table,
        profile=rig.profile,
        owner=f"{node}/guarded",
        clock_guard=guard(rig, node),
    )


def kinds(rig: RetentionRig) -> list[str]:
    return [event.kind for event in rig.audit.events()]


def test_a_clock_that_jumped_ten_years_destroys_nothing(rig: RetentionRig) -> None:
    rig.record("one")
    rig.clock.at = CALLED + timedelta(days=3650)
    with pytest.raises(ComplianceError, match=r"without any evidence.*clock-reason"):
        a_run(rig).run()
    with pytest.raises(ComplianceError):
        a_run(rig).run(["one"])
    assert rig.state("one") == KEPT


def test_evidence_that_the_wrong_clock_wrote_first_makes_it_no_better(rig: RetentionRig) -> None:
    rig.record("one")
    rig.clock.at = CALLED + timedelta(days=3650)
    rig.audit.append(Unread("audit.exported", {}))
    with pytest.raises(ComplianceError, match="event 3"):
        a_run(rig).run()
    assert rig.state("one") == KEPT


def test_with_a_reason_it_runs_and_the_reason_stands_in_the_evidence(rig: RetentionRig) -> None:
    rig.record("one")
    rig.clock.at = CALLED + timedelta(days=400)
    with pytest.raises(ComplianceError, match="reason"):
        guard(rig).accept(reason=" ", actor="ana")
    assert guard(rig).accept(reason="the node was off for a year", actor="ana") is True
    a_run(rig).run()
    assert rig.state("one") == GONE
    (event,) = [event for event in rig.audit.events() if event.kind == ClockAccepted.kind]
    assert (event.body["actor"], event.body["reason"]) == ("ana", "the node was off for a year")
    assert "without any evidence" in str(event.body["against"])
    # Once said, it is said; a clock that nothing speaks against needs no word.
    assert guard(rig).accept(reason="again", actor="ana") is False
    assert kinds(rig).count(ClockAccepted.kind) == 1


def test_of_a_long_reason_two_hundred_characters_are_kept(rig: RetentionRig) -> None:
    rig.record("one")
    rig.clock.at = CALLED + timedelta(days=400)
    assert guard(rig).accept(reason="the node was off " * 20, actor="ana")
    (event,) = [event for event in rig.audit.events() if event.kind == ClockAccepted.kind]
    assert event.body["reason"] == ("the node was off " * 20)[:200]


def test_a_clock_behind_the_evidence_destroys_nothing_and_is_told(rig: RetentionRig) -> None:
    rig.record("one", at=CALLED - timedelta(days=300))
    rig.clock.at = CALLED - timedelta(hours=1)
    assert "went back" in guard(rig).fault()
    with pytest.raises(ComplianceError, match="went back"):
        a_run(rig).run()
    assert rig.state("one") == KEPT


def test_a_quiet_node_leaves_one_event_a_day_and_is_never_doubted(rig: RetentionRig) -> None:
    rig.record("one")
    for day in range(1, 30):
        for hour in range(0, 24, 6):
            rig.clock.at = CALLED + timedelta(days=day, hours=hour)
            assert a_run(rig).run().ok
    assert 20 <= kinds(rig).count(ClockChecked.kind) <= 29
    assert set(kinds(rig)) == {"recording.started", "recording.sealed", ClockChecked.kind}


def test_only_what_came_since_the_last_good_look_is_looked_at(rig: RetentionRig) -> None:
    rig.record("one")
    guard(rig).must_be_plausible()
    rig.audit.append(Unread("later", {}))
    rig.clock.at = CALLED + timedelta(days=30)
    assert guard(rig).fault()
    guard(rig).accept(reason="off for a month", actor="ana")
    assert [told.seq for told in SqlEvidenceTimes(rig.database, "node-1").own(4)] == [4]
    rig.clock.at = CALLED + timedelta(days=31)
    assert guard(rig).fault() == ""


def test_another_nodes_evidence_from_the_future_is_accepted_by_one_word(rig: RetentionRig) -> None:
    other = RetentionRig(rig.url, node="node-2", store=rig.store)
    other.clock.at = CALLED + timedelta(days=3650)
    other.audit.append(Unread("kind", {}))
    rig.record("one")
    with pytest.raises(ComplianceError, match="node-2"):
        a_run(rig).run()
    guard(rig).accept(reason="the clock of node-2 was wrong", actor="ana")
    assert a_run(rig).run().ok
    other.audit.append(Unread("kind", {}))
    with pytest.raises(ComplianceError, match="node-2"):
        a_run(rig).run()
    other.close()
