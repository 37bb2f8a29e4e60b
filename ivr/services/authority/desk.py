"""Requests of authorities at the desk: taken in, checked, approved by another, receipted (RET-004).

Each step is evidence. Who the official is lies sealed in the case; the evidence says which authority asked, by which
reference, for how much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ivr.domain.access import AccessRequest, Action
from ivr.domain.authority import requisition as domain
from ivr.domain.authority.requisition import (
    CheckedBy,
    Due,
    RefusalGround,
    Requisition,
    decide_due,
    must_be_as_seen,
    read_items,
)
from ivr.domain.evidence.events import authority as events
from ivr.domain.evidence.events.base import ABSENT
from ivr.domain.profile import Profile
from ivr.domain.recording.state import KEPT
from ivr.domain.redaction.redactor import Redactor
from ivr.domain.retention.legal_hold import LegalHold, hold_rules
from ivr.domain.rights.desk_words import kept_line, noted
from ivr.errors import ConfigurationError
from ivr.services.authority.requisition_file import (
    OFFICIAL,
    ROOM,
    CaseFiles,
    holders_of,
    notes_of,
    official_of,
    requisition_of,
)
from ivr.services.export.access_gate import Gate
from ivr.services.ports.cases import Case, CaseBook, Content
from ivr.services.ports.evidence import Entry
from ivr.services.ports.retention import RetentionLedger
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain
from ivr.services.retention.legal_holds import Holds
from ivr.services.rights.case_shown import note_shown

_LONGEST = 200
_BASIS = "authority request"
_AUDIBLE = frozenset(state.value for state in KEPT)


@dataclass(frozen=True)
class Opened:
    """A requisition as the desk sees it: `holders` name who has each account, `found` the items that are there."""

    requisition: Requisition
    due: Due
    official: Mapping[str, str]
    notes: Sequence[str]
    holders: Mapping[str, str]
    keep_until: datetime | None
    found: frozenset[str]


class AuthorityDesk:
    """Every method raises ComplianceError after a denial was noted, ArchiveError for an unknown case."""

    def __init__(
        self,
        book: CaseBook,
        gate: Gate,
        chain: EvidenceChain,
        clock: Clock,
        ledger: RetentionLedger,
        holds: Holds,
        files: CaseFiles,
        *,
        profile: Profile,
        redactor: Redactor,
        new_id: Callable[[], str],
    ) -> None:
        self._book = book
        self._gate = gate
        self._chain = chain
        self._clock = clock
        self._ledger = ledger
        self._holds = holds
        self._files = files
        self._profile = profile
        self._redactor = redactor
        self._new_id = new_id

    def now(self) -> datetime:
        return self._clock.now()

    def listing(self, asked: AccessRequest) -> list[tuple[Requisition, Due]]:
        """All of them, what is to be answered first on top."""
        self._gate.check(asked)
        found = [requisition_of(case) for case in self._book.all(ROOM)]
        note_shown(self._chain, asked, ROOM, count=len(found))
        rows = [(one, self._due(one)) for one in found]
        return sorted(rows, key=lambda row: (not row[0].is_open, row[1].at, row[0].reference))

    def show(self, asked: AccessRequest, case_id: str, *, letter: str = "") -> Opened:
        """One of them, with the official who asks."""
        self._gate.check(asked)
        case, content = self._book.get(case_id, ROOM)
        note_shown(self._chain, asked, ROOM, count=1, case_id=case_id, letter=letter)
        return self._opened(case, content)

    def take_in(self, asked: AccessRequest, received_at: datetime, given: Mapping[str, str]) -> Requisition:
        """Open the file of a request. Raises ConfigurationError for what is typed and cannot be kept."""
        self._gate.check(asked)
        made, now = self._new_id(), self._clock.now()
        taken = domain.take_in(
            Requisition(
                f"case-{made}",
                f"A{received_at:%Y%m}-{made[-6:].upper()}",
                given.get("authority", ""),
                self._line("asked_reference", given),
                self._line("basis", given),
                received_at,
                read_items(given.get("items", "")),
                silent=given.get("silent") == "yes",
            ),
            profile=self._profile,
            now=now,
        )
        official = {name: self._line(name, given) for name in OFFICIAL}
        if not official["official"]:
            raise ConfigurationError("who asks must be said", key="official", remedy="write their name as they give it")
        content: dict[str, object] = {**official, "notes": self._noted([], asked, given.get("note", ""))}
        self._book.add(self._files.case_of(taken), content, self._entry(events.RequisitionReceived, asked, taken))
        return taken

    def amend(self, asked: AccessRequest, case_id: str, typed: str) -> Opened:
        items = read_items(typed)
        return self._step(asked, case_id, lambda it: domain.amend(it, items), events.RequisitionAmended)

    def check(self, asked: AccessRequest, case_id: str, how: CheckedBy, seen: str, note: str = "") -> Opened:
        """Note that it was checked; `seen` is the digest of the list that was looked at.

        Raises ConfigurationError for another list, and when something listed is not there to be handed out.
        """
        self._gate.check(asked)
        # Looked up before anybody is made to wait; what was put on the list meanwhile is not among it.
        found = self._found(requisition_of(self._book.get(case_id, ROOM)[0]))

        def move(requisition: Requisition) -> Requisition:
            must_be_as_seen(requisition.items_sha256 == seen)
            missing = sorted(set(requisition.items) - found)
            if missing:
                raise ConfigurationError(
                    "the list names what is not there, or is there no more",
                    key="items",
                    value=missing[0],
                    remedy="correct the list first",
                )
            return domain.check(requisition, asked.actor, how)

        return self._step(asked, case_id, move, events.RequisitionChecked, how.value, note)

    def approve(self, asked: AccessRequest, case_id: str, seen: str, note: str = "") -> Opened:
        """Approve it. Raises ComplianceError for whoever checked it, ConfigurationError when `seen` is another list."""
        self._gate.check(replace(asked, action=Action.AGREE))

        def move(requisition: Requisition) -> Requisition:
            must_be_as_seen(requisition.items_sha256 == seen)
            return domain.approve(requisition, asked.actor)

        return self._step(asked, case_id, move, events.RequisitionApproved, "", note)

    def refuse(self, asked: AccessRequest, case_id: str, ground: RefusalGround, note: str) -> Opened:
        """Refuse it. Raises ConfigurationError without the reasons, which stay in the file."""
        if not note.strip():
            raise ConfigurationError("a refusal is reasoned", key="note", remedy="write why nothing is handed out")
        return self._step(
            asked, case_id, lambda it: domain.refuse(it, ground), events.RequisitionRefused, ground.value, note
        )

    def receipt(self, asked: AccessRequest, case_id: str, on: date, note: str = "") -> Opened:
        """Note that the authority signed for what it was handed."""
        today = self._profile.day_of(self._clock.now())

        def move(requisition: Requisition) -> Requisition:
            return domain.receipt(requisition, on, profile=self._profile, today=today)

        return self._step(asked, case_id, move, events.RequisitionReceipted, on.isoformat(), note)

    def note(self, asked: AccessRequest, case_id: str, note: str) -> Opened:
        if not note.strip():
            raise ConfigurationError("the note is empty", key="note", remedy="write what is to be known")
        return self._step(asked, case_id, lambda it: it, events.RequisitionNoted, "", note)

    def freeze(self, asked: AccessRequest, case_id: str) -> LegalHold:
        """Ask for a hold on what is listed, so that nothing of it goes before the answer; two others approve it.

        Raises ConfigurationError once nothing is owed.
        """
        self._gate.check(asked)
        requisition = requisition_of(self._book.get(case_id, ROOM)[0])
        self._gate.check(replace(asked, action=Action.HOLD, reason=requisition.reference))
        if not requisition.is_open:
            raise ConfigurationError(
                "nothing is owed on this request any more", key="act", remedy="ask for a hold on the page of holds"
            )
        hold = self._holds.request(
            case=requisition.reference,
            owner=asked.actor.id,
            basis=_BASIS,
            items=sorted(self._found(requisition)),
            by=asked.actor.id,
            review_at=self._clock.now() + timedelta(days=hold_rules(self._profile).review_days),
        )
        self._step(asked, case_id, lambda it: it, events.RequisitionFrozen, hold.id)
        return hold

    def handed_out(self, asked: AccessRequest, allowed: Requisition, index_sha256: str) -> Requisition:
        """Note that everything listed in `allowed` is handed out, with the digest of the signed list.

        Raises ConfigurationError when another list was approved in the meantime.
        """

        def move(requisition: Requisition) -> Requisition:
            must_be_as_seen(requisition.granted == allowed.granted)
            return domain.hand_out(requisition, asked.actor, index_sha256=index_sha256, at=self._clock.now())

        return self._step(asked, allowed.id, move, events.RequisitionHandedOut, index_sha256).requisition

    def _step(
        self,
        asked: AccessRequest,
        case_id: str,
        move: Callable[[Requisition], Requisition],
        kind: type[events.RequisitionStep],
        how: str = "",
        note: str = "",
    ) -> Opened:
        self._gate.check(asked)

        def change(case: Case, content: Content) -> tuple[Case, Content]:
            return self._files.case_of(move(requisition_of(case))), {
                **content,
                "notes": self._noted(notes_of(content), asked, note),
            }

        return self._opened(
            *self._book.change(case_id, ROOM, change, lambda case: self._entry(kind, asked, requisition_of(case), how))
        )

    def _opened(self, case: Case, content: Content) -> Opened:
        requisition = requisition_of(case)
        return Opened(
            requisition,
            self._due(requisition),
            official_of(content),
            notes_of(content),
            holders_of(content),
            case.keep_until,
            self._found(requisition),
        )

    def _found(self, requisition: Requisition) -> frozenset[str]:
        """Which of the items hold audio now."""
        return frozenset(one.recording_id for one in self._ledger.stored(requisition.items) if one.state in _AUDIBLE)

    def _due(self, requisition: Requisition) -> Due:
        return decide_due(requisition, profile=self._profile, now=self._clock.now())

    def _line(self, key: str, given: Mapping[str, str]) -> str:
        return kept_line(key, given.get(key, ""), redactor=self._redactor, keep_phones=key == "contact")

    def _noted(self, notes: Sequence[str], asked: AccessRequest, note: str) -> list[str]:
        return list(noted(notes, note, by=asked.actor.id, redactor=self._redactor))

    def _entry(self, kind: type[events.RequisitionStep], asked: AccessRequest, it: Requisition, how: str = "") -> Entry:
        event = kind(
            case_id=it.id,
            reference=it.reference,
            actor=asked.actor.id[:_LONGEST],
            role=asked.actor.role.value,
            authority=it.authority,
            asked_reference=it.asked_reference,
            status=it.state.value,
            count=len(it.items),
            how=how or ABSENT,
        )
        return Entry(event)
