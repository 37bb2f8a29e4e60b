"""The deadline of a recording is what the evidence said last of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ivr.domain.evidence.deadlines import deadline_fault, stated_deadlines
from ivr.domain.evidence.event import AuditEvent

AT = datetime(2026, 11, 30, tzinfo=UTC)
SEALED, LATER = AT + timedelta(days=180), AT + timedelta(days=720)


def told(seq: int, kind: str, deadline: datetime, node_id: str = "node-1") -> AuditEvent:
    return AuditEvent(node_id, seq, AT, kind, "call-1", "rec-1", {"deadline": deadline.isoformat()}, "", "")


@pytest.mark.parametrize(
    "kind",
    ["recording.sealed", "recording.damaged", "recording.recovered", "business.event", "retention.rescheduled"],
)
def test_each_event_that_fixes_a_deadline_bears_out_the_row_and_no_other_deadline(kind: str) -> None:
    events = [told(2, kind, LATER), told(1, "recording.sealed", SEALED)]
    assert stated_deadlines(events) == {"node-1": LATER}
    assert deadline_fault(LATER, events) == ""
    assert "was altered" in deadline_fault(SEALED, events)


def test_either_of_two_nodes_may_have_said_it_last() -> None:
    events = [told(1, "recording.sealed", SEALED), told(9, "business.event", LATER, "node-2")]
    assert deadline_fault(SEALED, events) == deadline_fault(LATER, events) == ""
    assert "was altered" in deadline_fault(AT, events)


def test_a_row_of_which_no_evidence_tells_is_told() -> None:
    assert "no evidence tells of its deadline" in deadline_fault(SEALED, [told(1, "hearing.deaf", SEALED)])
