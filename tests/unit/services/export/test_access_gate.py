"""The gate: what the rules allow passes, what they deny is noted and refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.access import AccessRequest, Action, Actor, Audience, Role
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.export.access_gate import Gate
from tests.databases import fresh_url
from tests.retention_rig import CALLED, RetentionRig, settings


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url("sqlite", tmp_path))
    rig.record("quality")
    rig.record("sale", tag="sales_audio")
    rig.clock.at = CALLED + timedelta(days=1)
    yield rig
    rig.close()


def gate(rig: RetentionRig) -> Gate:
    return Gate(rig.ledger, rig.audit, rig.clock, policy=settings().access, table=rig.table, profile=rig.profile)


def ask(role: Role, action: Action, reason: str = "évaluation") -> AccessRequest:
    return AccessRequest(Actor("someone", role), action, reason=reason)


@pytest.mark.parametrize(
    ("role", "action", "items", "reason", "allowed"),
    [
        (Role.QUALITY_ANALYST, Action.LISTEN, ["quality"], "évaluation", True),
        (Role.QUALITY_ANALYST, Action.LISTEN, ["quality"], " ", False),
        (Role.QUALITY_ANALYST, Action.LISTEN, ["sale"], "évaluation", False),
        (Role.QUALITY_ANALYST, Action.EXPORT, ["quality"], "évaluation", False),
        (Role.OPERATOR, Action.LIST, [], "", True),
        (Role.OPERATOR, Action.DISCARD, ["quality"], "x", False),
        (Role.DPO, Action.EXPORT, ["quality"], "demande", True),
        (Role.DPO, Action.EXPORT, ["quality", "sale"], "demande", False),
        (Role.AGENT, Action.EVENT, ["sale"], "offre", True),
        (Role.AGENT, Action.LIST, [], "", False),
    ],
)
def test_what_is_allowed_passes_and_every_denial_is_noted(
    role: Role, action: Action, items: list[str], reason: str, allowed: bool, rig: RetentionRig
) -> None:
    if allowed:
        assert gate(rig).check(ask(role, action, reason), items).allowed
    else:
        with pytest.raises(ComplianceError) as refused:
            gate(rig).check(ask(role, action, reason), items)
        assert refused.value.rules
        assert refused.value.exit_code == 1
    denials = [event for event in rig.audit.events() if event.kind == "access.denied"]
    assert len(denials) == (not allowed)
    for event in denials:
        assert (event.body["actor"], event.body["role"], event.body["action"]) == ("someone", role.value, action.value)


def test_a_denial_stands_in_the_evidence_with_all_that_was_asked(rig: RetentionRig) -> None:
    asked = replace(ask(Role.QUALITY_ANALYST, Action.LISTEN), audience=Audience.SUBJECT, purpose="sales_audio")
    with pytest.raises(ComplianceError) as refused:
        gate(rig).check(asked, ["quality", "sale"])
    (denial,) = [event for event in rig.audit.events() if event.kind == "access.denied"]
    assert denial.body == {
        "actor": "someone",
        "role": asked.actor.role.value,
        "action": "listen",
        "audience": Audience.SUBJECT.value,
        "purpose": "sales_audio",
        "rules": list(refused.value.rules),
        "detail": refused.value.what,
    }
    assert refused.value.rules
    assert refused.value.where == f"recording {denial.recording_id}"
    assert all(rule in refused.value.remedy for rule in refused.value.rules)


def test_a_denial_of_what_opens_no_recording_names_the_role_and_a_single_recording(rig: RetentionRig) -> None:
    for items, recording_id in (([], ""), (["quality"], "quality"), (["quality", "sale"], "")):
        with pytest.raises(ComplianceError) as refused:
            gate(rig).check(ask(Role.AGENT, Action.LIST), items)
        denial = [event for event in rig.audit.events() if event.kind == "access.denied"][-1]
        assert denial.recording_id == recording_id
        assert refused.value.where == (f"recording {recording_id}" if recording_id else "role agent")


def test_what_opens_nothing_at_all_is_allowed_under_the_rule_of_access(rig: RetentionRig) -> None:
    decision = gate(rig).check(ask(Role.DPO, Action.EXPORT), [])
    assert (decision.allowed, decision.reasons) == (True, ("REC-016",))


def test_every_recording_of_a_long_list_is_asked_about(rig: RetentionRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.services.export.access_gate._BATCH", 2)
    for name in ("b", "c", "d"):
        rig.record(name)
    request, door = ask(Role.QUALITY_ANALYST, Action.LISTEN), gate(rig)
    door._policy = replace(door._policy, max_items=5)
    assert door.check(request, ["quality", "b", "c", "d"]).allowed
    with pytest.raises(ComplianceError):
        door.check(request, ["quality", "b", "c", "d", "sale"])
    with pytest.raises(ArchiveError, match="nobody"):
        door.check(request, ["quality", "b", "nobody"])
    with pytest.raises(ComplianceError, match="5"):
        door.check(request, ["quality", "b", "c", "d", "b", "c"])


def test_an_unknown_recording_is_named(rig: RetentionRig) -> None:
    with pytest.raises(ArchiveError, match="nobody"):
        gate(rig).check(ask(Role.DPO, Action.EXPORT), ["nobody"])


def test_what_is_due_opens_no_more(rig: RetentionRig) -> None:
    rig.clock.at = CALLED + timedelta(days=200)
    with pytest.raises(ComplianceError, match="due for destruction"):
        gate(rig).check(ask(Role.DPO, Action.EXPORT), ["quality"])


def test_what_cannot_be_read_is_named_and_opened_to_nobody(rig: RetentionRig) -> None:
    with rig.database.writing() as connection:
        connection.exec_driver_sql("UPDATE recordings SET opened_at = 'x' WHERE recording_id = 'quality'")
    with pytest.raises(ArchiveError) as refused:
        gate(rig).check(ask(Role.QUALITY_ANALYST, Action.LISTEN), ["quality"])
    assert refused.value.where == "recording quality"
    assert "backup" in refused.value.remedy
