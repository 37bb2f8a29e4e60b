"""Rows that were altered behind ivr's back are named, since the evidence says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.objection import Barred
from ivr.domain.retention.artefact import EventKind
from ivr.domain.retention.schedule import Duration, RetentionTable
from ivr.storage.do_not_call import SqlDoNotCall
from ivr.storage.evidence_reconciliation import table_faults
from tests.databases import KINDS, fresh_url
from tests.retention_rig import CALLED, RetentionRig


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionRig]:
    """Recordings that were moved by events and by a shorter policy, holds, and two people who are barred."""
    rig = RetentionRig(fresh_url(request.param, tmp_path))
    for name in ("one", "two"):
        rig.record(name)
    rig.record("sale", tag="sales_audio")
    rig.clock.at += timedelta(days=2)
    rig.events.note("sale", EventKind.OFFER, actor="anne", reference="O-1")
    rig.events.note("sale", EventKind.SIGNATURE, actor="anne", reference="C-1")
    held = rig.holds.request(
        case="C", owner="o", basis="17.3.e legal claims", items=["one"], by="anne",
        review_at=rig.clock.at + timedelta(days=30),
    )  # fmt: skip
    for by in ("bruno", "chloe"):
        rig.holds.approve(held.id, by=by)
    register = SqlDoNotCall(rig.database, secret=b"s" * 32, secret_id="dnc-test", clock=rig.clock)
    for number in (1, 2):
        uri, call_id = f"tel:+3361234567{number}", f"call-{number}"
        entry = register.add(uri, scope="sales", rule_id="CAN-005", call_id=call_id)
        rig.audit.append(Unread(Barred.kind, {"entry": entry, "rule": "CAN-005", "scope": "sales"}), call_id=call_id)
    yield rig
    rig.close()


def tamper(rig: RetentionRig, *statements: str) -> None:
    with rig.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def shorter(table: RetentionTable) -> RetentionTable:
    """A policy under which quality audio goes after a month."""
    schedule = table.schedules["quality_audio"]
    periods = (replace(schedule.periods[0], keep=Duration(months=1)),)
    return replace(table, schedules={**table.schedules, "quality_audio": replace(schedule, periods=periods)})


def test_what_ivr_did_itself_is_borne_out(rig: RetentionRig) -> None:
    assert table_faults(rig.database) == []
    assert rig.vault.verify() == []
    rig.run(shorter(rig.table)).run()
    deadline = rig.catalogue.get("two").deadline
    assert deadline is not None
    assert deadline < CALLED + timedelta(days=40)
    # Longer again: what is stored does not follow, and the evidence says so.
    rig.run().run()
    assert table_faults(rig.database) == []
    assert rig.vault.verify() == []
    rig.clock.at += timedelta(days=800)
    assert sorted(rig.run().run().destroyed) == ["sale", "two"]
    assert table_faults(rig.database) == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE recordings SET deadline = '{later}' WHERE recording_id = 'two'", "recording two: its deadline"),
        ("UPDATE recordings SET deadline = '{sooner}' WHERE recording_id = 'two'", "recording two: its deadline"),
        ("UPDATE recordings SET deadline = NULL WHERE recording_id = 'sale'", "recording sale: its deadline"),
        ("UPDATE recording_purposes SET due_at = '{later}'", "recording sale: the deadlines of its purposes"),
        ("DELETE FROM recording_purposes", "recording sale: the deadlines of its purposes"),
        ("DELETE FROM business_events WHERE kind = 'offer'", "sale: a business event is missing"),
        ("UPDATE business_events SET kind = 'refusal' WHERE kind = 'offer'", "sale: a business event was put"),
        ("UPDATE business_events SET actor = 'eve'", "sale: a business event was put"),
        ("DELETE FROM do_not_call", "(call call-1) made it"),
        ("DELETE FROM do_not_call WHERE call_id = 'call-2'", "(call call-2) made it"),
        ("UPDATE do_not_call SET scope = 'none' WHERE call_id = 'call-2'", "was altered"),
        ("UPDATE do_not_call SET rule_id = 'X' WHERE call_id = 'call-1'", "was altered"),
        ("UPDATE do_not_call SET entry_id = 'ff' WHERE call_id = 'call-1'", "do-not-call entry ff: no event"),
        ("UPDATE legal_holds SET state = 'RELEASED'", "hold hold-1: was altered"),
        ("UPDATE legal_holds SET review_at = '{later}'", "hold hold-1: was altered"),
        ("DELETE FROM legal_hold_items", "hold hold-1: was altered"),
        ("UPDATE legal_hold_items SET recording_id = 'two'", "hold hold-1: was altered"),
        ("UPDATE legal_holds SET active_from = '{later}'", "hold hold-1: was altered"),
        ("INSERT INTO recording_purposes(recording_id, tag, event) VALUES ('two', 'health_contract', '')", "two: the"),
        ("UPDATE recording_purposes SET event = 'conclusion'", "sale: the deadline of its purpose sales_audio"),
        ("UPDATE recording_purposes SET event_at = '{later}'", "sale: the deadline of its purpose sales_audio"),
        ("UPDATE recording_purposes SET ended_at = '{sooner}'", "sale: the deadline of its purpose sales_audio"),
        ("UPDATE recordings SET retention = 'health_contract' WHERE recording_id = 'two'", "another retention"),
        ("UPDATE recordings SET purposes = '[]', policy_version = '1999'", "another purposes, policy_version"),
        ("UPDATE recordings SET sha256 = 'ab' WHERE recording_id = 'two'", "recording two: its row was altered"),
        ("UPDATE recordings SET masks = '[{{}}]' WHERE recording_id = 'two'", "recording two: its row was altered"),
        ("UPDATE recordings SET state = 'CAPTURING' WHERE recording_id = 'two'", "two: its state was altered"),
        ("UPDATE recordings SET state = 'PURGED' WHERE recording_id = 'two'", "no certificate does"),
        ("INSERT INTO certificates SELECT 'two', node_id, seq FROM audit_events WHERE seq = 1", "points at no cert"),
        ("DELETE FROM recording_keys; DELETE FROM recordings WHERE recording_id = 'two'", "two: its row is missing"),
    ],
)  # fmt: skip
def test_a_row_that_was_altered_is_named(rig: RetentionRig, statement: str, named: str) -> None:
    later, sooner = "2099-01-01T00:00:00.000000Z", "2026-11-22T00:00:00.000000Z"
    tamper(rig, *statement.format(later=later, sooner=sooner).split("; "))
    faults = table_faults(rig.database)
    assert any(named in fault for fault in faults), faults
    # The chain itself is whole: only the comparison tells.
    assert rig.audit.verify() == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE recordings SET state = 'SEALED' WHERE recording_id = 'two'", "tells that it was destroyed"),
        ("DELETE FROM certificates", "recording two: its certificate is not among"),
        ("UPDATE recording_keys SET recording_id = 'two' WHERE recording_id = 'sale'", "two: a certificate tells"),
    ],
)
def test_what_was_destroyed_cannot_be_made_to_look_otherwise(rig: RetentionRig, statement: str, named: str) -> None:
    rig.vault.discard_stored("two", rule_id="REC-005", reason="asked")
    assert table_faults(rig.database) == []
    tamper(rig, statement)
    faults = table_faults(rig.database)
    assert any(named in fault for fault in faults), faults


def test_a_state_that_was_set_by_hand_costs_no_audio(rig: RetentionRig) -> None:
    tamper(rig, "UPDATE recordings SET state = 'PURGED' WHERE recording_id = 'two'")
    (done,) = rig.vault.recover()
    assert done.how.startswith("left as it is")
    assert rig.state("two") == ("PURGED", True, True)
    assert rig.certificates("two") == []


def test_a_clock_that_was_set_back_alters_no_hold(rig: RetentionRig) -> None:
    held = rig.holds.request(
        case="D", owner="o", basis="17.3.e legal claims", items=["sale"], by="anne",
        review_at=rig.clock.at + timedelta(days=30),
    )  # fmt: skip
    for by in ("bruno", "chloe"):
        rig.clock.at -= timedelta(hours=1)
        rig.holds.approve(held.id, by=by)
    assert table_faults(rig.database) == []


def test_many_faults_are_cut_short_aloud(rig: RetentionRig) -> None:
    tamper(rig, "UPDATE recordings SET deadline = '2099-01-01T00:00:00.000000Z'", "DELETE FROM do_not_call")
    assert len(table_faults(rig.database)) == 5
    few = table_faults(rig.database, limit=2)
    assert len(few) == 3
    assert few[-1].startswith("and more")


def test_an_altered_deadline_is_told_by_the_verification_of_recordings_too(rig: RetentionRig) -> None:
    tamper(rig, "UPDATE recordings SET deadline = '2099-01-01T00:00:00.000000Z' WHERE recording_id = 'two'")
    (discrepancy,) = rig.vault.verify()
    assert discrepancy.recording_id == "two"
    assert "2099-01-01" in discrepancy.fault
    assert discrepancy.remedy


def test_a_recording_that_crashed_while_it_was_sealed_keeps_a_deadline_with_evidence(rig: RetentionRig) -> None:
    due = CALLED + timedelta(days=100)
    tag = replace(rig.catalogue.get("two").tag, recording_id="torn", call_id="call-torn")
    rig.vault.begin(tag, deadline=due).write(b"\x01\x00" * 320)
    rig.store.crash()
    rig.vault.recover()
    assert rig.catalogue.get("torn").state.value == "DAMAGED"
    assert table_faults(rig.database) == []


def test_a_recording_without_evidence_is_named(rig: RetentionRig) -> None:
    with rig.database.writing() as connection:
        columns = "call_id, program, purposes, policy_id, policy_version, rule_ids, retention, codec, channels, rate_hz"
        columns += ", opened_at, node_id, state, sha256, size_bytes, duration_ms, deadline, consent, gaps, masks"
        connection.exec_driver_sql(
            f"INSERT INTO recordings (recording_id, {columns}) SELECT 'planted', {columns} FROM recordings "
            "WHERE recording_id = 'two'"
        )
    (fault,) = table_faults(rig.database)
    assert fault.startswith("recording planted: no evidence tells of its deadline")
