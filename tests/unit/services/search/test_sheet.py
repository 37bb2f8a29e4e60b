"""The facts of one recording: who is shown them, what the evidence says, and what stays unknown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.retention.decision import RetentionAction
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.export.access_gate import Gate
from ivr.services.search.sheet import Sheets
from tests.databases import fresh_url
from tests.retention_rig import CALLED, RetentionRig, settings


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url("sqlite", tmp_path))
    rig.record("one")
    rig.record("sale", tag="sales_audio")
    rig.clock.at = CALLED + timedelta(days=1)
    yield rig
    rig.close()


def sheets(rig: RetentionRig) -> Sheets:
    gate = Gate(rig.ledger, rig.audit, rig.clock, policy=settings().access, table=rig.table, profile=rig.profile)
    return Sheets(gate, rig.catalogue, rig.audit)


def ask(role: Role = Role.QUALITY_ANALYST, purpose: str = "quality_audio") -> AccessRequest:
    return AccessRequest(Actor("someone", role), Action.LIST, purpose=purpose, reason="évaluation")


def test_the_facts_are_shown_once_that_is_written_down(rig: RetentionRig) -> None:
    sheet = sheets(rig).show(ask(), "one")
    assert sheet.row.tag.recording_id == "one"
    assert (sheet.retention.action, sheet.holds) == (RetentionAction.KEEP, [])
    told = rig.audit.events()[-1]
    assert (told.kind, told.recording_id, told.body["actor"], told.body["filters"]) == (
        "recordings.listed", "one", "someone", ["recording"],
    )  # fmt: skip


def test_what_was_destroyed_keeps_its_facts_and_has_no_marks_left_to_hear(rig: RetentionRig) -> None:
    rig.vault.discard_stored("one", rule_id="REC-005", reason="objection")
    sheet = sheets(rig).show(ask(), "one")
    assert (sheet.row.state.value, sheet.retention.action) == ("PURGED", RetentionAction.DESTROY)


@pytest.mark.parametrize("recording_id", ["sale", "none"])
def test_what_is_closed_to_somebody_is_to_them_as_if_it_were_not_there(rig: RetentionRig, recording_id: str) -> None:
    with pytest.raises(ArchiveError, match="no such recording") as unknown:
        sheets(rig).show(ask(), recording_id)
    assert unknown.value.remedy == "see 'ivr recordings list'"
    denied = [event.recording_id for event in rig.audit.events() if event.kind == "access.denied"]
    assert denied == (["sale"] if recording_id == "sale" else [])


def test_another_purpose_that_is_open_too_is_named(rig: RetentionRig) -> None:
    with pytest.raises(ComplianceError, match=r"another purpose: .*ualité"):
        sheets(rig).show(ask(Role.DPO, "incident_audio"), "one")


def test_whoever_answers_persons_sees_each_without_a_purpose(rig: RetentionRig) -> None:
    assert sheets(rig).show(ask(Role.DPO, ""), "sale").row.tag.recording_id == "sale"


def test_a_role_without_the_right_learns_nothing_of_what_there_is(rig: RetentionRig) -> None:
    for recording_id in ("one", "none"):
        with pytest.raises(ComplianceError, match="has no right 'list'"):
            sheets(rig).show(ask(Role.AGENT), recording_id)
