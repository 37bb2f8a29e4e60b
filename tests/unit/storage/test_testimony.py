"""Rows that were altered behind ivr's back are named, since the evidence says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.artefact import EventKind
from ivr.domain.retention import Duration, RetentionTable
from ivr.services.pending_evidence import BARRED
from ivr.storage.do_not_call import SqlDoNotCall
from ivr.storage.testimony import table_faults
from tests.databases import KINDS, fresh_url
from tests.unit.services.retention_world import CALLED, RetentionWorld


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionWorld]:
    """Recordings that were moved by events and by a shorter policy, holds, and two people who are barred."""
    world = RetentionWorld(fresh_url(request.param, tmp_path))
    for name in ("one", "two"):
        world.record(name)
    world.record("sale", tag="sales_audio")
    world.clock.at += timedelta(days=2)
    world.events.note("sale", EventKind.OFFER, actor="anne", reference="O-1")
    world.events.note("sale", EventKind.SIGNATURE, actor="anne", reference="C-1")
    held = world.holds.request(
        case="C", owner="o", basis="17.3.e legal claims", items=["one"], by="anne",
        review_at=world.clock.at + timedelta(days=30),
    )  # fmt: skip
    for by in ("bruno", "chloe"):
        world.holds.approve(held.id, by=by)
    register = SqlDoNotCall(world.database, secret=b"s" * 32, secret_id="dnc-test", clock=world.clock)
    for number in (1, 2):
        uri, call_id = f"tel:+3361234567{number}", f"call-{number}"
        entry = register.add(uri, scope="sales", rule_id="CAN-005", call_id=call_id)
        world.audit.append(BARRED, call_id=call_id, body={"entry": entry, "rule": "CAN-005", "scope": "sales"})
    yield world
    world.close()


def tamper(world: RetentionWorld, *statements: str) -> None:
    with world.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def shorter(table: RetentionTable) -> RetentionTable:
    """A policy under which quality audio goes after a month."""
    clock = table.clocks["quality_audio"]
    periods = (replace(clock.periods[0], keep=Duration(months=1)),)
    return replace(table, clocks={**table.clocks, "quality_audio": replace(clock, periods=periods)})


def test_what_ivr_did_itself_is_borne_out(world: RetentionWorld) -> None:
    assert table_faults(world.database) == []
    assert world.vault.verify() == []
    world.run(shorter(world.table)).run()
    assert world.catalogue.get("two").deadline < CALLED + timedelta(days=40)
    # Longer again: what is stored does not follow, and the evidence says so.
    world.run().run()
    assert table_faults(world.database) == []
    assert world.vault.verify() == []
    world.clock.at += timedelta(days=800)
    assert sorted(world.run().run().destroyed) == ["sale", "two"]
    assert table_faults(world.database) == []


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
    ],
)  # fmt: skip
def test_a_row_that_was_altered_is_named(world: RetentionWorld, statement: str, named: str) -> None:
    later, sooner = "2099-01-01T00:00:00.000000Z", "2026-11-22T00:00:00.000000Z"
    tamper(world, statement.format(later=later, sooner=sooner))
    faults = table_faults(world.database)
    assert any(named in fault for fault in faults), faults
    # The chain itself is whole: only the comparison tells.
    assert world.audit.verify() == []


def test_many_faults_are_cut_short_aloud(world: RetentionWorld) -> None:
    tamper(world, "UPDATE recordings SET deadline = '2099-01-01T00:00:00.000000Z'", "DELETE FROM do_not_call")
    assert len(table_faults(world.database)) == 5
    few = table_faults(world.database, limit=2)
    assert len(few) == 3
    assert few[-1].startswith("and more")


def test_an_altered_deadline_is_told_by_the_verification_of_recordings_too(world: RetentionWorld) -> None:
    tamper(world, "UPDATE recordings SET deadline = '2099-01-01T00:00:00.000000Z' WHERE recording_id = 'two'")
    (finding,) = world.vault.verify()
    assert finding.recording_id == "two"
    assert "2099-01-01" in finding.fault
    assert finding.remedy


def test_a_recording_that_crashed_while_it_was_sealed_keeps_a_deadline_with_evidence(world: RetentionWorld) -> None:
    due = CALLED + timedelta(days=100)
    tag = replace(world.catalogue.get("two").tag, recording_id="torn", call_id="call-torn")
    world.vault.begin(tag, deadline=due).write(b"\x01\x00" * 320)
    world.store.crash()
    world.vault.recover()
    assert world.catalogue.get("torn").state.value == "DAMAGED"
    assert table_faults(world.database) == []


def test_a_recording_without_evidence_is_named(world: RetentionWorld) -> None:
    with world.database.writing() as connection:
        columns = "call_id, program, purposes, policy_id, policy_version, rule_ids, retention, codec, channels, rate_hz"
        columns += ", opened_at, node_id, state, sha256, size_bytes, duration_ms, deadline, consent, gaps, masks"
        connection.exec_driver_sql(
            f"INSERT INTO recordings (recording_id, {columns}) SELECT 'planted', {columns} FROM recordings "
            "WHERE recording_id = 'two'"
        )
    (fault,) = table_faults(world.database)
    assert fault.startswith("recording planted: no evidence tells of its deadline")
