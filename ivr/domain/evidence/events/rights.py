"""What the DPO's desk does with requests of persons and with breaches, naming nobody. For the DPO and the CNIL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.events.base import ABSENT, Absent, Event


@dataclass(frozen=True, kw_only=True)
class RequestStep(Event):
    """A request as it is after a step: `right` is what is asked for, `due_on` the last day to answer.

    `how` is the identity check, the reason of an extension, the outcome or the ground of a refusal.
    """

    case_id: str
    reference: str
    actor: str
    role: str
    right: str
    status: str
    due_on: str
    how: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class RequestReceived(RequestStep, kind="rights.received"):
    """A request of a person was taken in, on whatever way it came (`how`): the month runs."""


@dataclass(frozen=True, kw_only=True)
class IdentityAsked(RequestStep, kind="rights.identity_asked"):
    """The person was asked to prove who they are; the month goes on."""


@dataclass(frozen=True, kw_only=True)
class RequesterIdentified(RequestStep, kind="rights.identified"):
    """It is known who asks. How it was made sure is told, no document and no number."""


@dataclass(frozen=True, kw_only=True)
class RequestExtended(RequestStep, kind="rights.extended"):
    """The person is told, within the first month, that it takes three."""


@dataclass(frozen=True, kw_only=True)
class RequestNoted(RequestStep, kind="rights.noted"):
    """The desk wrote a note into the file; the note is not told."""


@dataclass(frozen=True, kw_only=True)
class RequestAnswered(RequestStep, kind="rights.answered"):
    """The request was answered."""


@dataclass(frozen=True, kw_only=True)
class RequestRefused(RequestStep, kind="rights.refused"):
    """Nothing is done, on a ground that the law knows, and the person is told so."""


@dataclass(frozen=True, kw_only=True)
class RequestDisputed(RequestStep, kind="rights.disputed"):
    """The person complains to the authority or a court: the file is kept for as long as that may take."""


@dataclass(frozen=True, kw_only=True)
class CaseShown(Event, kind="case.shown"):
    """Somebody was shown the files of a room (`count`), or one of them, or a letter of one."""

    actor: str
    role: str
    room: str
    reason: str
    count: int
    case_id: str | Absent = ABSENT
    letter: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class CaseDestroyed(Event, kind="case.destroyed"):
    """A file of the desk was destroyed with its key, since its time was over; `rules` say how long it was kept."""

    case_id: str
    room: str
    status: str
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RequestSearched(Event, kind="rights.searched"):
    """It was looked for what concerns whoever asks, and shown: how much, never by which number."""

    case_id: str
    reference: str
    actor: str
    role: str
    recordings: int
    reports: int
    bars: int


@dataclass(frozen=True, kw_only=True)
class RequestActed(Event, kind="rights.acted"):
    """Something was done at the request of a person: copy, erase, restrict, unrestrict, bar, freeze.

    `how` is the place of a certificate in the evidence, what became of the other voice in a copy, the id of a hold. An
    erasure is told twice: as it begins (`how` is empty), and with its certificate, or `kept`.
    """

    case_id: str
    reference: str
    actor: str
    role: str
    act: str
    how: str


@dataclass(frozen=True, kw_only=True)
class BreachStep(Event):
    """A breach as it is after a step: what was lost, of how many persons, when it was noticed.

    `due_at` is when the 72 hours are over.
    """

    case_id: str
    reference: str
    actor: str
    role: str
    status: str
    losses: tuple[str, ...]
    persons: int
    aware_at: datetime
    due_at: datetime
    risk: str | Absent = ABSENT
    authority_told_at: datetime | Absent = ABSENT
    persons_told_at: datetime | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class BreachRecorded(BreachStep, kind="breach.recorded"):
    """A breach of personal data was recorded: the 72 hours run."""


@dataclass(frozen=True, kw_only=True)
class BreachDescribed(BreachStep, kind="breach.described"):
    """The desk wrote more of it into the file; what it wrote is not told."""


@dataclass(frozen=True, kw_only=True)
class BreachAssessed(BreachStep, kind="breach.assessed"):
    """The risk for the persons was assessed, or assessed anew."""


@dataclass(frozen=True, kw_only=True)
class AuthorityTold(BreachStep, kind="breach.authority_told"):
    """The CNIL was told."""


@dataclass(frozen=True, kw_only=True)
class PersonsTold(BreachStep, kind="breach.persons_told"):
    """The persons concerned were told."""


@dataclass(frozen=True, kw_only=True)
class BreachClosed(BreachStep, kind="breach.closed"):
    """Everybody was told who must be: the breach is closed."""
