"""A stored thing and what it serves: each purpose has a schedule of its own. Data only; decisions lie elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class EventKind(Enum):
    """What happens in the business and may move a deadline. The values are what a person types and config names."""

    OFFER = "offer"
    SIGNATURE = "signature"
    REFUSAL = "refusal"
    OBJECTION = "objection"
    RENUNCIATION = "renunciation"
    CONCLUSION = "conclusion"
    CONTRACT_ENDED = "contract-ended"
    DEATH = "death"
    LAST_CONTACT = "last-contact"
    COMPLAINT_OPENED = "complaint-opened"
    COMPLAINT_CLOSED = "complaint-closed"
    INCIDENT_CLOSED = "incident-closed"
    FRAUD_SUSPECTED = "fraud-suspected"
    FRAUD_PROVEN = "fraud-proven"
    DSAR_CLOSED = "dsar-closed"
    DSAR_DISPUTED = "dsar-disputed"


#: Events by which a person says no: nothing is offered or signed after them.
ENDING = frozenset({EventKind.REFUSAL, EventKind.OBJECTION})


@dataclass(frozen=True)
class BusinessEvent:
    """One thing that happened to an artefact, at the aware time `at`.

    `reference` is the house's own number for it (contract, offer, complaint); never words of the call. `noted_at` is
    when we learned of it (None: not stored yet); it makes no other event of it.
    """

    kind: EventKind
    at: datetime
    actor: str
    reference: str = ""
    noted_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class FixedDeadline:
    """A deadline as it was fixed when the artefact was sealed, or when an event last moved it.

    `event` is what the period began with ("recorded_at" or the value of an EventKind) and `event_at` when. A policy
    changed later may shorten it and never lengthens it (RET-001).
    """

    due_at: datetime
    event: str
    event_at: datetime


@dataclass(frozen=True)
class Purpose:
    """One reason why an artefact is kept. `tag` names a schedule of config/retention.toml.

    `ended_at` is written when the purpose has ended and never taken back: a clock set back cannot reopen it.
    """

    tag: str
    fixed: FixedDeadline | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Artefact:
    """What retention and access need to know of a stored thing: no content.

    `recorded_at` (aware) is when it began: the call, the collection, the request, the access, the destruction.
    `restricted` is GDP-004: its processing is, at the person's request. `destroyed_at` None: it exists.
    """

    id: str
    recorded_at: datetime
    purposes: tuple[Purpose, ...]
    restricted: bool = False
    destroyed_at: datetime | None = None
