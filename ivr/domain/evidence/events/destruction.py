"""What is destroyed, why, and what forbids it. For the DPO, the authorities, and the person whose data it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.events.base import ABSENT, Absent, Event


@dataclass(frozen=True, kw_only=True)
class Discarding(Event, kind="recording.discarding"):
    """A destruction begins: written in the transaction that destroys the key. `rules` come by weight."""

    rule_id: str | Absent
    rules: tuple[str, ...] | Absent
    reason: str | Absent
    from_state: str | Absent
    sha256: str | Absent | None
    due_at: datetime | Absent | None


@dataclass(frozen=True, kw_only=True)
class Discarded(Event, kind="recording.discarded"):
    """A destruction is over: its certificate stands."""

    rule_id: str
    reason: str
    from_state: str
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DiscardRefused(Event, kind="recording.discard_refused"):
    """Somebody asked for a destruction that a legal hold forbids."""

    rules: tuple[str, ...]
    asked_rule_id: str
    reason: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Certificate(Event, kind="certificate.destruction"):
    """The certificate of a destruction, one per recording, signed by its node: what, when, why, and how far it went.

    `key_wiped`: the bytes of the key are gone from the database's files too.
    """

    rule_id: str
    rules: tuple[str, ...]
    reason: str
    from_state: str
    sha256: str | None
    due_at: datetime | None
    policy_id: str
    policy_version: str
    clocks: tuple[str, ...]
    destroyed_at: datetime
    key_destroyed: bool
    key_wiped: bool
    file_deleted: bool
    owner: str
    key_id: str | Absent = ABSENT
    signature: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class ReportsDestroyed(Event, kind="reports.destroyed"):
    """Reports of calls were destroyed at their time with their `legs`, in one transaction with this.

    They were of calls that began from `earliest` to `latest`; which, and whose, is not told.
    """

    count: int
    legs: int
    earliest: datetime
    latest: datetime
    rules: tuple[str, ...]
    owner: str
