"""What people do with what is stored, and what they decide about keys, clock and evidence.

For the DPO, the security officer and the auditor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ivr.domain.evidence.events.base import ABSENT, SPELLED, Absent, Event


@dataclass(frozen=True, kw_only=True)
class Denied(Event, kind="access.denied"):
    """Somebody asked for what their role may not do, or to lift a bar that stands (`entry`)."""

    actor: str
    role: str
    action: str
    rules: tuple[str, ...]
    detail: str
    audience: str | Absent = ABSENT
    purpose: str | Absent = ABSENT
    entry: str | Absent = ABSENT
    known_by: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class Listed(Event, kind="recordings.listed"):
    """Somebody was shown a page of recordings, or was given the list as a file (`sha256`): for which purpose and why.

    `filters` are the names of what was asked, never a value.
    """

    actor: str
    role: str
    purpose: str
    reason: str
    filters: tuple[str, ...]
    count: int
    sha256: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class CallsListed(Event, kind="calls.listed"):
    """Somebody was shown details of calls and their legs, or was given them as a file (`sha256`): for which purpose,
    why, and how many calls. `filters` are the names of what was asked, never a value.
    """

    actor: str
    role: str
    purpose: str
    reason: str
    filters: tuple[str, ...]
    count: int
    sha256: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class StatisticsShown(Event, kind="statistics.shown"):
    """Somebody was shown counts over the months `first` to `last`: for which purpose and why."""

    actor: str
    role: str
    purpose: str
    reason: str
    first: str
    last: str


@dataclass(frozen=True, kw_only=True)
class OperationShown(Event, kind="operation.shown"):
    """Somebody was shown the state of the nodes (`overview`), or had one examined (`doctor`). Nothing of a call."""

    actor: str
    role: str
    what: str


@dataclass(frozen=True)
class AuditExported(Event, kind="audit.exported"):
    """The whole evidence was copied for an auditor; the export ends with this."""

    actor: str


@dataclass(frozen=True)
class WitnessedHead:
    """The last event that was known outside of the database."""

    seq: int
    digest: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class LossAccepted(Event, kind="audit.loss_accepted"):
    """Somebody decided to go on with a database that is behind its witness, or has none."""

    actor: str
    reason: str
    witnessed: WitnessedHead | None
    found_seq: int


@dataclass(frozen=True)
class WitnessBegun(Event, kind="audit.witness_begun"):
    """A chain that nobody outside of the database had witnessed is witnessed from here on."""

    found_seq: int


@dataclass(frozen=True, kw_only=True)
class ClockAccepted(Event, kind="clock.accepted"):
    """Somebody said that a clock against which the evidence speaks is right."""

    actor: str
    reason: str
    clock: datetime
    against: str


@dataclass(frozen=True)
class ClockChecked(Event, kind="clock.checked"):
    """The clock was found good. Written when nothing else was for a day, so that silence is no jump."""


@dataclass(frozen=True, kw_only=True)
class KekRotated(Event, kind="kek.rotated"):
    """A new key-encryption key wraps from now on."""

    from_kek: str
    to_kek: str


@dataclass(frozen=True, kw_only=True)
class KekRewrapped(Event, kind="kek.rewrapped"):
    """Data keys were wrapped anew: how many, and how many could not be."""

    kek_id: str
    count: int
    faults: int


@dataclass(frozen=True, kw_only=True)
class KekRemoved(Event, kind="kek.removed"):
    """A retired key-encryption key was destroyed, since nothing needs it any more."""

    kek_id: str
    retired_at: datetime = field(metadata={SPELLED: datetime.isoformat})


@dataclass(frozen=True, kw_only=True)
class MembersImported(Event, kind="members.imported"):
    """A list of members was imported: how many, under which key. No name, no number."""

    file: str
    count: int
    kek: str


@dataclass(frozen=True, kw_only=True)
class EmergencySwitched(Event, kind="menu.emergency"):
    """Somebody switched the emergency message of a menu on or off: which prompt its callers hear, who and why."""

    menu: str
    on: bool
    prompt_id: str
    prompt_version: str
    actor: str
    role: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MembersDeleted(Event, kind="members.deleted"):
    """The list of members was deleted, and the row with its key."""

    file: str
    count: int
