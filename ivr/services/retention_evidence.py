"""What a retention run writes about one destruction: the intent before it, certificate and end after it. No content."""

from __future__ import annotations

from datetime import datetime

from ivr.domain.checkpoint import CERTIFICATE
from ivr.domain.evidence import stamp
from ivr.domain.retention_decision import RetentionDecision
from ivr.services import holdings as said
from ivr.services.evidence_ports import Entry
from ivr.services.retention_ports import Stored


def intent_of(stored: Stored, decision: RetentionDecision) -> Entry:
    """Written in the transaction that destroys the key."""
    body = {**_why(decision), "sha256": stored.sha256, "due_at": stamp(decision.due_at)}
    return Entry(said.DISCARDING, stored.call_id, stored.recording_id, body)


def destroyed(stored: Stored, decision: RetentionDecision, *, at: datetime, wiped: bool, owner: str) -> list[Entry]:
    """Certificate and end. `wiped`: the bytes of the key are gone from the database's files too; `owner`: which run."""
    certificate = {
        **_why(decision),
        "sha256": stored.sha256,
        "policy_id": stored.policy_id,
        "policy_version": stored.policy_version,
        "due_at": stamp(decision.due_at),
        "destroyed_at": stamp(at),
        "clocks": [purpose.tag for purpose in decision.purposes],
        "key_destroyed": True,
        "key_wiped": wiped,
        "file_deleted": True,
        "derived_deleted": True,
        "owner": owner,
    }
    return [
        Entry(CERTIFICATE, stored.call_id, stored.recording_id, certificate),
        Entry(said.DISCARDED, stored.call_id, stored.recording_id, _why(decision)),
    ]


def _why(decision: RetentionDecision) -> dict[str, object]:
    return {"rule_id": decision.reasons[0], "rules": list(decision.reasons), "reason": "retention"}
