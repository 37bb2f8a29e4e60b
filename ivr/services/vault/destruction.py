"""Destroying a recording: key first, then the bytes, then the certificate. Safe to be killed at any point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.domain.evidence.events.destruction import Certificate, Discarded, Discarding
from ivr.domain.recording.state import RECORDING, UNFINISHED, RecordingEvent
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.vault.destruction_evidence import Destruction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr.domain.evidence.event import AuditEvent
    from ivr.domain.recording.state import RecordingState
    from ivr.services.ports.signing import Entry
    from ivr.services.ports.vault import RecordingRow
    from ivr.services.vault.vault_ports import Holdings


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
    doomed: Destruction | None = None
    failure: Exception | None = None
    try:
        row = vault.catalogue.get(recording_id)
        past = {event.kind: event for event in vault.audit.events(recording_id=recording_id)}
        # What was sealed needs no reading again: in a bucket it would be a download.
        gone = Discarding.kind in past
        digest = row.sealed.sha256 if row.sealed else None if gone else vault.store.digest(recording_id)
        doomed = _doomed(row, digest, rule_id, reason)
        _shred(vault, recording_id, row, None if gone else doomed.intent())
    except Exception as error:
        if row is None and isinstance(error, ArchiveError):
            # There is no such recording.
            raise
        failure = error
        # Without the intent; a hold still forbids it.
        _shred(vault, recording_id, row, None)
    vault.store.delete(recording_id)
    if failure is not None or row is None or doomed is None:
        assert failure is not None
        raise failure
    return _certify(vault, row, past, doomed)


def _doomed(row: RecordingRow, sha256: str | None, rule_id: str, reason: str) -> Destruction:
    return Destruction(
        recording_id=row.tag.recording_id,
        call_id=row.tag.call_id,
        rules=(rule_id,) if rule_id else (),
        reason=reason,
        from_state=row.state.value,
        sha256=sha256,
        policy_id=row.tag.policy_id,
        policy_version=row.tag.policy_version,
        due_at=row.deadline,
        clocks=(row.tag.retention,),
    )


def _shred(vault: Holdings, recording_id: str, row: RecordingRow | None, intent: Entry | None) -> None:
    """Look for holds, note the intent and delete the key, in one transaction: no hold can come in between."""
    with vault.catalogue.together():
        if row is None or (row.has_key and row.sealed is not None and row.state not in UNFINISHED):
            _refuse_if_held(vault, recording_id)
        if intent is not None:
            _append(vault, intent)
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


def _certify(vault: Holdings, row: RecordingRow, past: Mapping[str, AuditEvent], doomed: Destruction) -> RecordingState:
    noted = past[Discarding.kind].facts if Discarding.kind in past else None
    certified = Certificate.kind in past
    # Whether the key's bytes are gone from the database's files too; if not, recovery and clerk go on trying.
    wiped = certified or vault.catalogue.wipe_destroyed_keys()
    now, final = vault.clock.now(), row.state
    # The state moves with the certificate: while it has not, recovery comes back here.
    with vault.catalogue.together():
        if not certified:
            _append(
                vault,
                doomed.certificate(noted, at=now, wiped=wiped, owner=vault.node_id),
            )
        if row.state not in RECORDING.final:
            discards = RECORDING.allows(row.state, RecordingEvent.DISCARD)
            event = RecordingEvent.DISCARD if discards else RecordingEvent.PURGE
            final = vault.catalogue.move(doomed.recording_id, event, reason=doomed.reason, at=now)
            if Discarded.kind not in past:
                _append(vault, doomed.end())
    return final


def _append(vault: Holdings, entry: Entry) -> None:
    vault.audit.append(entry.event, call_id=entry.call_id, recording_id=entry.recording_id)
