"""The life of a legal hold, step by step; each step tells the hold as it is then. For legal, the DPO and a court."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.events.base import ABSENT, Absent, Event


@dataclass(frozen=True, kw_only=True)
class HoldStep(Event):
    """A hold as it is after a step; `items` are the first of its recordings, `items_sha256` is over all of them."""

    hold_id: str
    actor: str
    case: str
    owner: str
    basis: str
    state: str | Absent
    approvals: int
    review_at: datetime | Absent
    items: tuple[str, ...]
    item_count: int | Absent
    items_sha256: str | Absent
    active_from: datetime | Absent | None
    reason: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class HoldRequested(HoldStep, kind="hold.requested"):
    """Somebody asks that recordings be kept for a case; until it is approved nothing is suspended."""


@dataclass(frozen=True, kw_only=True)
class HoldApproved(HoldStep, kind="hold.approved"):
    """Somebody else approves; the last approval that is needed suspends every destruction of its items."""


@dataclass(frozen=True, kw_only=True)
class HoldRejected(HoldStep, kind="hold.rejected"):
    """Somebody rejects it, with a reason."""


@dataclass(frozen=True, kw_only=True)
class HoldRenewed(HoldStep, kind="hold.renewed"):
    """The review was held: it goes on until the next one."""


@dataclass(frozen=True, kw_only=True)
class HoldReleased(HoldStep, kind="hold.released"):
    """It ends, with a reason: what is overdue is destroyed at the next run."""
