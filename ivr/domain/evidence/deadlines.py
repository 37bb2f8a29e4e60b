"""What the evidence says of a recording's deadline: a row that says otherwise was altered outside of ivr."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.events.base import Absent
from ivr.domain.evidence.events.recording import BusinessNoted, Damaged, Recovered, Rescheduled, Sealed

if TYPE_CHECKING:
    from ivr.domain.evidence.event import AuditEvent

#: Events that tell the deadline which was written with them.
TELLING = (Sealed, Damaged, Recovered, BusinessNoted, Rescheduled)


def stated_deadlines(events: Iterable[AuditEvent]) -> dict[str, datetime | None]:
    """Return by node the last deadline that its chain tells of one recording (None: none was set).

    One per node, since the clocks of two nodes do not order what they wrote.
    """
    stated: dict[str, datetime | None] = {}
    for event in sorted(events, key=lambda one: (one.node_id, one.seq)):
        facts = event.facts
        if isinstance(facts, TELLING) and not isinstance(facts.deadline, Absent):
            stated[event.node_id] = facts.deadline
    return stated


def deadline_fault(deadline: datetime | None, events: Iterable[AuditEvent]) -> str:
    """Say what is wrong with the deadline of a recording that is kept; empty when its evidence bears it out."""
    stated = stated_deadlines(events)
    if not stated:
        return f"no evidence tells of its deadline, and its row says {_spelled(deadline)}"
    if deadline in stated.values():
        return ""
    evidence = " or ".join(sorted(map(_spelled, stated.values())))
    return f"its deadline was altered: the row says {_spelled(deadline)}, the evidence {evidence}"


def _spelled(deadline: datetime | None) -> str:
    return stamp(deadline) if deadline is not None else "none"
