"""Ports of evidence: reports of calls, the hash-chained log, and who is never to be called again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.consent.bar import KnownBy
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import Event

#: A person as the catalogue bears them: the id of a key, and the hash of a number under it.
PersonTag = tuple[str, bytes]


@dataclass(frozen=True)
class CallRow:
    """What is reported of a call (CDR). No words, no keys; `party` is the other side's address.

    `agent` is the label of the agent who was called, empty when none was. `queue_wait_ms` is how long the caller waited
    until agent and caller heard each other, or until that was given up; None: the call waited for nobody.
    """

    call_id: str
    program: str
    direction: str
    party: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    disposition: str
    sip_status: int
    hangup_cause: int
    ended_by: str
    recording_id: str | None
    recording_state: str
    consent: Mapping[str, object]
    node_id: str
    agent: str = ""
    queue_wait_ms: int | None = None


@dataclass(frozen=True)
class LegRow:
    """What is reported of a leg; docs/cdr.md says each field, its unit and where it comes from. No words, no number.

    `peer` is the label of an agent, of anybody else what `masked_party` leaves. `answered_at` None: it never was up.
    What RTP and RTCP tell is None when no audio flowed, and the far side's when it sent no report.
    """

    leg_id: str
    call_id: str
    role: str
    direction: str
    peer: str
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    ended_by: str
    sip_status: int
    hangup_cause: int
    codec: str = ""
    received: int | None = None
    lost: int | None = None
    discarded: int | None = None
    jitter_ms: float | None = None
    jitter_max_ms: float | None = None
    buffer_ms: float | None = None
    sent: int | None = None
    far_lost: int | None = None
    far_jitter_ms: float | None = None
    round_trip_ms: float | None = None
    mos: float | None = None
    far_mos: float | None = None


class CallLog(Protocol):
    def add(self, row: CallRow, *, members: Sequence[PersonTag] = (), legs: Sequence[LegRow] = ()) -> None:
        """Report a call with its legs, once, and let its recording be found by what is reported; `members` are those it
        was with."""

    def get(self, call_id: str) -> CallRow | None:
        """The report of this call; None: it was not reported."""
        ...

    def find(self, *, limit: int = 100) -> list[CallRow]: ...

    def of_person(self, uri: str, *, limit: int) -> list[CallRow]:
        """Calls whose other party is this person, under whatever spelling, newest first; none for nobody."""
        ...


@dataclass(frozen=True)
class Entry:
    """One event to append."""

    event: Event
    call_id: str = ""
    recording_id: str = ""


class AuditLog(Protocol):
    """Append-only, hash-chained evidence (promise 5)."""

    def append(self, event: Event, *, call_id: str = "", recording_id: str = "") -> AuditEvent: ...

    def append_all(self, entries: Sequence[Entry]) -> list[AuditEvent]:
        """Append in one transaction. A certificate that exists already comes back as it is, and is not repeated."""
        ...

    def first_of(self, recording_ids: Sequence[str], kind: str) -> Mapping[str, AuditEvent]:
        """The first event of this kind of each of these recordings that has one."""
        ...

    def events(self, *, call_id: str = "", recording_id: str = "", limit: int = 100_000) -> list[AuditEvent]:
        """Oldest first."""
        ...

    def recent(self, kind: str, *, last: int) -> list[AuditEvent]:
        """Events of this kind among the last so many of this node, oldest first."""
        ...

    def verify(self) -> list[str]:
        """Return one line per broken link, naming node, sequence number and what is wrong; empty when whole."""
        ...

    def must_be_whole(self) -> None:
        """Raise LostEvidenceError when this is not the database that holds this node's evidence; cheap, unlike verify.

        So does every `append`: what is written into another database would hide the loss.
        """


@dataclass(frozen=True)
class Bar:
    """One entry of the register. `call_id` and `program` are those of the last refusal; no report, no program."""

    entry: str
    scope: str
    rule_id: str
    call_id: str
    added_at: datetime
    refreshed_at: datetime
    known_by: KnownBy
    program: str = ""


class DoNotCallRegister(Protocol):
    """People never to be called again, as keyed hashes of their number or URI."""

    def add(self, uri: str, *, scope: str, rule_id: str, call_id: str, known_by: KnownBy = KnownBy.UNKNOWN) -> str:
        """Note the refusal and return the entry's id (a hash)."""
        ...

    def entry_of(self, uri: str, *, scope: str) -> str:
        """The id that this person's entry has or would have; asks no database. Raises ComplianceError for nobody."""
        ...

    def entries_of(self, uri: str, *, scope: str) -> Sequence[str]:
        """`entry_of`, then the ids under which older versions would have noted this person; asks no database."""
        ...

    def known(self, entries: Sequence[str]) -> list[str]:
        """Those of these ids that are there, in the order given."""
        ...

    def move(self, previous: str, entry: str) -> None:
        """The person noted as `previous` is noted as `entry` from now on; of two entries the second one stays."""

    def reported(self) -> Iterator[tuple[str, str, str]]:
        """Id, scope and party of every entry whose call was reported."""
        ...

    def put(
        self, entry_id: str, *, scope: str, rule_id: str, call_id: str, known_by: KnownBy = KnownBy.UNKNOWN
    ) -> None:
        """`add` for who knows the entry's id and no number any more; what was known better stays."""

    def remove(self, entry: str) -> None:
        """This person may be called again; absent is fine."""

    def listing(self) -> list[Bar]:
        """Last refusal first."""
        ...

    def find(self, short: str) -> Bar:
        """The one entry whose id begins so. Raises ArchiveError for none or several."""
        ...

    def refusals(self, entry: str) -> Sequence[str]:
        """The calls whose refusal this entry stands for, by the evidence."""
        ...

    def bars(self, uri: str, *, scope: str) -> str | None:
        """Return the entry's id when calls to this person are barred for this scope, under whatever spelling."""
        ...
