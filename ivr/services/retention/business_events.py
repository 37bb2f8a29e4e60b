"""Business events: what happened in the business moves the deadlines of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.events.recording import BusinessNoted
from ivr.domain.profile import Profile
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.domain.retention.artefact import BusinessEvent, EventKind
from ivr.domain.retention.business_event import EventEffect, apply_event
from ivr.domain.retention.decision import RetentionAction
from ivr.domain.retention.schedule import RetentionTable
from ivr.services.ports.retention import RetentionLedger, Stored
from ivr.services.ports.runtime import Clock
from ivr.services.retention.run import RetentionRun, RunReport

#: What a column holds.
_LONGEST = 200


@dataclass(frozen=True)
class Noted:
    """What an event did; `run` is set when the recording had to go at once."""

    effect: EventEffect
    run: RunReport | None = None


class BusinessEvents:
    def __init__(
        self,
        ledger: RetentionLedger,
        clock: Clock,
        *,
        table: RetentionTable,
        profile: Profile,
        retention: RetentionRun,
        redactor: Redactor = REDACTOR,
    ) -> None:
        """By `retention` what an event ends at once is destroyed at once, not at the next sweep."""
        self._ledger = ledger
        self._clock = clock
        self._table = table
        self._profile = profile
        self._retention = retention
        self._redactor = redactor

    def note(
        self, recording_id: str, kind: EventKind, *, actor: str, at: datetime | None = None, reference: str = ""
    ) -> Noted:
        """Store the event, decide the deadline anew, and leave evidence. The same event again changes nothing.

        `at` (aware) is when it happened: now, unless said. Actor and reference are stored without numbers or names, cut
        behind 200 characters. Raises ArchiveError for an unknown recording,
        ComplianceError for an event that cannot be (see `apply_event`).
        """
        now = self._clock.now()
        # As the evidence will say it, so that row and evidence agree.
        said = self._redactor.fields({"actor": actor, "reference": reference})
        actor, reference = (str(said[name])[:_LONGEST] for name in ("actor", "reference"))
        event = BusinessEvent(kind, at or now, actor, reference)

        def apply(stored: Stored) -> EventEffect:
            return apply_event(stored.artefact, stored.events, event, table=self._table, profile=self._profile, now=now)

        noted = BusinessNoted(event=kind.value, event_at=event.at, actor=actor, reference=reference)
        effect = self._ledger.note_event(recording_id, apply, noted)
        if effect.decision.action is RetentionAction.DESTROY:
            return Noted(effect, self._retention.run([recording_id]))
        return Noted(effect)
