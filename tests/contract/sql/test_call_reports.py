"""The end of reports of calls on both databases: batches, kills, two runs at once, and what goes on without them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from ivr.domain.call.leg import Disposition
from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.clock_check import ClockBounds
from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.call import Reported
from ivr.domain.evidence.events.objection import Barred
from ivr.domain.search.query import RecordingQuery
from ivr.errors import ComplianceError
from ivr.services.call.notes import report_left
from ivr.services.consent.barring import bar, barred_by, respell
from ivr.services.evidence.clock_guard import ClockGuard
from ivr.services.ports.call_details import DetailQuery
from ivr.services.ports.evidence import CallRow
from ivr.services.ports.spool import Duty, Pending
from ivr.services.retention.call_reports import ReportExpiry
from ivr.storage.call_details import SqlCallDetails
from ivr.storage.call_log import SqlCallLog
from ivr.storage.do_not_call import SqlDoNotCall
from ivr.storage.evidence_reconciliation import table_faults
from ivr.storage.evidence_times import SqlEvidenceTimes
from ivr.storage.person_index import SqlPersonIndex
from ivr.storage.recording_search import SqlRecordingSearch
from ivr.storage.report_ledger import SqlReportLedger, begun_query
from ivr.storage.tables import calls, legs, metadata
from tests.contract.test_call_details import a_leg
from tests.databases import KINDS, copied_url, fresh_url
from tests.fakes.tripwire import Killed
from tests.fakes.vault import FakeKeyRing, FakeSpool
from tests.retention_rig import CALLED, KEPT, RetentionRig

DUE = CALLED.replace(year=CALLED.year + 1)
#: What a run may write.
TOUCHED = {"calls", "legs", "audit_events", "audit_heads", "audit_checkpoints", "evidence_keys", "meta"}


class ReportRig(RetentionRig):
    def __init__(self, url: str, **more: Any) -> None:
        super().__init__(url, **more)
        self.log = SqlCallLog(self.database)
        self.reports = SqlReportLedger(self.database, self.audit)

    def expiry(self, *, chunk: int = 3) -> ReportExpiry:
        """A run of its own, guarded as the clerk's is."""
        bounds = ClockBounds(ahead=timedelta(days=7), behind=timedelta(minutes=5))
        times = SqlEvidenceTimes(self.database, self._node)
        guard = ClockGuard(times, self.ledger, self.audit, self.clock, node_id=self._node, bounds=bounds)
        owner = f"{self._node}/{next(self._runs)}"
        return ReportExpiry(self.reports, self.clock, self.table, self.profile, owner, guard, chunk)

    def report(self, call_id: str, at: datetime = CALLED, *, recording_id: str | None = None, **more: Any) -> None:
        """A report with two legs."""
        row = CallRow(
            call_id, "hotline-quality", "inbound", more.pop("party", "sip:+33612345678@gw"), at, at,
            at + timedelta(minutes=3), "ANSWERED", 200, 16, "caller", recording_id, "SEALED", {}, "node-1", **more,
        )  # fmt: skip
        self.log.add(row, legs=[a_leg(row, "1"), a_leg(row, "2", role="agent")])

    def left(self) -> tuple[list[str], int]:
        with self.database.reading() as connection:
            found = connection.execute(select(calls.c.call_id).order_by(calls.c.call_id)).scalars()
            return list(found), connection.execute(select(func.count()).select_from(legs)).scalar_one()

    def counts(self) -> dict[str, int]:
        with self.database.reading() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in metadata.sorted_tables
                if table.name not in TOUCHED
            }

    def told(self) -> list[dict[str, Any]]:
        return [dict(event.body) for event in self.audit.events() if event.kind == "reports.destroyed"]


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReportRig]:
    rig = ReportRig(fresh_url(request.param, tmp_path))
    yield rig
    rig.close()


def run_at(rig: ReportRig, at: datetime, **more: Any) -> int:
    rig.clock.at = at
    return unguarded(rig.expiry(**more)).run().destroyed


def unguarded(expiry: ReportExpiry) -> ReportExpiry:
    """A year without a word is what the guard is there for: it has a test of its own."""

    class Sure:
        def must_be_plausible(self) -> None: ...

    return type(expiry)(**{**vars(expiry), "clock_guard": Sure()})


def test_what_is_due_goes_with_its_legs_and_nothing_else_does(rig: ReportRig) -> None:
    rig.record("rec-1")
    for number in range(8):
        rig.report(f"old-{number}", CALLED + timedelta(seconds=number))
    rig.report("young", CALLED + timedelta(days=1))
    before = rig.counts()
    assert run_at(rig, DUE - timedelta(seconds=1)) == 0
    assert rig.told() == []
    assert run_at(rig, DUE + timedelta(seconds=8)) == 8
    assert rig.left() == (["young"], 2)
    assert rig.counts() == before
    assert rig.state("rec-1") == KEPT
    assert [(one["count"], one["legs"]) for one in rig.told()] == [(3, 6), (3, 6), (2, 4)]
    assert (rig.told()[0]["earliest"], rig.told()[-1]["latest"]) == (
        stamp(CALLED), stamp(CALLED + timedelta(seconds=7)),
    )  # fmt: skip
    assert rig.audit.verify() == []
    assert table_faults(rig.database) == []
    assert run_at(rig, DUE + timedelta(seconds=8)) == 0


def test_a_clock_that_jumped_destroys_nothing_until_somebody_says_why_it_is_right(rig: ReportRig) -> None:
    rig.report("one")
    rig.audit.append(Unread("test", {}))
    rig.clock.at = DUE
    with pytest.raises(ComplianceError, match="without any evidence"):
        rig.expiry().run()
    assert (rig.left(), rig.told()) == ((["one"], 2), [])
    rig.expiry().clock_guard.accept(reason="looked at another clock", actor="ana")
    assert rig.expiry().run().destroyed == 1


def test_the_report_of_a_recording_under_a_legal_hold_stays_until_it_is_released(rig: ReportRig) -> None:
    for name in ("held", "free", "named"):
        rig.record(name, tag="sales_audio")
        # Of a call whose line died the report may name no recording; the recording names the call.
        rig.report(f"call-of-{name}", recording_id=None if name == "named" else name)
    hold = rig.holds.request(
        case="Litige 12", owner="juriste", basis="17.3.e legal claims", items=("held", "named"), by="anne",
        review_at=rig.clock.now() + timedelta(days=90),
    )  # fmt: skip
    for by in ("bruno", "chloé"):
        rig.holds.approve(hold.id, by=by)
    assert run_at(rig, DUE) == 1
    assert rig.left() == (["call-of-held", "call-of-named"], 4)
    planned = rig.expiry().plan()
    assert (planned.destroyed, planned.kept, planned.held_by) == (0, 2, (hold.id,))
    rig.holds.release(hold.id, by="anne", reason="jugement")
    assert run_at(rig, DUE) == 2
    assert rig.left() == ([], 0)
    assert rig.audit.verify() == []


def test_a_batch_whose_evidence_cannot_be_written_stays_whole(rig: ReportRig, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        rig.report(f"old-{number}")

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rig.audit, "append_within", killed)
        with pytest.raises(Killed):
            run_at(rig, DUE)
    assert (rig.left(), rig.told()) == ((["old-0", "old-1"], 4), [])
    assert run_at(rig, DUE) == 2


class Dying:
    """Dies when asked for the so-manieth time, before it does it or after."""

    def __init__(self, port: Any, at: int, *, after: bool) -> None:
        self._port, self._left, self._after = port, at, after

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Killed
            found = getattr(self._port, name)(*given, **named)
            if self._left == 0:
                raise Killed
            return found

        return call


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_the_next_run_ends_the_same(kind: str, tmp_path: Path, *, after: bool) -> None:
    stocked = ReportRig(fresh_url(kind, tmp_path))
    for number in range(7):
        stocked.report(f"old-{number}")
    stocked.close()
    for at in range(1, 20):
        rig = ReportRig(copied_url(stocked.url, tmp_path))
        real, killed = rig.reports, False
        rig.reports = Dying(real, at, after=after)  # type: ignore[assignment]
        try:
            run_at(rig, DUE)
        except Killed:
            killed = True
        rig.reports = real
        run_at(rig, DUE)
        assert rig.left() == ([], 0), at
        assert sum(one["count"] for one in rig.told()) == 7, at
        assert sum(one["legs"] for one in rig.told()) == 14, at
        assert rig.audit.verify() == []
        rig.close()
        if not killed:
            break
    assert not killed
    assert at > 6


def _run_as(url: str, node: str) -> int:
    rig = ReportRig(url, node=node)
    try:
        return run_at(rig, DUE, chunk=2)
    finally:
        rig.close()


def test_two_runs_at_once_destroy_each_report_once_and_tell_it_once(rig: ReportRig) -> None:
    for number in range(25):
        rig.report(f"old-{number:02}", CALLED - timedelta(seconds=number))
    with ThreadPoolExecutor(3) as nodes:
        jobs = [nodes.submit(_run_as, rig.url, f"node-{number}") for number in (1, 2, 3)]
        done = [job.result(timeout=60) for job in jobs]
    assert sum(done) == sum(one["count"] for one in rig.told()) == 25
    assert sum(one["legs"] for one in rig.told()) == 50
    assert rig.left() == ([], 0)
    assert rig.audit.verify() == []


def test_a_run_that_comes_to_what_another_has_just_destroyed_tells_nothing_of_it(rig: ReportRig) -> None:
    rig.report("one")
    faster = rig.expiry()

    class Slow(SqlReportLedger):
        def destroy(self, *given: Any) -> int:
            rig.reports = SqlReportLedger(rig.database, rig.audit)
            assert unguarded(faster).run().destroyed == 1
            return super().destroy(*given)

    rig.reports = Slow(rig.database, rig.audit)
    assert run_at(rig, DUE) == 0
    assert len(rig.told()) == 1


def test_a_page_of_the_oldest_is_read_by_its_index(rig: ReportRig) -> None:
    query = begun_query(DUE, limit=200, after=(CALLED, "call-1"))
    with rig.database.reading() as connection:
        if rig.database.is_sqlite:
            ask = "EXPLAIN QUERY PLAN "
        else:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            ask = "EXPLAIN "
        written = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = " ".join(str(row) for row in connection.exec_driver_sql(ask + written.replace("%", "%%")))
    assert "ix_calls_started_at" in plan


def test_a_beginning_that_is_no_time_is_told_and_keeps_no_other_report(tmp_path: Path) -> None:
    """PostgreSQL takes nothing but times."""
    rig = ReportRig(fresh_url("sqlite", tmp_path))
    for call_id in ("before", "behind", "good"):
        rig.report(call_id)
    with rig.database.writing() as connection:
        for call_id, spoilt in (("before", "1 year ago"), ("behind", "yesterday")):
            connection.exec_driver_sql("UPDATE calls SET started_at = ? WHERE call_id = ?", (spoilt, call_id))
    rig.clock.at = DUE
    done = unguarded(rig.expiry(chunk=1)).run()
    assert (done.destroyed, sorted(done.undecided)) == (1, ["before", "behind"])
    assert rig.left() == (["before", "behind"], 4)
    rig.close()


# ---- what goes on without a report


def test_a_recording_that_outlives_its_report_is_shown_and_found_as_before(rig: ReportRig) -> None:
    persons = SqlPersonIndex(rig.database, FakeKeyRing(), clock=rig.clock)
    persons.begin()
    rig.log = SqlCallLog(rig.database, persons=persons)
    rig.record("rec-1", tag="contract_proof")
    rig.report("call-of-rec-1", recording_id="rec-1", agent="luc")
    search = SqlRecordingSearch(rig.database, persons)
    asked = RecordingQuery(agent="luc", dispositions=(Disposition.ANSWERED,), phone="0612345678")
    before = search.page(asked)
    assert [row.tag.recording_id for row in before.rows] == ["rec-1"]
    row, events = rig.catalogue.get("rec-1"), rig.audit.events(call_id="call-of-rec-1")
    assert run_at(rig, DUE) == 1
    assert search.page(asked) == before
    assert rig.catalogue.get("rec-1") == row
    assert rig.audit.events(call_id="call-of-rec-1") == events
    assert SqlCallDetails(rig.database).page(DetailQuery()) == []
    assert (rig.log.get("call-of-rec-1"), rig.log.of_person("0612345678", limit=9)) == (None, [])
    assert rig.audit.verify() == []
    assert table_faults(rig.database) == []


def test_who_refused_stays_barred_when_the_report_of_that_call_is_gone(rig: ReportRig) -> None:
    register = SqlDoNotCall(rig.database, secret=b"s" * 32, secret_id="s-1", clock=rig.clock)
    rig.report("call-1", party="sip:+33612345678@gw")
    barred = Barred(
        entry=register.entry_of("tel:0612345678", scope="sales"), scope="sales", rule="CAN-005", known_by="dialled"
    )
    bar(rig.vault.ports, register, barred, call_id="call-1", recording_id="")
    assert [one.program for one in register.listing()] == ["hotline-quality"]
    assert run_at(rig, DUE) == 1
    assert [(one.entry, one.program) for one in register.listing()] == [(barred.entry, "")]
    assert barred_by(rig.vault.ports, register, "+33 6 12 34 56 78", scope="sales") == barred.entry
    assert respell(rig.vault.ports, register) == 0
    assert table_faults(rig.database) == []


def test_what_a_note_of_a_dead_line_brings_back_is_due_still_and_reported_once(rig: ReportRig) -> None:
    """A node that was away for a year finds the note of a call whose report has gone meanwhile."""
    body = {"program": "hotline-quality", "direction": "inbound", "party": "x", "node_id": "n", "answered_at": None}
    rig.report("call-1")
    reported = Reported(
        program="hotline-quality", disposition="ANSWERED", sip_status=200, ended_by="caller", recording_state="SEALED"
    )
    rig.audit.append(reported, call_id="call-1")
    assert run_at(rig, DUE) == 1
    spool = FakeSpool()
    spool.keep(Pending(Duty.REPORT, "call-1", "", CALLED, body))
    spool.end()
    report_left(rig.vault.ports, rig.log, spool, ended_at={})
    assert rig.left() == (["call-1"], 0)
    assert run_at(rig, DUE) == 1
    assert (rig.left(), spool.waiting()) == (([], 0), 0)
    assert [event.kind for event in rig.audit.events(call_id="call-1")] == ["call.reported"]
    assert rig.audit.verify() == []
