"""Reads from the evidence which doubts callers were asked about, and how each question ended."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.domain.consent.state import Basis
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.call import Reported
from ivr.domain.evidence.events.objection import Dispelled, Hesitation, Objection
from ivr.domain.hearing.calibration import AskedDoubt, Outcome
from ivr.services.ports.evidence import AuditLog


def asked_doubts(audit: AuditLog, *, last: int) -> list[AskedDoubt]:
    """Return the doubts about what was said, among the last `last` events of this node, of calls that are over.

    A doubt of an agent's word is none of the ear's, and is left out.
    """
    calls = dict.fromkeys(event.call_id for event in audit.recent(Hesitation.kind, last=last))
    return [doubt for call_id in calls for doubt in _of_call(audit.events(call_id=call_id))]


def _of_call(events: Sequence[AuditEvent]) -> list[AskedDoubt]:
    facts = [event.facts for event in events]
    program = next((fact.program for fact in facts if isinstance(fact, Reported)), None)
    if program is None:
        return []
    found: list[AskedDoubt] = []
    for at, fact in enumerate(facts):
        if isinstance(fact, Hesitation) and fact.basis == Basis.SPOKEN.value:
            ends = (one for one in facts[at + 1 :] if isinstance(one, Dispelled | Objection))
            found.append(AskedDoubt(program, fact.label, fact.score, _outcome(next(ends, None))))
    return found


def _outcome(end: Dispelled | Objection | None) -> Outcome:
    if isinstance(end, Dispelled):
        return Outcome.DISPELLED
    implied = end is None or end.basis == Basis.IMPLIED.value
    return Outcome.UNANSWERED if implied else Outcome.CONFIRMED
