"""Asks before anything is destroyed because of the time whether the time can be right."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from ivr.domain.evidence.clock_check import ClockBounds, EventTime, clock_fault
from ivr.domain.evidence.events.house import ClockAccepted, ClockChecked
from ivr.errors import ComplianceError
from ivr.services.ports.evidence_times import EvidenceTimes, Facts

if TYPE_CHECKING:
    from ivr.domain.evidence.event import AuditEvent
    from ivr.services.ports.evidence import AuditLog
    from ivr.services.ports.runtime import Clock

_QUIET = timedelta(days=1)


class ClockGuard:
    """One node's clock against the evidence in its database."""

    def __init__(
        self,
        times: EvidenceTimes,
        facts: Facts,
        audit: AuditLog,
        clock: Clock,
        *,
        node_id: str,
        bounds: ClockBounds,
    ) -> None:
        self._times = times
        self._facts = facts
        self._audit = audit
        self._clock = clock
        self._node_id = node_id
        self._bounds = bounds
        # The name of a fact is short, a node's may be long.
        self._fact = f"clock of {hashlib.sha256(node_id.encode()).hexdigest()[:16]}"

    def fault(self) -> str:
        """Say why the clock cannot be trusted; empty when it can. Changes nothing.

        Looks at what was written since the clock was last found good.
        """
        fault, _ = self._look()
        return fault

    def must_be_plausible(self) -> None:
        """Raise ComplianceError while the clock cannot be trusted: then nothing is destroyed by it."""
        fault, last = self._look()
        if fault:
            raise ComplianceError(
                f"nothing is destroyed: {fault}",
                remedy="set the clock; if it is right, say why: `ivr retention run --clock-reason …`",
            )
        if last is None or self._clock.now() - last.at > _QUIET:
            last = _time_of(self._audit.append(ClockChecked()))
        self._found_good(last)

    def accept(self, *, reason: str, actor: str) -> bool:
        """Go on with the clock as it is; who says so and why stands in the evidence. False when nothing is wrong.

        Raises ComplianceError without a reason.
        """
        if not reason.strip() or not actor.strip():
            raise ComplianceError("accepting a clock needs an actor and a reason", remedy="say why it is right")
        fault, _ = self._look()
        if not fault:
            return False
        accepted = ClockAccepted(actor=actor, reason=reason[:200], clock=self._clock.now(), against=fault[:280])
        self._found_good(_time_of(self._audit.append(accepted)))
        return True

    def _look(self) -> tuple[str, EventTime | None]:
        good = self._good()
        last: EventTime | None = None

        def noting(events: Iterator[EventTime]) -> Iterator[EventTime]:
            nonlocal last
            for event in events:
                last = event
                yield event

        others = [one for one in self._times.last_of_others() if one.seq > good.get(one.node_id, 0)]
        # Closed at once: a fault is found before the end, and the events are read in a transaction.
        with closing(self._times.own(good.get(self._node_id, 0))) as events:
            return clock_fault(noting(events), others, self._clock.now(), self._bounds), last

    def _good(self) -> dict[str, int]:
        """Up to which event of each node the clock was found good, or accepted."""
        try:
            found = json.loads(self._facts.fact(self._fact) or "{}")
            return {str(node): int(seq) for node, seq in found.items()}
        except (ValueError, TypeError, AttributeError):
            return {}

    def _found_good(self, last: EventTime) -> None:
        reached = {one.node_id: one.seq for one in (*self._times.last_of_others(), last)}
        if reached != self._good():
            self._facts.fact(self._fact, json.dumps(reached, sort_keys=True))


def _time_of(event: AuditEvent) -> EventTime:
    return EventTime(event.node_id, event.seq, event.at)
