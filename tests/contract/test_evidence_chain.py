"""What every EvidenceChain keeps to, besides what every AuditLog does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ivr.domain.evidence.checkpoint import checkpoint_text
from ivr.domain.evidence.events.base import Unread
from ivr.errors import ComplianceError
from ivr.recording.secret_file import Secret
from ivr.recording.signer import Ed25519Signer
from ivr.services.ports.evidence import Entry
from ivr.services.ports.signing import EvidenceChain
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from tests.databases import KINDS
from tests.fakes.vault import START, TickingClock

SIGNER = Ed25519Signer(Secret("evidence-one", bytes(range(32))))
CERTIFICATE = "certificate.destruction"


@pytest.fixture(params=KINDS)
def evidence(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> EvidenceChain:
    return SqlAuditLog(open_database(request.param), node_id="node-1", clock=TickingClock(), signer=SIGNER)


def test_entries_are_appended_in_their_order_and_counted(evidence: EvidenceChain) -> None:
    assert evidence.append_all([]) == []
    assert evidence.count() == 0
    made = evidence.append_all(
        [Entry(Unread("one", {}), call_id="call-1"), Entry(Unread("two", {"n": 2}), recording_id="rec-1")]
    )
    assert [(event.seq, event.kind) for event in made] == [(1, "one"), (2, "two")]
    assert made[1].previous == made[0].digest
    assert evidence.events() == made
    assert evidence.count() == 2
    assert evidence.verify() == []


def test_entries_are_appended_together_or_not_at_all(evidence: EvidenceChain) -> None:
    with pytest.raises(ComplianceError):
        evidence.append_all([Entry(Unread("one", {})), Entry(Unread("two", {"text": "words"}))])
    assert evidence.count() == 0
    assert evidence.append(Unread("next", {})).seq == 1


def test_a_certificate_that_exists_comes_back_as_it_is(evidence: EvidenceChain) -> None:
    (first,) = evidence.append_all([Entry(Unread(CERTIFICATE, {"sha256": "ab"}), recording_id="rec-1")])
    again = evidence.append_all(
        [
            Entry(Unread("discarded", {}), recording_id="rec-1"),
            Entry(Unread(CERTIFICATE, {"sha256": "cd"}), recording_id="rec-1"),
            Entry(Unread(CERTIFICATE, {"sha256": "ef"}), recording_id="rec-2"),
        ]
    )
    assert [(event.kind, event.seq, event.recording_id) for event in again] == [
        ("discarded", 2, "rec-1"),
        (CERTIFICATE, 1, "rec-1"),
        (CERTIFICATE, 3, "rec-2"),
    ]
    assert again[1] == first
    assert evidence.count() == 3


def test_a_head_is_signed_once(evidence: EvidenceChain) -> None:
    assert evidence.checkpoint() is None
    made = evidence.append_all([Entry(Unread("one", {})), Entry(Unread("two", {}))])
    point = evidence.checkpoint()
    assert point is not None
    assert (point.node_id, point.seq, point.digest, point.key_id) == ("node-1", 2, made[1].digest, SIGNER.key_id)
    text = checkpoint_text(point.node_id, point.seq, point.digest, point.at, point.key_id)
    assert SIGNER.verifies(SIGNER.public_key, text, bytes.fromhex(point.signature))
    assert evidence.checkpoint() is None


def test_what_nobody_outside_bears_out_is_counted(evidence: EvidenceChain) -> None:
    evidence.append_all([Entry(Unread("one", {})), Entry(Unread("two", {}))])
    alone = evidence.witness()
    assert (alone.signed_at, alone.unsigned, alone.exported_at, alone.unexported) == (None, 2, None, 2)
    point = evidence.checkpoint()
    assert point is not None
    evidence.append(Unread("three", {}))
    signed = evidence.witness()
    assert (signed.signed_at, signed.unsigned) == (point.at, 1)
    assert point.at > START


def test_a_snapshot_shows_one_moment(evidence: EvidenceChain) -> None:
    made = evidence.append_all([Entry(Unread("one", {})), Entry(Unread("two", {}))])
    evidence.checkpoint()
    with evidence.snapshot() as seen:
        evidence_then = [(link.node_id, link.seq, link.digest) for link in seen.links]
        assert evidence_then == [("node-1", event.seq, event.digest) for event in made]
        assert [(head.node_id, head.seq, head.digest) for head in seen.heads] == [("node-1", 2, made[1].digest)]
        assert [one.seq for one in seen.checkpoints] == [2]
        assert dict(seen.keys) == {SIGNER.key_id: SIGNER.public_key}
        assert dict(seen.key_nodes) == {SIGNER.key_id: "node-1"}
