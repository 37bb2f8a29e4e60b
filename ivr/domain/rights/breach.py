"""A breach of personal data: its clock of 72 hours, and what is owed to whom, as a decision over facts (GDP-007).

Pure. The hours run on Saturdays, Sundays and holidays too: regulation 1182/71, article 3(4), moves no end of a period
in hours. Whatever was not assessed counts as a risk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from ivr.domain.profile import Profile
from ivr.domain.state_machine import Machine
from ivr.domain.text.told import Told
from ivr.errors import ComplianceError

_RULE = "GDP-007"
#: From when on the regulation applies (article 99(2)).
APPLIES = datetime(2018, 5, 25, tzinfo=UTC)


class Loss(Enum):
    """What was lost of the data; loss of availability counts."""

    CONFIDENTIALITY = "confidentiality"
    INTEGRITY = "integrity"
    AVAILABILITY = "availability"


class Risk(Enum):
    """For the rights of the persons: unlikely, a risk, a high one (articles 33(1) and 34(1))."""

    NONE = "none"
    RISK = "risk"
    HIGH = "high"


class Exemption(Enum):
    """Why persons need not be told of a high risk, by the letters of article 34(3)."""

    UNREADABLE = "unreadable"
    REMOVED = "removed"
    PUBLIC = "public"


class BreachState(Enum):
    RECORDED = "RECORDED"
    ASSESSED = "ASSESSED"
    CLOSED = "CLOSED"


class BreachEvent(Enum):
    ASSESS = "assess"
    TELL_AUTHORITY = "tell_authority"
    TELL_PERSONS = "tell_persons"
    CLOSE = "close"


_S, _E = BreachState, BreachEvent

BREACH = Machine(
    name="breach",
    initial=frozenset({_S.RECORDED}),
    final=frozenset({_S.CLOSED}),
    table={
        (_S.RECORDED, _E.ASSESS): _S.ASSESSED,
        (_S.RECORDED, _E.TELL_AUTHORITY): _S.RECORDED,
        (_S.ASSESSED, _E.ASSESS): _S.ASSESSED,
        (_S.ASSESSED, _E.TELL_AUTHORITY): _S.ASSESSED,
        (_S.ASSESSED, _E.TELL_PERSONS): _S.ASSESSED,
        (_S.ASSESSED, _E.CLOSE): _S.CLOSED,
    },
)


@dataclass(frozen=True)
class Breach:
    """One breach, without a word about anybody. Times are aware; `persons` is how many, as far as known."""

    id: str
    reference: str
    aware_at: datetime
    losses: tuple[Loss, ...]
    persons: int
    state: BreachState = BreachState.RECORDED
    risk: Risk | None = None
    exemption: Exemption | None = None
    authority_told_at: datetime | None = None
    persons_told_at: datetime | None = None
    closed_at: datetime | None = None


class Owed(Enum):
    """OWED: to be done. LATE: to be done, and its time is over. DONE. NOT_OWED. UNDECIDED: assess the risk first."""

    OWED = "owed"
    LATE = "late"
    DONE = "done"
    NOT_OWED = "not_owed"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Duty:
    owed: Owed
    detail: Told
    reasons: tuple[str, ...] = (_RULE,)


@dataclass(frozen=True)
class Duties:
    """What is owed to the CNIL, by `due_at` (`hours_left` whole hours, negative: late), and to the persons."""

    due_at: datetime
    hours_left: int
    authority: Duty
    persons: Duty

    @property
    def open(self) -> bool:
        return any(duty.owed in (Owed.OWED, Owed.LATE, Owed.UNDECIDED) for duty in (self.authority, self.persons))


def decide_duties(breach: Breach, *, profile: Profile, now: datetime) -> Duties:
    """Return what must be told to whom at the aware time `now`, and why."""
    # In UTC: in a time zone, a day on which the clocks change would be taken for 24 hours.
    due_at = breach.aware_at.astimezone(UTC) + timedelta(hours=profile.number(_RULE, "authority_hours"))
    hours_left = int((due_at - now) // timedelta(hours=1))
    return Duties(due_at, hours_left, _authority(breach, due_at, now), _persons(breach))


def _authority(breach: Breach, due_at: datetime, now: datetime) -> Duty:
    if breach.authority_told_at is not None:
        if breach.authority_told_at > due_at:
            return Duty(Owed.DONE, Told("The CNIL was told after 72 hours: the reasons for the delay go with it."))
        return Duty(Owed.DONE, Told("The CNIL was told within 72 hours."))
    if breach.risk is Risk.NONE:
        return Duty(Owed.NOT_OWED, Told("No risk is likely: it stands in the register, and the CNIL is not told."))
    if now > due_at:
        return Duty(Owed.LATE, Told("The 72 hours are over: tell the CNIL now, with the reasons for the delay."))
    return Duty(Owed.OWED, Told("Tell the CNIL within 72 hours; what is not known yet follows in phases."))


def _persons(breach: Breach) -> Duty:
    if breach.persons_told_at is not None:
        return Duty(Owed.DONE, Told("The persons were told."))
    if breach.risk is None:
        return Duty(Owed.UNDECIDED, Told("Assess the risk: it decides whether the persons are told."))
    if breach.risk is not Risk.HIGH:
        return Duty(Owed.NOT_OWED, Told("The risk is not high: the persons need not be told."))
    if breach.exemption is Exemption.UNREADABLE:
        return Duty(Owed.NOT_OWED, Told("Nobody can read the data: the persons need not be told (article 34(3)(a))."))
    if breach.exemption is Exemption.REMOVED:
        return Duty(Owed.NOT_OWED, Told("The high risk was removed: the persons need not be told (article 34(3)(b))."))
    if breach.exemption is Exemption.PUBLIC:
        return Duty(Owed.OWED, Told("Tell the persons by a public notice, without delay (article 34(3)(c))."))
    return Duty(Owed.OWED, Told("Tell the persons without undue delay, in plain words."))


def record(
    *, case_id: str, reference: str, aware_at: datetime, losses: tuple[Loss, ...], persons: int, now: datetime
) -> Breach:
    """Return a breach RECORDED. Raises ComplianceError without a loss, or noticed in the future or before 2018."""
    where = f"breach {reference}"
    if not losses:
        raise _refused("nothing was lost: that is no breach", where, "say what was lost")
    if aware_at > now:
        raise _refused("it was noticed in the future", where, "give the moment at which it was noticed")
    if aware_at < APPLIES:
        raise _refused("it was noticed before the law applied", where, "give the moment at which it was noticed")
    if persons < 0:
        raise _refused("fewer than no persons are concerned", where, "write a number, 0 when it is not known")
    return Breach(case_id, reference, aware_at, losses, persons)


def assess(breach: Breach, risk: Risk, exemption: Exemption | None) -> Breach:
    """Return the breach with its risk. Raises ComplianceError for an exemption from what is not owed."""
    if exemption is not None and risk is not Risk.HIGH:
        raise _refused(
            "an exemption is from telling persons of a high risk", f"breach {breach.reference}", "leave it out"
        )
    return replace(breach, state=_after(breach, _E.ASSESS), risk=risk, exemption=exemption)


def tell_authority(breach: Breach, *, at: datetime, now: datetime) -> Breach:
    """Return the breach with the time at which the CNIL was told first; later phases change nothing."""
    state = _after(breach, _E.TELL_AUTHORITY)
    _check_told(breach, at, now)
    return replace(breach, state=state, authority_told_at=breach.authority_told_at or at)


def tell_persons(breach: Breach, *, at: datetime, now: datetime) -> Breach:
    state = _after(breach, _E.TELL_PERSONS)
    _check_told(breach, at, now)
    return replace(breach, state=state, persons_told_at=breach.persons_told_at or at)


def close(breach: Breach, *, profile: Profile, now: datetime) -> Breach:
    """Return the breach CLOSED. Raises ComplianceError while somebody is still to be told."""
    state = _after(breach, _E.CLOSE)
    if decide_duties(breach, profile=profile, now=now).open:
        raise _refused("somebody is still to be told", f"breach {breach.reference}", "do it, or assess the risk anew")
    return replace(breach, state=state, closed_at=now)


def _check_told(breach: Breach, at: datetime, now: datetime) -> None:
    if not breach.aware_at <= at <= now:
        raise _refused(
            "nobody was told before it was noticed, nor in the future",
            f"breach {breach.reference}",
            "give the moment at which they were told",
        )


def _after(breach: Breach, event: BreachEvent) -> BreachState:
    return BREACH.after(breach.state, event, where=f"breach {breach.reference}")


def _refused(what: str, where: str, remedy: str) -> ComplianceError:
    return ComplianceError(what, rules=(_RULE,), where=where, remedy=remedy)
