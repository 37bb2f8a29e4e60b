"""What happens to the audio of a call. For the quality team, the DPO, and whoever asks what was kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ivr.domain.evidence.events.base import ABSENT, SPELLED, Absent, Event


@dataclass(frozen=True, kw_only=True)
class Started(Event, kind="recording.started"):
    """A recording was opened: its program's activities (`purposes`), policy, retention schedule, and the key's name."""

    program: str | Absent
    purposes: tuple[str, ...] | Absent
    policy_id: str | Absent
    policy_version: str | Absent
    rule_ids: tuple[str, ...] | Absent
    retention: str | Absent
    codec: str
    kek_id: str


@dataclass(frozen=True)
class Paused(Event, kind="recording.held"):
    """Capture pauses: nothing is stored until it is resumed."""

    reason: str


@dataclass(frozen=True)
class Resumed(Event, kind="recording.resumed"):
    """Capture goes on after a pause."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Sealed(Event, kind="recording.sealed"):
    """The recording is whole: digest and size of its file, how many gaps and masks it has, until when it is kept."""

    sha256: str | Absent
    size_bytes: int
    duration_ms: int
    gaps: int
    masks: int | Absent
    reason: str
    deadline: datetime | Absent | None = field(metadata={SPELLED: datetime.isoformat})


@dataclass(frozen=True, kw_only=True)
class Damaged(Event, kind="recording.damaged"):
    """The store failed: the verified part was kept, or is left for the next recovery (`kept_for_recovery`)."""

    reason: str | Absent = ABSENT
    kept_for_recovery: bool | Absent = ABSENT
    error: str | Absent = ABSENT
    from_state: str | Absent = ABSENT
    state: str | Absent = ABSENT
    how: str | Absent = ABSENT
    sha256: str | Absent = ABSENT
    duration_ms: int | Absent = ABSENT
    cause: str | Absent = ABSENT
    deadline: datetime | Absent | None = ABSENT


@dataclass(frozen=True, kw_only=True)
class Recovered(Event, kind="recording.recovered"):
    """What a crash left behind was settled: sealed, kept as far as it can be proven, or destroyed."""

    from_state: str
    state: str
    how: str
    sha256: str | Absent = ABSENT
    duration_ms: int | Absent = ABSENT
    cause: str | Absent = ABSENT
    deadline: datetime | Absent | None = ABSENT


@dataclass(frozen=True, kw_only=True)
class Uploaded(Event, kind="recording.uploaded"):
    """The file was moved to the far store and read back there."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Exported(Event, kind="recording.exported"):
    """A copy was made: for whom, why, in which form; written before the copy is handed over."""

    actor: str
    reason: str
    form: str
    copy_sha256: str
    original_sha256: str | None
    role: str | Absent = ABSENT
    audience: str | Absent = ABSENT
    format: str | Absent = ABSENT
    reference: str | Absent = ABSENT
    authority: str | Absent = ABSENT
    verified_by: str | Absent = ABSENT
    approved_by: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class ListeningBegun(Event, kind="recording.listening"):
    """Somebody begins to listen: who, for which purpose, why; written before the first sound is handed over."""

    actor: str
    role: str
    purpose: str
    reason: str
    listening_id: str


@dataclass(frozen=True, kw_only=True)
class Listened(Event, kind="recording.listened"):
    """Somebody has listened: how much of it was played to them, how much was handed over, and how it ended.

    Each passage counts once. `heard_ms` is what their player told, within what it was given (`given_ms`), and all of
    that where it told nothing. `ended`: `closed`, `idle` (nobody came back), `denied` (a rule no longer allows it) or
    `gone` (destroyed, or not to be read).
    """

    actor: str
    role: str
    purpose: str
    reason: str
    listening_id: str
    heard_ms: int
    given_ms: int
    duration_ms: int
    ended: str


@dataclass(frozen=True, kw_only=True)
class Rescheduled(Event, kind="retention.rescheduled"):
    """A changed policy, or a look at what is due, fixed the deadlines anew."""

    deadline: datetime | Absent = ABSENT
    clocks: Mapping[str, datetime] | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class BusinessNoted(Event, kind="business.event"):
    """Something happened in the business (a contract, a complaint) that moves the deadlines of a recording."""

    event: str
    event_at: datetime
    actor: str
    reference: str
    deadline: datetime | Absent = ABSENT
    clocks: Mapping[str, datetime] | Absent = ABSENT
