"""Destroying a recording: key first, then the bytes, then the certificate. Safe to be killed at any point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.domain.evidence import stamp
from ivr.domain.recording import RECORDING, RecordingEvent
from ivr.services import holdings as said

if TYPE_CHECKING:
    from ivr.domain.recording import RecordingState
    from ivr.services.holdings import Holdings


def claim_of(recording_id: str) -> str:
    """What to claim from the catalogue while a recording is recovered, uploaded or destroyed."""
    return f"recording {recording_id}"


def destroy(vault: Holdings, recording_id: str, *, rule_id: str, reason: str) -> RecordingState:
    """Destroy one recording and return the state it ends in (DISCARDED, or PURGED when it had been sealed).

    Repeating it is harmless: each step looks whether it was done. Of two at once, the second waits and finds it done.
    The key goes even when the evidence cannot be written; the error is raised afterwards and the next run writes what
    is missing.
    """
    with vault.catalogue.claim(claim_of(recording_id)):
        return destroy_claimed(vault, recording_id, rule_id=rule_id, reason=reason)


def destroy_claimed(vault: Holdings, recording_id: str, *, rule_id: str, reason: str) -> RecordingState:
    """`destroy` for who holds the recording's claim already."""
    reason = reason[:200]
    row = vault.catalogue.get(recording_id)
    past = {event.kind: event for event in vault.audit.events(recording_id=recording_id)}
    digest: str | None = None
    try:
        if said.DISCARDING not in past:
            # What was sealed needs no reading again: in a bucket it would be a download.
            digest = row.sealed.sha256 if row.sealed else vault.store.digest(recording_id)
            vault.audit.append(
                said.DISCARDING,
                call_id=row.tag.call_id,
                recording_id=recording_id,
                body={
                    "rule_id": rule_id,
                    "reason": reason,
                    "from_state": row.state.value,
                    "sha256": digest,
                },
            )
    finally:
        vault.catalogue.destroy_key(recording_id)
    vault.store.delete(recording_id)
    if said.CERTIFICATE not in past:
        noted = past[said.DISCARDING].body if said.DISCARDING in past else {}
        vault.audit.append(
            said.CERTIFICATE,
            call_id=row.tag.call_id,
            recording_id=recording_id,
            body={
                # After a crash the bytes may be gone already; the intent still says what they were.
                "sha256": digest or noted.get("sha256"),
                "rule_id": noted.get("rule_id", rule_id),
                "reason": noted.get("reason", reason),
                "key_destroyed": True,
                "file_deleted": True,
                "policy_id": row.tag.policy_id,
                "policy_version": row.tag.policy_version,
                "destroyed_at": stamp(vault.clock.now()),
            },
        )
    if row.state in RECORDING.final:
        return row.state
    discards = RECORDING.allows(row.state, RecordingEvent.DISCARD)
    event = RecordingEvent.DISCARD if discards else RecordingEvent.PURGE
    if said.DISCARDED not in past:
        vault.audit.append(
            said.DISCARDED,
            call_id=row.tag.call_id,
            recording_id=recording_id,
            body={"rule_id": rule_id, "reason": reason, "from_state": row.state.value},
        )
    # The state moves last: while it has not, recovery comes back here.
    return vault.catalogue.move(recording_id, event.value, reason=reason, at=vault.clock.now())
