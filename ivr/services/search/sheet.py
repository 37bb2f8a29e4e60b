"""The facts of one recording, for who may see it in a list; that they were shown stands in the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.domain.access import AccessRequest, Audience
from ivr.domain.evidence.events.house import Listed
from ivr.domain.recording.marks import Mark, marks_of
from ivr.domain.retention.decision import RetentionDecision
from ivr.domain.retention.legal_hold import LegalHold
from ivr.services.export.access_gate import Gate
from ivr.services.ports.signing import EvidenceChain
from ivr.services.ports.vault import Catalogue, RecordingRow

_LONGEST = 200


@dataclass(frozen=True)
class Sheet:
    """What is known of a recording: no content. `holds` keep it, `marks` are places in its audio."""

    row: RecordingRow
    retention: RetentionDecision
    holds: Sequence[LegalHold]
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Sheets:
    gate: Gate
    catalogue: Catalogue
    chain: EvidenceChain

    def show(self, request: AccessRequest, recording_id: str) -> Sheet:
        """Return the facts once it is written down that they are shown.

        Raises what `Gate.see` raises, or `Gate.see_listed` for what an authority listed.
        """
        see = self.gate.see_listed if request.audience is Audience.AUTHORITY else self.gate.see
        stored, retention = see(request, recording_id)
        row = self.catalogue.get(recording_id)
        duration_ms = row.sealed.duration_ms if row.sealed else 0
        marks = marks_of(row.consent, row.gaps, row.masks, duration_ms=duration_ms) if row.sealed else []
        listed = Listed(
            actor=request.actor.id[:_LONGEST],
            role=request.actor.role.value,
            purpose=request.purpose,
            reason=request.reason[:_LONGEST],
            filters=("recording",),
            count=1,
        )
        self.chain.append(listed, call_id=row.tag.call_id, recording_id=recording_id)
        holds = [hold for hold in stored.holds if hold.covers(recording_id)]
        return Sheet(row, retention, holds, marks)
