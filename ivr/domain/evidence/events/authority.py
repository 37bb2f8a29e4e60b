"""What the desk does with requests of authorities, naming no official. For the compliance officer, DPO and auditor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.events.base import ABSENT, Absent, Event


@dataclass(frozen=True, kw_only=True)
class RequisitionStep(Event):
    """An authority's request as it is after a step: `asked_reference` is the authority's own, `count` how many items.

    `how` is the channel of the check, the ground of a refusal, the digest of the signed list that was handed out, the
    day of the receipt, the id of a hold.
    """

    case_id: str
    reference: str
    actor: str
    role: str
    authority: str
    asked_reference: str
    status: str
    count: int
    how: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class RequisitionReceived(RequisitionStep, kind="authority.received"):
    """A written request of an authority was taken in."""


@dataclass(frozen=True, kw_only=True)
class RequisitionAmended(RequisitionStep, kind="authority.amended"):
    """The list of what is to be handed out was corrected before it was checked."""


@dataclass(frozen=True, kw_only=True)
class RequisitionFrozen(RequisitionStep, kind="authority.frozen"):
    """A hold was asked for on what is listed; two others approve it."""


@dataclass(frozen=True, kw_only=True)
class RequisitionChecked(RequisitionStep, kind="authority.checked"):
    """Who asks and by which text was checked, through a channel that was known before, and the list with it."""


@dataclass(frozen=True, kw_only=True)
class RequisitionApproved(RequisitionStep, kind="authority.approved"):
    """Somebody else than who checked it agreed that the listed items are handed out."""


@dataclass(frozen=True, kw_only=True)
class RequisitionRefused(RequisitionStep, kind="authority.refused"):
    """Nothing is handed out, on this ground."""


@dataclass(frozen=True, kw_only=True)
class RequisitionHandedOut(RequisitionStep, kind="authority.handed_out"):
    """Every listed item was handed out, with its signed list; each copy stands in `recording.exported` too."""


@dataclass(frozen=True, kw_only=True)
class RequisitionReceipted(RequisitionStep, kind="authority.receipted"):
    """The authority signed for what it was handed."""


@dataclass(frozen=True, kw_only=True)
class RequisitionNoted(RequisitionStep, kind="authority.noted"):
    """The desk wrote a note into the file; the note is not told."""


@dataclass(frozen=True, kw_only=True)
class ViewerStep(Event):
    """An account through which an authority looks at the items of one request, until `until`; not who holds it."""

    case_id: str
    reference: str
    actor: str
    role: str
    login: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class ViewerAdmitted(ViewerStep, kind="authority.admitted"):
    """An account was opened for the authority."""


@dataclass(frozen=True, kw_only=True)
class ViewerDismissed(ViewerStep, kind="authority.dismissed"):
    """The authority's account was ended before its time, and its sessions with it."""
