"""What a party wants: objections, doubts and their end, and who may not be called again.

For the person who objected, the compliance officer, and the authorities.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.events.base import ABSENT, Absent, Event


@dataclass(frozen=True, kw_only=True)
class Objection(Event, kind="objection"):
    """A party objects: by voice, by DTMF, by the agent's button, or because a doubt was never dispelled.

    `discards` is false when the programme keeps what was captured before it; `acted_at` is told when the event was
    written later than the engine acted. Early versions told one `rule_id`. Since version 2 `evidence` says what
    bore out an objection by voice: `explicit`, `answer` or `contact_refused`.
    """

    version = 2

    party: str
    label: str
    basis: str
    offset_ms: int
    score: float
    band: str
    rules: tuple[str, ...]
    discards: bool | Absent
    acted_at: datetime | Absent = ABSENT
    rule_id: str | Absent = ABSENT
    evidence: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class Hesitation(Event, kind="doubt"):
    """The caller may have objected, and is asked. With nothing behind it, it counts as an objection."""

    party: str
    label: str
    basis: str
    score: float
    discards: bool | Absent


@dataclass(frozen=True)
class Dispelled(Event, kind="doubt.dispelled"):
    """The caller was asked, and does not object: `party` is whose word that is, the caller's or the agent's."""

    party: str


@dataclass(frozen=True)
class Agreed(Event, kind="recording.agreed"):
    """The caller, who had not been understood, was asked in French and in English, and agrees to be recorded."""

    party: str


@dataclass(frozen=True)
class AgentInDoubt(Event, kind="doubt.agent"):
    """The agent said something that might tell of an objection, too unclear to ask the caller about."""

    score: float


@dataclass(frozen=True, kw_only=True)
class Barred(Event, kind="do_not_call.added"):
    """A person is never to be called again: the keyed hash of their number, for which scope, by which rule."""

    entry: str
    rule: str
    scope: str | Absent
    known_by: str | Absent
    acted_at: datetime | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class BarMoved(Event, kind="do_not_call.moved"):
    """The bar of a person goes on under the hash of another spelling of their number."""

    entry: str
    previous: str
    scope: str


@dataclass(frozen=True, kw_only=True)
class BarLifted(Event, kind="do_not_call.lifted"):
    """A bar on a number that a caller merely named was lifted: by whom and why, and whose refusals it undoes."""

    entry: str
    scope: str
    known_by: str
    calls: tuple[str, ...]
    actor: str
    role: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class NobodyBarred(Event, kind="do_not_call.nobody"):
    """A caller who withholds every address refused further calls: there is nobody to bar, nor to call."""

    rule: str
    scope: str


@dataclass(frozen=True, kw_only=True)
class DialRefused(Event, kind="dial.refused"):
    """The engine was told to call somebody who may not be called, and did not."""

    entry: str
    rules: tuple[str, ...]
