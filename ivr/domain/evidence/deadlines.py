"""What the evidence says of a recording's deadline: a row that says otherwise was altered outside of ivr."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.kinds import TELLING

if TYPE_CHECKING:
    from ivr.domain.evidence.event import AuditEvent


def told_deadlines(events: Iterable[AuditEvent]) -> dict[str, str]:
    """Return by node the last deadline that its chain tells of one recording (empty text: none was set).

    One per node, since the clocks of two nodes do not order what they wrote.
    """
    told: dict[str, str] = {}
    for event in sorted(events, key=lambda one: (one.node_id, one.seq)):
        if event.kind in TELLING and "deadline" in event.body:
            told[event.node_id] = _spelled(event.body)
    return told


def deadline_fault(deadline: datetime | None, events: Iterable[AuditEvent]) -> str:
    """Say what is wrong with the deadline of a recording that is kept; empty when its evidence bears it out."""
    written = stamp(deadline) if deadline is not None else ""
    told = told_deadlines(events)
    if not told:
        return f"no evidence tells of its deadline, and its row says {written or 'none'}"
    if written in told.values():
        return ""
    evidence = " or ".join(sorted(one or "none" for one in told.values()))
    return f"its deadline was altered: the row says {written or 'none'}, the evidence {evidence}"


def _spelled(body: Mapping[str, object]) -> str:
    value = body["deadline"]
    try:
        return stamp(datetime.fromisoformat(str(value)).astimezone(UTC)) if value else ""
    except ValueError:
        return str(value)
