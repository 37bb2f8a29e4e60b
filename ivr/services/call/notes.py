"""Calls in progress, noted on the local disk until they are reported: a line that dies takes no report with it.

A note is written when a call begins and again when it is answered; it is struck out once the report stands. While its
line lives nobody else touches it. What a dead line leaves is reported by the node: LINE_FAILED, once, with evidence. A
report that could not be written when its call ended waits there too, with everything that is known of the call.

A note holds what the report will hold (see `CallRow`), the other party's address with it, and is therefore sealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ivr.domain.call.leg import Disposition, disposition_of
from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.events.call import Reported
from ivr.domain.recording.state import REPORTABLE, RecordingState
from ivr.errors import ArchiveError, IvrError
from ivr.services.call.leg_records import legs_body, legs_in
from ivr.services.ports.evidence import CallRow, LegRow, PersonTag
from ivr.services.ports.spool import Duty, Pending, Unreadable

if TYPE_CHECKING:
    from ivr.services.call.context import LiveCall
    from ivr.services.ports.evidence import CallLog
    from ivr.services.ports.spool import Spool
    from ivr.services.vault.vault_ports import VaultPorts

#: Who ended a call whose line died, in its report.
BY_LINE = "line"
#: Nobody was answered: the line's death is our failure (RFC 3261 section 21.5.1, Q.850 "temporary failure").
_SIP_STATUS = 500
_HANGUP_CAUSE = 41


@dataclass(frozen=True)
class LateReport:
    """What became of one note: the report that was written, or None, and how."""

    call_id: str
    row: CallRow | None
    how: str

    @property
    def done(self) -> bool:
        return self.row is not None

    def event(self) -> dict[str, object]:
        """Return the event of the live feed that reports it."""
        if self.row is None:
            return {"kind": "report.waits", "call_id": self.call_id, "how": self.how}
        return {
            "kind": Reported.kind,
            "call_id": self.call_id,
            **reported(self.row).body(),
            "recording_id": self.row.recording_id,
        }


def note_of(call: LiveCall, row: CallRow | None = None, legs: Sequence[LegRow] = ()) -> Pending:
    """Return the note of a call in progress; with `row` it is over, and this with `legs` is the report to write."""
    body: dict[str, object] = {
        "program": call.program.name,
        "direction": call.direction.value,
        "party": call.party_uri,
        "node_id": call.deps.node_id,
        "answered_at": _stamp(call.answered_at),
    }
    if call.members:
        body["members"] = [[key_id, tag.hex()] for key_id, tag in call.members]
    if row is not None:
        body["end"] = {
            "ended_at": stamp(row.ended_at),
            "disposition": row.disposition,
            "sip_status": row.sip_status,
            "hangup_cause": row.hangup_cause,
            "ended_by": row.ended_by,
            "consent": dict(row.consent),
            "agent": row.agent,
            "queue_wait_ms": row.queue_wait_ms,
            "legs": legs_body(legs),
        }
    return Pending(Duty.REPORT, call.id, "", call.started_at, body)


def row_of(call: LiveCall) -> CallRow:
    """Return the report of a call that is over."""
    end, disposition = call.a_leg.end, Disposition.FAILED
    if end is not None:
        disposition = disposition_of(end.sip_status, was_confirmed=call.answered_at is not None)
    return CallRow(
        call_id=call.id,
        program=call.program.name,
        direction=call.direction.value,
        party=call.party_uri,
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.deps.clock.now(),
        disposition=disposition.value,
        sip_status=end.sip_status if end is not None else _SIP_STATUS,
        hangup_cause=end.hangup_cause if end is not None else 0,
        ended_by=call.ended_by,
        recording_id=call.capture.recording_id or None,
        recording_state=call.capture.state.value,
        consent=call.consents.as_body(),
        node_id=call.deps.node_id,
        agent=call.agent if call.b_leg is not None else "",
        queue_wait_ms=call.queue_wait_ms,
    )


def reported(row: CallRow) -> Reported:
    """What the evidence says of a report."""
    return Reported(
        program=row.program,
        disposition=row.disposition,
        sip_status=row.sip_status,
        ended_by=row.ended_by,
        recording_state=row.recording_state,
    )


def last_signs(ports: VaultPorts, spool: Spool) -> dict[str, datetime]:
    """When each call that a dead line left gave its last sign of life; ask before anything else is written of them."""
    signs: dict[str, datetime] = {}
    for left in spool.left():
        with left as note:
            if isinstance(note, Pending):
                known = [note.at, *(event.at for event in ports.audit.events(call_id=note.call_id))]
                signs[note.call_id] = max(known)
    return signs


def report_left(
    ports: VaultPorts, call_log: CallLog, spool: Spool, *, ended_at: Mapping[str, datetime]
) -> list[LateReport]:
    """Report what processes that have ended left unreported, each call once. After `recover`.

    `ended_at` says by call when a line's death ended it; else it ended at this moment. A call whose recording is not
    finished yet waits for it. Killed anywhere, the next one goes on. What cannot be done is left and said, and keeps
    nothing else.
    """
    done: list[LateReport] = []
    for left in spool.left():
        with left as note:
            if isinstance(note, Unreadable):
                done.append(LateReport("", None, note.why))
                continue
            try:
                row = _report(ports, call_log, note, ended_at.get(note.call_id) or ports.clock.now())
            except Exception as later:
                what = str(later) if isinstance(later, IvrError) else type(later).__name__
                done.append(LateReport(note.call_id, None, f"left as it is: {what}"))
                continue
            spool.strike(note.name)
            if row is not None:
                done.append(LateReport(note.call_id, row, "reported now"))
    return done


def _report(ports: VaultPorts, call_log: CallLog, note: Pending, ended_at: datetime) -> CallRow | None:
    """Write row and evidence, both or neither; None when both stand already. A row that stands is what is reported."""
    with ports.catalogue.together():
        row = call_log.get(note.call_id)
        in_evidence = any(event.kind == Reported.kind for event in ports.audit.events(call_id=note.call_id))
        if row is not None and in_evidence:
            return None
        if row is None:
            row = _row(ports, note, ended_at)
            call_log.add(row, members=_members(note), legs=legs_in(_end(note).get("legs")))
        if not in_evidence:
            ports.audit.append(reported(row), call_id=note.call_id, recording_id=row.recording_id or "")
        return row


def _row(ports: VaultPorts, note: Pending, ended_at: datetime) -> CallRow:
    body, known = note.body, _end(note)
    waited_ms = known.get("queue_wait_ms")
    recording = next(iter(ports.catalogue.find(call_id=note.call_id)), None)
    state = recording.state if recording is not None else RecordingState.WITHHELD
    if state not in REPORTABLE:
        raise ArchiveError(
            f"its recording is {state.value}", where=f"call {note.call_id}", remedy="the next recovery settles it"
        )
    return CallRow(
        call_id=note.call_id,
        program=str(body["program"]),
        direction=str(body["direction"]),
        party=str(body["party"]),
        started_at=note.at,
        answered_at=_time(body.get("answered_at")),
        ended_at=_time(known.get("ended_at")) or ended_at,
        disposition=str(known.get("disposition", Disposition.LINE_FAILED.value)),
        sip_status=int(known.get("sip_status", _SIP_STATUS)),
        hangup_cause=int(known.get("hangup_cause", _HANGUP_CAUSE)),
        ended_by=str(known.get("ended_by", BY_LINE)),
        recording_id=recording.tag.recording_id if recording is not None else None,
        recording_state=state.value,
        consent=known.get("consent") or (recording.consent if recording is not None else {}),
        node_id=str(body["node_id"]),
        agent=str(known.get("agent", "")),
        queue_wait_ms=int(waited_ms) if waited_ms is not None else None,
    )


def _end(note: Pending) -> Mapping[str, Any]:
    """What is known of a call's end; nothing when its line died before."""
    end = note.body.get("end")
    return end if isinstance(end, Mapping) else {}


def _members(note: Pending) -> list[PersonTag]:
    members = note.body.get("members")
    return [(str(key_id), bytes.fromhex(tag)) for key_id, tag in members] if isinstance(members, list) else []


def _stamp(at: datetime | None) -> str | None:
    return stamp(at) if at is not None else None


def _time(written: object) -> datetime | None:
    return datetime.fromisoformat(written) if isinstance(written, str) else None
