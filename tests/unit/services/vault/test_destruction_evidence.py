"""What a certificate says when its intent was written by an older version, or by nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.destruction import Certificate
from ivr.services.vault.destruction_evidence import Destruction

AT = datetime(2026, 11, 30, tzinfo=UTC)
DESTRUCTION = Destruction(
    "rec-1", "call-1", ("RET-001", "RET-006"), "deadline", "SEALED", "ab", "fr-2026", "1", AT, ("quality_audio",)
)


@pytest.mark.parametrize(
    ("intent", "rule_id", "rules"),
    [
        (None, "RET-001", ("RET-001", "RET-006")),
        ({}, "RET-001", ("RET-001", "RET-006")),
        ({"rule_id": "OBJ-003"}, "OBJ-003", ("OBJ-003",)),
        ({"rule_id": ""}, "", ()),
        ({"rule_id": "OBJ-003", "rules": ["OBJ-003", "GDP-001"]}, "OBJ-003", ("OBJ-003", "GDP-001")),
    ],
)
def test_the_rules_of_a_certificate_are_those_of_its_intent_where_one_stands(
    intent: dict[str, object] | None, rule_id: str, rules: tuple[str, ...]
) -> None:
    told = (
        AuditEvent("node-1", 1, AT, "recording.discarding", "call-1", "rec-1", intent, "", "")
        if intent is not None
        else None
    )
    entry = DESTRUCTION.certificate(told, at=AT, wiped=True, owner="node-1")
    assert isinstance(entry.event, Certificate)
    assert (entry.event.rule_id, entry.event.rules) == (rule_id, rules)
    assert (entry.call_id, entry.recording_id) == ("call-1", "rec-1")
