"""Destroying a recording: key first, then the bytes, then the certificate. Safe to be killed at any point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.domain.evidence import stamp
from ivr.domain.recording import RECORDING, UNFINISHED, RecordingEvent
from ivr.errors import ArchiveError, ComplianceError
from ivr.services import holdings as said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr.domain.recording import RecordingState
    from ivr.services.holdings import Holdings
    from ivr.services.ports import AuditEvent, RecordingRow

#: A destruction was asked for and a legal hold forbids it.
REFUSED = "recording.discard_refused"


def claim_of(recording_id: str) -> str:
    """What to claim from the catalogue while a recording is recovered, uploaded or destroyed."""
    return f"recording {recording_id}"


def destroy(vault: Holdings, recording_id: str, *, rule_id: str, reason: str) -> RecordingState:
    """Destroy one recording and return the state it ends in (DISCARDED, or PURGED when it had been sealed).

    Repeating it is harmless: each step looks whether it was done. Of two at once, the second waits and finds it done.
    Key and file go even when the evidence cannot be read or written; the error is raised afterwards and recovery
    writes what is missing. Raises ComplianceError (RET-002), and destroys nothing, when a legal hold keeps audio that
    had been stored for good; what was never sealed is due at once, and no hold can have named it before (RET-003).
    """
    with vault.catalogue.claim(claim_of(recording_id)):
        return destroy_claimed(vault, recording_id, rule_id=rule_id, reason=reason)


def destroy_claimed(vault: Holdings, recording_id: str, *, rule_id: str, reason: str) -> RecordingState:
    """`destroy` for who holds the recording's claim already."""
    reason = reason[:200]
    row: RecordingRow | None = None
    past: Mapping[str, AuditEvent] = {}
    intent: dict[str, object] | None = None
    failure: Exception | None = None
    try:
        row = vault.catalogue.get(recording_id)
        past = {event.kind: event for event in vault.audit.events(recording_id=recording_id)}
        if said.DISCARDING not in past:
            # What was sealed needs no reading again: in a bucket it would be a download.
            digest = row.sealed.sha256 if row.sealed else vault.store.digest(recording_id)
            intent = {"rule_id": rule_id, "reason": reason, "from_state": row.state.value, "sha256": digest}
        _shred(vault, recording_id, row, intent)
    except Exception as error:
        if row is None and isinstance(error, ArchiveError):
            # There is no such recording.
            raise
        failure = error
        # Without the intent; a hold still forbids it.
        _shred(vault, recording_id, row, None)
    vault.store.delete(recording_id)
    if failure is not None or row is None:
        assert failure is not None
        raise failure
    return _certify(vault, row, past, intent or dict(past[said.DISCARDING].body), rule_id=rule_id, reason=reason)


def _shred(vault: Holdings, recording_id: str, row: RecordingRow | None, intent: Mapping[str, object] | None) -> None:
    """Look for holds, note the intent and delete the key, in one transaction: no hold can come in between."""
    with vault.catalogue.together():
        if row is None or (row.has_key and row.sealed is not None and row.state not in UNFINISHED):
            _refuse_if_held(vault, recording_id)
        if intent is not None and row is not None:
            vault.audit.append(said.DISCARDING, call_id=row.tag.call_id, recording_id=recording_id, body=intent)
        vault.catalogue.destroy_key(recording_id)


def _refuse_if_held(vault: Holdings, recording_id: str) -> None:
    holds = vault.catalogue.holds_on(recording_id)
    if holds:
        cases = ", ".join(sorted(f"'{hold.case}' (hold {hold.id})" for hold in holds))
        raise ComplianceError(
            f"a legal hold forbids its destruction (RET-002): case {cases}",
            rules=("RET-002",),
            where=f"recording {recording_id}",
            remedy="have the hold released first: 'ivr hold release'",
        )


def _certify(
    vault: Holdings,
    row: RecordingRow,
    past: Mapping[str, AuditEvent],
    noted: Mapping[str, object],
    *,
    rule_id: str,
    reason: str,
) -> RecordingState:
    recording_id = row.tag.recording_id
    if said.CERTIFICATE not in past:
        vault.audit.append(
            said.CERTIFICATE,
            call_id=row.tag.call_id,
            recording_id=recording_id,
            body={
                # After a crash the bytes may be gone already; the intent still says what they were.
                "sha256": noted.get("sha256"),
                "rule_id": noted.get("rule_id", rule_id),
                "reason": noted.get("reason", reason),
                "key_destroyed": True,
                # Whether its bytes are gone from the database's files too; if not, recovery and clerk go on trying.
                "key_wiped": vault.catalogue.wipe_destroyed_keys(),
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
    body = {"rule_id": rule_id, "reason": reason, "from_state": row.state.value}
    # The state moves last: while it has not, recovery comes back here.
    with vault.catalogue.together():
        after = vault.catalogue.move(recording_id, event.value, reason=reason, at=vault.clock.now())
        if said.DISCARDED not in past:
            vault.audit.append(said.DISCARDED, call_id=row.tag.call_id, recording_id=recording_id, body=body)
    return after
