"""When the report of a call goes: by which day, unless something holds it, and by no clock that cannot be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.access import CALL_REPORT
from ivr.domain.retention.legal_hold import HoldState, LegalHold
from ivr.domain.retention.schedule import AtEnd, Duration, RetentionTable
from ivr.errors import ComplianceError
from ivr.services.ports.call_reports import Place, StoredReport
from ivr.services.retention.call_reports import ReportExpiry
from tests.contract.test_call_details import a_leg
from tests.contract.test_call_log import a_call
from tests.fakes.call_reports import FakeReportLedger
from tests.fakes.vault import FakeAuditLog, FakeCallLog, FakeCatalogue, TickingClock
from tests.retention_rig import settings

PARIS = ZoneInfo("Europe/Paris")
CALLED = datetime(2026, 11, 21, 10, 0, tzinfo=PARIS)
DUE = datetime(2027, 11, 21, 10, 0, tzinfo=PARIS)
SECOND = timedelta(seconds=1)


class Guard:
    """Believes the clock, or does not."""

    def __init__(self) -> None:
        self.fault = ""

    def must_be_plausible(self) -> None:
        if self.fault:
            raise ComplianceError(self.fault)


class House:
    def __init__(self, table: RetentionTable | None = None) -> None:
        self.log, self.catalogue, self.guard = FakeCallLog(), FakeCatalogue(), Guard()
        self.clock = TickingClock(CALLED)
        self.audit = FakeAuditLog(clock=self.clock)
        self.ledger = FakeReportLedger(self.log, self.catalogue, self.audit)
        self.table = table or settings().retention

    @property
    def expiry(self) -> ReportExpiry:
        profile = settings().profile
        return ReportExpiry(self.ledger, self.clock, self.table, profile, "node-1/run", self.guard, 2)  # type: ignore[arg-type]

    def call(self, call_id: str, at: datetime, **changes: Any) -> None:
        row = replace(a_call(1), call_id=call_id, started_at=at, recording_id=f"of-{call_id}", **changes)
        self.log.add(row, legs=[a_leg(row, "1"), a_leg(row, "2")])

    def run_at(self, at: datetime) -> list[str]:
        """Run as if it were this moment; return what is left."""
        self.clock.at = at
        self.expiry.run()
        return self.left

    @property
    def left(self) -> list[str]:
        return sorted(row.call_id for row in self.log.rows)


@pytest.fixture
def house() -> House:
    return House()


def local(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("called", "due"),
    [
        (CALLED, DUE),
        (local(2027, 7, 1), local(2028, 7, 1)),
        (local(2027, 2, 28), local(2028, 2, 28)),
        (local(2028, 2, 28), local(2029, 2, 28)),
        (local(2028, 2, 29), local(2029, 2, 28)),
        # Summer time begins on another Sunday each year: the hour of the wall counts.
        (local(2027, 3, 28), local(2028, 3, 28)),
        # That night has no 2 o'clock: the moment the clocks jump.
        (datetime(2027, 3, 26, 2, 30, tzinfo=PARIS), datetime(2028, 3, 26, 1, 0, tzinfo=UTC)),
    ],
)
def test_a_report_goes_a_calendar_year_after_its_call_began_and_not_before(
    house: House, called: datetime, due: datetime
) -> None:
    house.call("one", called)
    assert house.run_at(due - SECOND) == ["one"]
    assert house.audit.kinds() == []
    # A look at the clock is a millisecond later than what it is set to.
    assert house.run_at(due) == []
    assert house.log.legs == {}
    assert house.audit.kinds() == ["reports.destroyed"]


def test_a_call_of_the_29th_is_due_before_one_of_the_evening_of_the_28th(house: House) -> None:
    house.call("28th in the evening", local(2028, 2, 28, 23))
    house.call("29th", local(2028, 2, 29))
    house.call("1st", local(2028, 3, 1, 0))
    assert house.run_at(local(2029, 2, 28, 10)) == ["1st", "28th in the evening"]
    assert house.run_at(local(2029, 2, 28, 23)) == ["1st"]


def test_whatever_the_days_of_a_month_what_is_due_is_found() -> None:
    """Four days end on one: from the 28th to the 31st of August, six months lead to the 28th of February."""
    house = House(changed(keep=Duration(months=6)))
    for day, hour in ((28, 12), (29, 11), (30, 9), (31, 23)):
        house.call(f"{day}", local(2026, 8, day, hour))
        house.call(f"{day} later", local(2026, 8, day, hour) + timedelta(minutes=1))
    assert house.run_at(local(2027, 2, 28, 10)) == ["28", "28 later", "29", "29 later", "31", "31 later"]


def changed(*, at_end: AtEnd = AtEnd.DESTROY, keep: Duration | None = None) -> RetentionTable:
    table = settings().retention
    schedule = table.schedule(CALL_REPORT)
    (period,) = schedule.periods
    mine = replace(schedule, at_end=at_end, periods=(replace(period, keep=keep or period.keep),))
    return replace(table, schedules={**table.schedules, CALL_REPORT: mine})


def test_a_schedule_that_became_shorter_is_that_of_older_reports_too(house: House) -> None:
    house.call("one", CALLED)
    house.table = changed(keep=Duration(days=30))
    assert house.run_at(CALLED + timedelta(days=30) - SECOND) == ["one"]
    assert house.run_at(CALLED + timedelta(days=30)) == []


def test_what_a_person_is_to_review_does_not_go_by_itself(house: House) -> None:
    house.call("one", CALLED)
    house.table = changed(at_end=AtEnd.REVIEW)
    assert house.run_at(DUE + timedelta(days=9)) == ["one"]
    assert house.expiry.plan().kept == 1


def test_without_a_schedule_nothing_goes(house: House) -> None:
    house.call("one", CALLED)
    schedules = {tag: one for tag, one in house.table.schedules.items() if tag != CALL_REPORT}
    house.table = replace(house.table, schedules=schedules)
    with pytest.raises(ComplianceError, match="call_report"):
        house.run_at(DUE)
    assert house.left == ["one"]


def test_many_go_in_batches_each_with_its_evidence_and_the_young_stay(house: House) -> None:
    for number in range(5):
        house.call(f"old-{number}", CALLED + number * SECOND)
    house.call("young", CALLED + timedelta(days=2))
    house.clock.at = DUE + timedelta(days=1)
    done = house.expiry.run()
    assert (done.destroyed, done.legs, done.kept, done.undecided, done.ok) == (5, 10, 0, [], True)
    assert (done.earliest, done.latest, done.due_at) == (CALLED, CALLED + 4 * SECOND, DUE)
    assert house.left == ["young"]
    assert [event.body["count"] for event in house.audit.events()] == [2, 2, 1]
    assert house.expiry.run().destroyed == 0
    assert len(house.audit.events()) == 3


def test_the_evidence_tells_how_many_from_when_to_when_and_why_and_no_call_or_person(house: House) -> None:
    house.call("call-a", CALLED, party="sip:+33612345678@gw")
    house.call("call-b", CALLED + SECOND)
    house.run_at(DUE + SECOND)
    (event,) = house.audit.events()
    assert event.body == {
        "count": 2,
        "legs": 4,
        "earliest": "2026-11-21T09:00:00.000000Z",
        "latest": "2026-11-21T09:00:01.000000Z",
        "rules": ["RET-001"],
        "owner": "node-1/run",
    }
    assert (event.call_id, event.recording_id) == ("", "")


def test_the_plan_tells_what_a_run_would_do_and_changes_nothing(house: House) -> None:
    for number in range(3):
        house.call(f"old-{number}", CALLED + number * SECOND)
    assert house.expiry.plan().destroyed == 0
    house.guard.fault = "a plan asks no guard"
    planned = house.expiry.plan(DUE + SECOND)
    assert (planned.destroyed, planned.earliest, planned.latest, planned.due_at, planned.rules) == (
        2, CALLED, CALLED + SECOND, DUE, ("RET-001",),
    )  # fmt: skip
    assert (len(house.left), house.audit.kinds()) == (3, [])


def a_hold(*items: str, state: HoldState = HoldState.ACTIVE) -> LegalHold:
    return LegalHold("hold-1", "C-1", "legal", "17.3.e", frozenset(items), "anne", CALLED, DUE, state)


def test_the_report_of_a_recording_under_an_active_hold_stays_while_it_is_held(house: House) -> None:
    for call_id in ("free", "held"):
        house.call(call_id, CALLED)
    house.catalogue.holds = [a_hold("of-held")]
    house.clock.at = DUE
    done = house.expiry.run()
    assert (done.destroyed, done.kept, done.held_by, done.ok) == (1, 1, ("hold-1",), True)
    assert house.left == ["held"]
    assert len(house.log.legs["held"]) == 2
    assert house.expiry.plan().held_by == ("hold-1",)
    house.catalogue.holds = [a_hold("of-held", state=HoldState.RELEASED)]
    assert house.run_at(DUE) == []


def test_many_that_are_held_hide_none_that_is_due(house: House) -> None:
    for number in range(5):
        house.call(f"held-{number}", CALLED)
    house.call("free", CALLED + SECOND)
    house.catalogue.holds = [a_hold(*(f"of-held-{number}" for number in range(5)))]
    assert len(house.run_at(DUE + SECOND)) == 5
    assert "free" not in house.left


def test_a_hold_that_comes_between_plan_and_destruction_keeps_its_report(house: House) -> None:
    class Meanwhile(FakeReportLedger):
        def destroy(self, *given: Any) -> int:
            house.catalogue.holds = [a_hold("of-held")]
            return super().destroy(*given)

    for call_id in ("free", "held"):
        house.call(call_id, CALLED)
    house.ledger = Meanwhile(house.log, house.catalogue, house.audit)
    house.clock.at = DUE
    done = house.expiry.run()
    assert (done.destroyed, done.kept, house.left) == (1, 1, ["held"])


def test_nothing_goes_by_a_clock_that_cannot_be_right(house: House) -> None:
    house.call("one", CALLED)
    house.guard.fault = "the clock jumped"
    with pytest.raises(ComplianceError, match="jumped"):
        house.run_at(DUE)
    assert (house.left, house.audit.kinds()) == (["one"], [])
    house.guard.fault = ""
    assert house.run_at(DUE) == []


class Spoilt(FakeReportLedger):
    """The beginning of one report cannot be read: from the start, or by the time it is to be destroyed."""

    call_id, late = "bad", False

    def begun(self, at: datetime, *, limit: int, after: Place | None = None) -> list[StoredReport]:
        found = super().begun(at, limit=limit, after=after)
        return found if self.late else [self._spoilt(one) for one in found]

    def destroy(self, call_ids: Sequence[str], chosen: Any, entry: Any) -> int:
        return super().destroy(call_ids, lambda found: chosen([self._spoilt(one) for one in found]), entry)

    def _spoilt(self, one: StoredReport) -> StoredReport:
        bad = one.call_id == self.call_id
        return replace(one, started_at=datetime(1, 1, 2, tzinfo=UTC), fault="no time") if bad else one


@pytest.mark.parametrize("late", [False, True])
def test_a_report_that_cannot_be_read_is_kept_and_told_and_keeps_no_other(house: House, *, late: bool) -> None:
    for call_id in ("bad", "good"):
        house.call(call_id, CALLED)
    spoilt = Spoilt(house.log, house.catalogue, house.audit)
    spoilt.late = late
    house.ledger = spoilt
    house.clock.at = DUE
    planned = house.expiry.plan()
    assert (planned.destroyed, planned.undecided) == ((2, []) if late else (1, ["bad"]))
    done = house.expiry.run()
    assert (done.destroyed, done.undecided, done.ok) == (1, ["bad"], False)
    assert house.left == ["bad"]
