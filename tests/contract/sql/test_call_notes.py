"""A call has its report, also when its line dies under it: once, with what was known, whatever dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ivr.domain.call.leg import Disposition
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import Event, Unread
from ivr.domain.evidence.events.call import Reported
from ivr.errors import HostError
from ivr.services.call.notes import LateReport, last_signs, report_left, reported
from ivr.services.ports.evidence import CallRow
from ivr.services.ports.spool import Duty, Pending, Unreadable
from ivr.services.vault.recovery import recover
from ivr.storage.call_log import SqlCallLog
from tests.databases import KINDS, fresh_url
from tests.fakes.exchange import CALLER, PROSPECT, Exchange, play
from tests.fakes.line import answers
from tests.fakes.vault import FakeSpool, a_tag
from tests.retention_rig import CALLED, SOUND, RetentionRig


def left_by(x: Exchange) -> list[LateReport]:
    """What the node reports when the line of this exchange has died."""
    x.notes.end()
    return report_left(x.deps.vault.ports, x.call_log, x.notes, ended_at={})


def test_a_call_is_noted_from_its_first_ring_until_its_report_stands(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("call.started")
        note = x.notes.every[0]
        assert (note.duty, note.call_id, note.at) == (Duty.REPORT, x.call.id, x.call.started_at)
        assert note.body == {
            "program": "hotline-quality",
            "direction": "inbound",
            "party": CALLER,
            "node_id": "node-1",
            "answered_at": None,
        }
        await x.media(5000)
        (note,) = x.notes.items.values()
        assert note.body["answered_at"] is not None
        assert left_by_living(x) == []
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.notes.items == {}
        assert len(x.notes.every) == 2

    def left_by_living(x: Exchange) -> list[LateReport]:
        return report_left(x.deps.vault.ports, x.call_log, x.notes, ended_at={})

    play(tmp_path, scene)


def test_two_calls_whose_line_died_are_reported_as_such_and_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers(3)
        x.ring()
        await x.until("recording.state", state="CAPTURING")
        placed = await x.control.place(PROSPECT, "prospecting")
        await x.until("leg.ringing", call_id=placed.id)
        # What the recovery of recordings comes to first.
        x.store.crash()
        recover(x.deps.vault.ports)
        reports = {report.call_id: report.row for report in left_by(x)}
        inbound, outbound = reports[x.call.id], reports[placed.id]
        assert inbound is not None
        assert outbound is not None
        assert (inbound.disposition, inbound.ended_by, inbound.party) == ("LINE_FAILED", "line", CALLER)
        assert (inbound.recording_id, inbound.recording_state) == (
            x.recording.tag.recording_id,
            x.recording.state.value,
        )
        assert inbound.answered_at == x.call.answered_at is not None
        assert (outbound.disposition, outbound.direction, outbound.answered_at) == ("LINE_FAILED", "outbound", None)
        assert (outbound.recording_id, outbound.recording_state) == (None, "WITHHELD")
        assert sorted(row.call_id for row in x.call_log.rows) == sorted(reports)
        assert [body["disposition"] for body in x.of_audit(Reported.kind)] == ["LINE_FAILED"] * 2
        for report in (inbound, outbound):
            event = LateReport(report.call_id, report, "").event()
            assert (event["kind"], event["call_id"]) == (Reported.kind, report.call_id)
            assert event["disposition"] == "LINE_FAILED"
        assert left_by(x) == []
        assert x.notes.items == {}

    play(tmp_path, scene)


def test_a_report_that_could_not_be_written_is_written_later_with_what_was_known(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        add, x.call_log.add = x.call_log.add, _away  # type: ignore[method-assign, assignment]
        x.ring()
        await x.media(5000)
        x.call.members = (("persons-1", b"\x01\x02"),)
        x.line.peer_hangs_up("a")
        await x.until("call.unreported")
        await x.control.drained()
        # Its line lives on: whoever sweeps next may take it all the same.
        assert x.notes.waiting() == 1
        (waits,) = report_left(x.deps.vault.ports, x.call_log, x.notes, ended_at={})
        assert (waits.done, waits.event()["kind"]) == (False, "report.waits")
        x.call_log.add = add  # type: ignore[method-assign]
        (report,) = report_left(x.deps.vault.ports, x.call_log, x.notes, ended_at={})
        assert report.row == x.call_log.rows[0]
        assert report.row is not None
        assert (report.row.disposition, report.row.ended_by) == ("ANSWERED", "caller")
        assert report.row.recording_state == "SEALED"
        assert report.row.consent
        assert list(x.call_log.members[report.call_id]) == [("persons-1", b"\x01\x02")]
        assert len(x.of_audit(Reported.kind)) == 1

    play(tmp_path, scene)


def test_a_call_whose_report_left_no_evidence_is_reported_later(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        append = x.audit.append

        def refuse(event: Event, **given: Any) -> AuditEvent:
            return _away() if isinstance(event, Reported) else append(event, **given)

        x.audit.append = refuse  # type: ignore[method-assign]
        x.ring()
        x.line.peer_hangs_up("a")
        await x.until("call.unreported")
        await x.control.drained()
        assert [row.recording_state for row in x.call_log.rows] == ["WITHHELD"]
        x.audit.append = append  # type: ignore[method-assign]
        (report,) = report_left(x.deps.vault.ports, x.call_log, x.notes, ended_at={})
        assert report.row == x.call_log.rows[0]
        assert [body["disposition"] for body in x.of_audit(Reported.kind)] == [x.call_log.rows[0].disposition]
        assert x.notes.items == {}

    play(tmp_path, scene)


def _away(*_: object) -> NoReturn:
    raise HostError("the database does not answer")


# ---- on a real database


def a_row(call_id: str, **changes: object) -> CallRow:
    values: dict[str, Any] = {
        "call_id": call_id,
        "program": "hotline-quality",
        "direction": "inbound",
        "party": "sip:+33612345678@gw",
        "started_at": CALLED,
        "answered_at": None,
        "ended_at": CALLED,
        "disposition": "ANSWERED",
        "sip_status": 200,
        "hangup_cause": 16,
        "ended_by": "caller",
        "recording_id": None,
        "recording_state": "WITHHELD",
        "consent": {},
        "node_id": "node-1",
    }
    return CallRow(**values | changes)


class Left:
    """Notes of a line that died, and what the node does about them."""

    def __init__(self, rig: RetentionRig) -> None:
        self.rig = rig
        self.call_log = SqlCallLog(rig.database)
        self.spool = FakeSpool()

    def note(self, call_id: str, **end: object) -> None:
        body: dict[str, object] = {
            "program": "hotline-quality",
            "direction": "inbound",
            "party": "sip:+33612345678@gw",
            "node_id": "node-1",
            "answered_at": None,
        }
        self.spool.items[f"{call_id}-3-report"] = Pending(Duty.REPORT, call_id, "", CALLED, body | end)

    def report(self) -> list[LateReport]:
        signs = last_signs(self.rig.vault.ports, self.spool)
        return report_left(self.rig.vault.ports, self.call_log, self.spool, ended_at=signs)

    @property
    def evidence(self) -> int:
        return sum(event.kind == Reported.kind for event in self.rig.audit.events())


@pytest.fixture(params=KINDS)
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Left]:
    rig = RetentionRig(fresh_url(request.param, tmp_path))
    yield Left(rig)
    rig.close()


@pytest.mark.parametrize("dies_in", ["add", "append", "strike"])
def test_a_second_crash_leaves_one_report_with_one_event(
    left: Left, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    left.note("call-1")
    owner = {"add": left.call_log, "append": left.rig.audit, "strike": left.spool}[dies_in]
    with monkeypatch.context() as crash:
        crash.setattr(owner, dies_in, _away)
        if dies_in == "strike":
            with pytest.raises(HostError):
                left.report()
        else:
            assert [one.done for one in left.report()] == [False]
            assert (left.call_log.find(), left.evidence) == ([], 0)
    left.report()
    assert [row.disposition for row in left.call_log.find()] == [Disposition.LINE_FAILED.value]
    assert left.evidence == 1
    assert left.spool.items == {}
    assert left.report() == []


def test_what_a_line_had_reported_before_it_died_is_not_reported_again(left: Left) -> None:
    left.note("call-1")
    left.note("call-2")
    left.report()
    for call_id in ("call-1", "call-2"):
        left.note(call_id)
    assert left.report() == []
    assert left.spool.items == {}
    assert len(left.call_log.find()) == left.evidence == 2


def test_a_row_without_its_event_gets_it_and_stays_as_it_was(left: Left) -> None:
    """A line writes its report first and the evidence after it."""
    left.note("call-1")
    left.report()
    row = left.call_log.find()[0]
    left.rig.database.close()
    other = Left(RetentionRig(left.rig.url, node="node-2"))
    with other.rig.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM audit_events")
        connection.exec_driver_sql("DELETE FROM audit_heads")
    other.note("call-1", end={"disposition": "ANSWERED"})
    other.report()
    assert other.call_log.find() == [row]
    assert other.evidence == 1
    other.rig.close()


def test_the_event_of_a_row_that_stands_tells_what_the_row_tells(left: Left) -> None:
    """A line that dies between its row and its event has said how the call ended; its death ended nothing."""
    row = a_row("call-1", disposition="NO_ANSWER", ended_by="peer")
    left.call_log.add(row)
    left.note("call-1")
    (report,) = left.report()
    assert report.row == row
    (event,) = [event for event in left.rig.audit.events() if event.kind == Reported.kind]
    assert event.facts == reported(row)


def test_a_call_waits_for_its_recording_to_be_settled(left: Left) -> None:
    begun = left.rig.vault.begin(a_tag("rec-1", call_id="call-1"))
    begun.write(SOUND)
    left.note("call-1")
    left.note("call-2")
    reports = {one.call_id: one.done for one in left.report()}
    assert reports == {"call-1": False, "call-2": True}
    begun.seal(consent={})
    (report,) = left.report()
    assert report.row is not None
    assert (report.row.recording_id, report.row.recording_state) == ("rec-1", "SEALED")


def test_a_call_that_nobody_saw_end_ended_with_its_last_sign_of_life(left: Left) -> None:
    left.rig.audit.append(Unread("disclosure.played", {}), call_id="call-1")
    heard = left.rig.clock.at
    left.rig.clock.at += timedelta(hours=8)
    left.note("call-1")
    left.note("call-2")
    ended = {one.call_id: one.row.ended_at for one in left.report() if one.row is not None}
    assert ended == {"call-1": heard, "call-2": CALLED}


def test_a_note_that_cannot_be_opened_is_told_and_stops_no_other(left: Left) -> None:
    left.spool.items["a"] = Unreadable("a", "was changed")  # type: ignore[assignment]
    left.note("call-1")
    first, second = left.report()
    assert (first.done, first.how, second.done) == (False, "was changed", True)
    assert list(left.spool.items) == ["a"]
