"""The register of breaches (article 33(5)): each recorded, assessed, told to whom it must be, and closed.

What happened is told in the desk's words, sealed under the breach's own key; evidence and list say when, how grave, and
who was told. Nothing of it goes by itself: its schedule ends with a review.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivr.domain.access import AccessRequest
from ivr.domain.evidence.events import rights as events
from ivr.domain.evidence.events.base import ABSENT
from ivr.domain.profile import Profile
from ivr.domain.redaction.redactor import Redactor
from ivr.domain.rights import breach as domain
from ivr.domain.rights.breach import Breach, BreachState, Duties, Exemption, Loss, Owed, Risk, decide_duties
from ivr.errors import ConfigurationError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.cases import Case, CaseBook, Content
from ivr.services.ports.evidence import Entry
from ivr.services.ports.operation import Late
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain
from ivr.services.rights.case_shown import note_shown

ROOM = "breach"
SCHEDULE = "breach_register"
#: What article 33(3) asks to be told, in the desk's words.
TOLD = ("nature", "data", "consequences", "measures", "delay")
_LONGEST = 10_000


@dataclass(frozen=True)
class Breaches:
    book: CaseBook
    gate: Gate
    chain: EvidenceChain
    clock: Clock
    profile: Profile
    redactor: Redactor
    new_id: Callable[[], str]

    def listing(self, asked: AccessRequest) -> list[tuple[Breach, Duties]]:
        """All breaches, newest first. Every method raises ComplianceError after a denial was noted."""
        self.gate.check(asked)
        found = [breach_of(case) for case in self.book.all(ROOM)]
        note_shown(self.chain, asked, ROOM, count=len(found))
        return [(one, self._duties(one)) for one in found]

    def late(self) -> Late:
        """How many breaches the CNIL is told of too late, for whoever watches the clock; noted nowhere."""
        duties = [self._duties(breach_of(case)) for case in self.book.all(ROOM)]
        missed = [one.due_at for one in duties if one.authority.owed is Owed.LATE]
        return Late(len(missed), min(missed, default=None))

    def show(self, asked: AccessRequest, case_id: str, *, letter: str = "") -> tuple[Breach, Duties, Mapping[str, str]]:
        """One breach, what is owed, and what is told of it. Raises ArchiveError when there is none."""
        self.gate.check(asked)
        case, content = self.book.get(case_id, ROOM)
        note_shown(self.chain, asked, ROOM, count=1, case_id=case_id, letter=letter)
        breach = breach_of(case)
        return breach, self._duties(breach), {name: str(content.get(name, "")) for name in TOLD}

    def record(
        self, asked: AccessRequest, aware_at: datetime, losses: tuple[Loss, ...], persons: int, told: Mapping[str, str]
    ) -> Breach:
        """Open the file of a breach: from `aware_at` on the 72 hours run."""
        self.gate.check(asked)
        made = self.new_id()
        breach = domain.record(
            case_id=f"case-{made}",
            reference=f"V{aware_at:%Y%m}-{made[-6:].upper()}",
            aware_at=aware_at,
            losses=losses,
            persons=persons,
            now=self.clock.now(),
        )
        self.book.add(_case(breach), self._told(told), self._entry(events.BreachRecorded, asked, breach))
        return breach

    def assess(self, asked: AccessRequest, case_id: str, risk: Risk, exemption: Exemption | None) -> Breach:
        return self._step(asked, case_id, lambda it: domain.assess(it, risk, exemption), events.BreachAssessed)

    def describe(self, asked: AccessRequest, case_id: str, told: Mapping[str, str]) -> Breach:
        """Tell more of it, as it becomes known."""
        return self._step(asked, case_id, lambda it: it, events.BreachDescribed, told)

    def tell_authority(self, asked: AccessRequest, case_id: str, at: datetime) -> Breach:
        return self._step(
            asked, case_id, lambda it: domain.tell_authority(it, at=at, now=self.clock.now()), events.AuthorityTold
        )

    def tell_persons(self, asked: AccessRequest, case_id: str, at: datetime) -> Breach:
        return self._step(
            asked, case_id, lambda it: domain.tell_persons(it, at=at, now=self.clock.now()), events.PersonsTold
        )

    def close(self, asked: AccessRequest, case_id: str) -> Breach:
        """Close it. Raises ComplianceError while somebody is still to be told."""
        return self._step(
            asked, case_id, lambda it: domain.close(it, profile=self.profile, now=self.clock.now()), events.BreachClosed
        )

    def _step(
        self,
        asked: AccessRequest,
        case_id: str,
        move: Callable[[Breach], Breach],
        kind: type[events.BreachStep],
        told: Mapping[str, str] | None = None,
    ) -> Breach:
        self.gate.check(asked)

        def change(case: Case, content: Content) -> tuple[Case, Content]:
            return _case(move(breach_of(case))), {**content, **self._told(told or {})}

        case, _ = self.book.change(case_id, ROOM, change, lambda case: self._entry(kind, asked, breach_of(case)))
        return breach_of(case)

    def _told(self, given: Mapping[str, str]) -> dict[str, object]:
        """The desk's words as they are kept: numbers in them become their kind."""
        for key, value in given.items():
            if len(value) > _LONGEST:
                raise ConfigurationError("the value is too long", key=key, remedy=f"at most {_LONGEST} characters")
        return {key: self.redactor.text(value.strip()) for key, value in given.items() if key in TOLD}

    def _duties(self, breach: Breach) -> Duties:
        return decide_duties(breach, profile=self.profile, now=self.clock.now())

    def _entry(self, kind: type[events.BreachStep], asked: AccessRequest, breach: Breach) -> Entry:
        duties = self._duties(breach)
        event = kind(
            case_id=breach.id,
            reference=breach.reference,
            actor=asked.actor.id[:200],
            role=asked.actor.role.value,
            status=breach.state.value,
            losses=tuple(loss.value for loss in breach.losses),
            persons=breach.persons,
            aware_at=breach.aware_at,
            due_at=duties.due_at,
            risk=breach.risk.value if breach.risk else ABSENT,
            authority_told_at=breach.authority_told_at or ABSENT,
            persons_told_at=breach.persons_told_at or ABSENT,
        )
        return Entry(event)


_READ: Mapping[str, Callable[[str], Any]] = {
    "aware_at": datetime.fromisoformat,
    "persons": int,
    "state": BreachState,
    "risk": Risk,
    "exemption": Exemption,
    "authority_told_at": datetime.fromisoformat,
    "persons_told_at": datetime.fromisoformat,
    "closed_at": datetime.fromisoformat,
}


def _case(breach: Breach) -> Case:
    facts: dict[str, object] = {"reference": breach.reference, "losses": [loss.value for loss in breach.losses]}
    for name in _READ:
        value = getattr(breach, name)
        if value is not None:
            facts[name] = value.isoformat() if isinstance(value, datetime) else str(getattr(value, "value", value))
    return Case(breach.id, ROOM, breach.state.value, breach.aware_at, facts)


def breach_of(case: Case) -> Breach:
    """Read what a case says of its breach."""
    read = {name: kind(str(case.facts[name])) for name, kind in _READ.items() if name in case.facts}
    losses = case.facts["losses"]
    assert isinstance(losses, list)
    return Breach(case.id, str(case.facts["reference"]), losses=tuple(map(Loss, losses)), **read)
