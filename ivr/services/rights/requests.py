"""Requests of persons at the DPO's desk: taken in, identified, extended, answered or refused; each step is evidence.

Who asks lies sealed in the case; the evidence and the list say what is asked for, and by when it is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from ivr.domain.access import AccessRequest
from ivr.domain.evidence.events import rights as events
from ivr.domain.evidence.events.base import ABSENT
from ivr.domain.profile import Profile
from ivr.domain.redaction.redactor import Redactor
from ivr.domain.retention.artefact import Artefact, BusinessEvent, EventKind, Purpose
from ivr.domain.retention.decision import decide_retention
from ivr.domain.retention.schedule import RetentionTable
from ivr.domain.rights import request as domain
from ivr.domain.rights.request import (
    Channel,
    Due,
    ExtensionReason,
    IdentityCheck,
    Outcome,
    RefusalGround,
    Right,
    RightsRequest,
    decide_due,
)
from ivr.domain.rights.requester import Requester, read_requester, with_note
from ivr.domain.rights.working_days import working_days
from ivr.errors import ConfigurationError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.cases import Case, CaseBook, Content
from ivr.services.ports.evidence import Entry
from ivr.services.ports.operation import Late
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain
from ivr.services.rights.case_shown import note_shown
from ivr.services.rights.request_file import acts_of, content_of, facts_of, request_of, requester_of, told_of

ROOM = "request"
#: The schedule of config/retention.toml by which a file is kept.
SCHEDULE = "dsar_file"
_LONGEST = 200
_LONGEST_TOLD = 10_000


@dataclass(frozen=True)
class Opened:
    """A request as the desk sees it."""

    request: RightsRequest
    requester: Requester
    due: Due
    keep_until: datetime | None
    #: What the letters say, by place: the desk's words.
    told: Mapping[str, str]
    #: What was done: act, recording, day of the call, how.
    acts: Sequence[Sequence[str]]


class Requests:
    def __init__(
        self,
        book: CaseBook,
        gate: Gate,
        chain: EvidenceChain,
        clock: Clock,
        *,
        profile: Profile,
        table: RetentionTable,
        redactor: Redactor,
        new_id: Callable[[], str],
    ) -> None:
        self._book = book
        self._gate = gate
        self._chain = chain
        self._clock = clock
        self._profile = profile
        self._table = table
        self._redactor = redactor
        self._new_id = new_id
        self._days = working_days(profile)

    @property
    def today(self) -> date:
        return self._profile.day_of(self._clock.now())

    def listing(self, asked: AccessRequest) -> list[tuple[RightsRequest, Due]]:
        """All requests, what is to be answered first on top. Every method raises ComplianceError after a denial."""
        self._gate.check(asked)
        found = [request_of(case) for case in self._book.all(ROOM)]
        note_shown(self._chain, asked, ROOM, count=len(found))
        rows = [(one, self._due(one)) for one in found]
        return sorted(rows, key=lambda row: (not row[0].is_open, row[1].on, row[0].reference))

    def late(self) -> Late:
        """How many open requests are past their last day, for whoever watches the clock; noted nowhere."""
        found = [self._due(one).on for one in map(request_of, self._book.all(ROOM)) if one.is_open]
        missed = [datetime.combine(on, time(), tzinfo=UTC) for on in found if on < self.today]
        return Late(len(missed), min(missed, default=None))

    def show(self, asked: AccessRequest, case_id: str, *, letter: str = "") -> Opened:
        """One request with who asks. Raises ArchiveError when there is none."""
        self._gate.check(asked)
        case, content = self._book.get(case_id, ROOM)
        note_shown(self._chain, asked, ROOM, count=1, case_id=case_id, letter=letter)
        return self._opened(case, content)

    def take_in(
        self, asked: AccessRequest, right: Right, channel: Channel, received_on: date, given: Mapping[str, str]
    ) -> RightsRequest:
        """Open the file of a request. Raises ConfigurationError for what is typed of the person and cannot be kept."""
        self._gate.check(asked)
        requester = read_requester(given, redactor=self._redactor)
        requester = with_note(requester, given.get("note", ""), by=asked.actor.id, redactor=self._redactor)
        made = self._new_id()
        request = domain.take_in(
            case_id=f"case-{made}",
            reference=f"D{received_on:%Y%m}-{made[-6:].upper()}",
            right=right,
            channel=channel,
            received_on=received_on,
            today=self.today,
        )
        case = self._case(request)
        if case.keep_until is not None and case.keep_until <= self._clock.now():
            raise ConfigurationError(
                "a file of that day would be destroyed at once", key="received_on", remedy="check the year"
            )
        self._book.add(case, content_of(requester), self._entry(events.RequestReceived, asked, request, channel.value))
        return request

    def ask_identity(self, asked: AccessRequest, case_id: str) -> Opened:
        return self._step(asked, case_id, domain.ask_identity, events.IdentityAsked)

    def identify(self, asked: AccessRequest, case_id: str, check: IdentityCheck, note: str = "") -> Opened:
        return self._step(
            asked, case_id, lambda it: domain.identify(it, check), events.RequesterIdentified, check.value, note
        )

    def extend(self, asked: AccessRequest, case_id: str, reason: ExtensionReason, why: str) -> Opened:
        """Three months in all. Raises ConfigurationError without the reasons, which the person is told."""
        if not why.strip():
            raise ConfigurationError(
                "an extension is reasoned", key="why", remedy="write what makes it complex, or how many requests came"
            )

        def move(request: RightsRequest) -> RightsRequest:
            return domain.extend(request, reason, profile=self._profile, days=self._days, today=self.today)

        return self._step(asked, case_id, move, events.RequestExtended, reason.value, told={"extension": why})

    def answer(self, asked: AccessRequest, case_id: str, outcome: Outcome, told: Mapping[str, str]) -> Opened:
        """Answered: `told` is what the letter says was found, and what is kept."""

        def move(request: RightsRequest) -> RightsRequest:
            return domain.answer(request, outcome, today=self.today)

        return self._step(asked, case_id, move, events.RequestAnswered, outcome.value, told=told)

    def refuse(self, asked: AccessRequest, case_id: str, ground: RefusalGround, why: str) -> Opened:
        """Refuse it. Raises ConfigurationError without the reasons that the person is told (article 12(4))."""
        if not why.strip():
            raise ConfigurationError("a refusal is reasoned", key="why", remedy="write why nothing is done")

        def move(request: RightsRequest) -> RightsRequest:
            return domain.refuse(request, ground, today=self.today)

        return self._step(asked, case_id, move, events.RequestRefused, ground.value, told={"refusal": why})

    def dispute(self, asked: AccessRequest, case_id: str, note: str = "") -> Opened:
        def move(request: RightsRequest) -> RightsRequest:
            return domain.dispute(request, today=self.today)

        return self._step(asked, case_id, move, events.RequestDisputed, note=note)

    def note(self, asked: AccessRequest, case_id: str, note: str) -> Opened:
        return self._step(asked, case_id, lambda request: request, events.RequestNoted, note=note)

    def _step(
        self,
        asked: AccessRequest,
        case_id: str,
        move: Callable[[RightsRequest], RightsRequest],
        kind: type[events.RequestStep],
        how: str = "",
        note: str = "",
        *,
        told: Mapping[str, str] | None = None,
    ) -> Opened:
        self._gate.check(asked)

        def change(case: Case, content: Content) -> tuple[Case, Content]:
            request = move(request_of(case))
            requester = with_note(requester_of(content), note, by=asked.actor.id, redactor=self._redactor)
            return self._case(request), {**content, **content_of(requester), **self._told(told or {})}

        return self._opened(
            *self._book.change(case_id, ROOM, change, lambda case: self._entry(kind, asked, request_of(case), how))
        )

    def _told(self, given: Mapping[str, str]) -> dict[str, str]:
        """What a letter says, as it is kept: a person's own telephone number may stand in it, no other number."""
        for key, value in given.items():
            if len(value) > _LONGEST_TOLD:
                raise ConfigurationError("the value is too long", key=key, remedy=f"at most {_LONGEST_TOLD} characters")
        return {key: self._redactor.text(value.strip(), keep_phones=True) for key, value in given.items()}

    def _opened(self, case: Case, content: Content) -> Opened:
        request = request_of(case)
        return Opened(
            request, requester_of(content), self._due(request), case.keep_until, told_of(content), acts_of(content)
        )

    def _due(self, request: RightsRequest) -> Due:
        return decide_due(request, profile=self._profile, days=self._days, today=self.today)

    def _case(self, request: RightsRequest) -> Case:
        opened_at = self._profile.start_of(request.received_on)
        artefact = Artefact(request.id, opened_at, (Purpose(SCHEDULE),))
        moved = {EventKind.DSAR_CLOSED: request.closed_on, EventKind.DSAR_DISPUTED: request.disputed_on}
        noted = [
            BusinessEvent(kind, self._profile.start_of(on), "desk") for kind, on in moved.items() if on is not None
        ]
        decided = decide_retention(artefact, noted, (), self._table, self._profile, self._clock.now())
        return Case(request.id, ROOM, request.state.value, opened_at, facts_of(request), decided.due_at)

    def _entry(self, kind: type[events.RequestStep], asked: AccessRequest, request: RightsRequest, how: str) -> Entry:
        event = kind(
            case_id=request.id,
            reference=request.reference,
            actor=asked.actor.id[:_LONGEST],
            role=asked.actor.role.value,
            right=request.right.value,
            status=request.state.value,
            due_on=self._due(request).on.isoformat(),
            how=how or ABSENT,
        )
        return Entry(event)
