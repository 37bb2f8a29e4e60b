"""What every AuditLog keeps to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ivr.domain.evidence.chain import GENESIS
from ivr.domain.evidence.events.base import Unread
from ivr.errors import ComplianceError
from ivr.services.ports.evidence import AuditLog
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from tests.fakes.vault import FakeAuditLog, TickingClock


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def audit(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> AuditLog:
    if request.param == "fake":
        return FakeAuditLog()
    return SqlAuditLog(open_database(request.param), node_id="node-1", clock=TickingClock())


def test_events_form_a_chain_without_holes(audit: AuditLog) -> None:
    first = audit.append(Unread("disclosure.played", {"prompt": "avis-v3", "heard_ms": 9000}), call_id="call-1")
    second = audit.append(Unread("recording.started", {}), call_id="call-1", recording_id="rec-1")
    assert (first.seq, first.previous) == (1, GENESIS)
    assert (second.seq, second.previous) == (2, first.digest)
    assert second.at > first.at
    assert audit.verify() == []


def test_events_come_back_as_they_were_appended(audit: AuditLog) -> None:
    body = {"score": 0.93, "rules": ["REC-001", "OBJ-2"], "nested": {"é": None, "a": True}}
    appended = audit.append(Unread("objection", body), call_id="call-1", recording_id="rec-1")
    assert audit.events() == [appended]
    assert audit.events()[0].body == body


def test_events_are_found_by_call_and_by_recording_oldest_first(audit: AuditLog) -> None:
    for number in range(6):
        audit.append(Unread(f"kind-{number}", {}), call_id=f"call-{number % 2}", recording_id=f"rec-{number % 3}")
    assert [event.kind for event in audit.events(call_id="call-0")] == ["kind-0", "kind-2", "kind-4"]
    assert [event.kind for event in audit.events(recording_id="rec-1")] == ["kind-1", "kind-4"]
    assert [event.kind for event in audit.events(call_id="call-0", recording_id="rec-1")] == ["kind-4"]
    assert [event.kind for event in audit.events(limit=2)] == ["kind-0", "kind-1"]


@pytest.mark.parametrize(
    "body",
    [
        {"text": "je refuse"},
        {"last_words": "non"},
        {"digits": "123"},
        {"dtmf_digit": "9"},
        {"transcript": ""},
        {"evidence": {"utterance": "non merci"}},
        {"list": [{"digit": "9"}]},
        {"note": "x" * 301},
        {"blob": b"\x00"},
        {"pcm": []},
    ],
)
def test_content_is_refused_and_nothing_is_appended(audit: AuditLog, body: dict[str, object]) -> None:
    with pytest.raises(ComplianceError):
        audit.append(Unread("objection", body))
    assert audit.events() == []
    assert audit.append(Unread("next", {})).seq == 1
