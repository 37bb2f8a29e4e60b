"""The clerk in a running node: it destroys what is due without being asked, on command, and after its own death."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivr.bootstrap.clerk_process import Clerk
from ivr.domain.evidence.events.objection import Barred
from ivr.services.consent.barring import bar
from ivr.services.ports.evidence import CallRow
from ivr.services.ports.spool import Duty, Pending
from tests.contract.test_call_details import a_leg
from tests.contract.test_call_log import a_call
from tests.fakes.vault import a_tag
from tests.integration.house import House, Serving, run, until
from tests.integration.test_retention_commands import record

pytestmark = pytest.mark.crash
NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)


def state(house: House, recording_id: str) -> str:
    return str(house.ivr_json("recordings", "show", recording_id)["state"])


def test_the_clerk_destroys_what_is_due_at_its_start_and_signs_the_evidence(house: House) -> None:
    record(house, "old", at=LONG_AGO)
    record(house, "young")

    async def node() -> None:
        async with Serving(house) as serving:
            swept = await serving.until("retention.run")
            assert (swept["destroyed"], swept["ok"]) == (1, True)
            await serving.until("clerk.swept")

    run(node())
    assert (state(house, "old"), state(house, "young")) == ("PURGED", "SEALED")
    archive = house.archive()
    try:
        with archive.audit.snapshot() as seen:
            assert seen.checkpoints[-1].seq == seen.heads[0].seq
    finally:
        archive.close()
    house.must_be_whole()


def test_a_clerk_that_is_killed_is_started_again_and_goes_on(house: House) -> None:
    async def node() -> None:
        async with Serving(house) as serving:
            await serving.until("clerk.swept")
            record(house, "old", at=LONG_AGO)
            os.kill(serving.pids["clerk"], signal.SIGKILL)
            await until(lambda: state(house, "old") == "PURGED", "the new clerk destroys what is due")

    run(node())
    house.must_be_whole()


def test_a_sweep_settles_what_nobody_writes_any_more_without_a_restart_of_the_node(house: House) -> None:
    archive, told = house.archive(), []
    try:
        clerk = Clerk(house.settings(), archive, lambda kind, **fields: told.append((kind, fields)))
        recording = archive.vault.begin(a_tag("stuck", opened_at=NOW, node_id=house.settings().node.id))
        recording.write(b"\1\0\2\0" * 8000)
        clerk.sweep()
        assert [kind for kind, _ in told if kind == "recording.recovered"] == []
        # The call that wrote it gave it up; the process, and so the node, lives on.
        recording._writer.close()
        clerk.sweep()
        assert [fields["recording_id"] for kind, fields in told if kind == "recording.recovered"] == ["stuck"]
    finally:
        archive.close()
    assert state(house, "stuck") in ("DAMAGED", "DISCARDED")


def test_a_sweep_spells_persons_as_today_and_reports_calls_of_processes_that_ended(house: House) -> None:
    row = CallRow(
        call_id="call-1", program="hotline-quality", direction="inbound", party="sip:0692123456@gw", started_at=NOW,
        answered_at=None, ended_at=NOW, disposition="ANSWERED", sip_status=200, hangup_cause=16, ended_by="caller",
        recording_id=None, recording_state="WITHHELD", consent={}, node_id="node-1",
    )  # fmt: skip
    note = Pending(
        Duty.REPORT,
        "call-2",
        "",
        NOW,
        {"program": "prospecting", "direction": "outbound", "party": "sip:x@y", "node_id": "n", "answered_at": None},
    )
    ended = house.archive()
    ended.call_log.add(row)
    older = ended.do_not_call._keyed("sales", "+33692123456")  # type: ignore[attr-defined]
    barred = Barred(entry=older, rule="CAN-005", scope="sales", known_by="claimed")
    bar(ended.vault.ports, ended.do_not_call, barred, call_id="call-1", recording_id="")
    ended.call_notes.keep(note)
    ended.close()
    archive, told = house.archive(), []
    try:
        clerk = Clerk(house.settings(), archive, lambda kind, **fields: told.append((kind, fields)))
        clerk.sweep()
        clerk.sweep()
        assert [fields for kind, fields in told if kind == "do_not_call.respelled"] == [{"moved": 1}]
        (report,) = [fields for kind, fields in told if kind == "call.reported"]
        assert (report["call_id"], report["disposition"]) == ("call-2", "LINE_FAILED")
        assert sorted(one.call_id for one in archive.call_log.find()) == ["call-1", "call-2"]
        assert [one.entry for one in archive.do_not_call.listing()] == [
            archive.do_not_call.entry_of("tel:+262692123456", scope="sales")
        ]
        assert archive.do_not_call.known([older]) == []
    finally:
        archive.close()
    house.must_be_whole()


def test_a_sweep_destroys_the_reports_of_calls_whose_time_is_over(house: House) -> None:
    archive, told = house.archive(), []
    try:
        for call_id, at in (("old", LONG_AGO), ("young", NOW)):
            row = replace(a_call(1), call_id=call_id, recording_id=None, started_at=at)
            archive.call_log.add(row, legs=[a_leg(row, "1"), a_leg(row, "2")])
        clerk = Clerk(house.settings(), archive, lambda kind, **fields: told.append((kind, fields)))
        clerk.sweep()
        clerk.sweep()
        assert [fields for kind, fields in told if kind == "reports.run"] == [
            {"destroyed": 1, "legs": 2, "kept": 0, "undecided": []}
        ]
        assert [row.call_id for row in archive.call_log.find()] == ["young"]
        assert archive.audit.verify() == []
    finally:
        archive.close()
    house.must_be_whole()


def test_a_duty_that_fails_as_nobody_expected_keeps_no_other_from_being_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(house, "old", at=LONG_AGO)
    archive, told = house.archive(), []
    try:
        clerk = Clerk(house.settings(), archive, lambda kind, **fields: told.append((kind, fields)))

        def odd() -> None:
            raise ValueError("a row of nobody")

        monkeypatch.setattr(archive.vault, "recover", odd)
        clerk.sweep()
    finally:
        archive.close()
    assert ("clerk.failed", "ValueError") in [(kind, fields.get("what")) for kind, fields in told]
    assert told[-1][0] == "clerk.swept"
    assert state(house, "old") == "PURGED"
