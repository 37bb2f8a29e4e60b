"""A request of a person about their data: its life as a table, what each step needs, by when it is answered (GDP-003).

Pure, and without a word of the person: who asks and what they wrote lies sealed beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from ivr.domain.profile import Profile
from ivr.domain.rights.working_days import WorkingDays
from ivr.domain.state_machine import Machine
from ivr.domain.text.told import Told
from ivr.errors import ComplianceError

_RULE = "GDP-003"
#: "one calendar month", GDPR article 12(3); the extension is a figure of the rule.
_MONTHS = 1
#: From when on the regulation applies (article 99(2)).
APPLIES = date(2018, 5, 25)


class Right(Enum):
    """What is asked for. An objection is also a consent withdrawn; after death: loi 78-17, articles 84 to 86."""

    ACCESS = "access"
    COPY = "copy"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    PORTABILITY = "portability"
    AFTER_DEATH = "after_death"


class Channel(Enum):
    """How it came. By any of them the clock runs, also when it was said on a call."""

    LETTER = "letter"
    MAIL = "mail"
    CALL = "call"
    ONLINE = "online"
    IN_PERSON = "in_person"


class IdentityCheck(Enum):
    """How it was made sure who asks. None of them is a NIR or bank data, and no document is kept (article 12(6))."""

    NO_DOUBT = "no_doubt"
    MEMBER_SPACE = "member_space"
    CALLED_BACK = "called_back"
    LETTER_ANSWERED = "letter_answered"
    DOCUMENT_SEEN = "document_seen"
    MANDATE_SEEN = "mandate_seen"
    HEIR_PROVEN = "heir_proven"


class ExtensionReason(Enum):
    """The two that article 12(3) knows."""

    COMPLEX = "complex"
    MANY = "many"


class Outcome(Enum):
    """How it was answered."""

    GRANTED = "granted"
    PARTLY = "partly"
    NOTHING_FOUND = "nothing_found"


class RefusalGround(Enum):
    """Why nothing is done, by the article that allows it."""

    NOT_IDENTIFIED = "not_identified"
    UNFOUNDED = "unfounded"
    EXCESSIVE = "excessive"
    OTHERS_RIGHTS = "others_rights"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGAL_CLAIMS = "legal_claims"
    OTHER_BASIS = "other_basis"


#: The article behind each ground, for the letter.
ARTICLES = {
    RefusalGround.NOT_IDENTIFIED: "12(2)",
    RefusalGround.UNFOUNDED: "12(5)",
    RefusalGround.EXCESSIVE: "12(5)",
    RefusalGround.OTHERS_RIGHTS: "15(4)",
    RefusalGround.LEGAL_OBLIGATION: "17(3)(b)",
    RefusalGround.LEGAL_CLAIMS: "17(3)(e)",
    RefusalGround.OTHER_BASIS: "21(1)",
}


class RequestState(Enum):
    RECEIVED = "RECEIVED"
    IDENTITY_ASKED = "IDENTITY_ASKED"
    IDENTIFIED = "IDENTIFIED"
    ANSWERED = "ANSWERED"
    REFUSED = "REFUSED"
    DISPUTED = "DISPUTED"


class RequestEvent(Enum):
    ASK_IDENTITY = "ask_identity"
    IDENTIFY = "identify"
    EXTEND = "extend"
    ANSWER = "answer"
    REFUSE = "refuse"
    DISPUTE = "dispute"


_S, _E = RequestState, RequestEvent

RIGHTS_REQUEST = Machine(
    name="rights_request",
    initial=frozenset({_S.RECEIVED}),
    final=frozenset({_S.DISPUTED}),
    table={
        (_S.RECEIVED, _E.ASK_IDENTITY): _S.IDENTITY_ASKED,
        (_S.RECEIVED, _E.IDENTIFY): _S.IDENTIFIED,
        (_S.RECEIVED, _E.EXTEND): _S.RECEIVED,
        (_S.RECEIVED, _E.REFUSE): _S.REFUSED,
        (_S.IDENTITY_ASKED, _E.IDENTIFY): _S.IDENTIFIED,
        (_S.IDENTITY_ASKED, _E.EXTEND): _S.IDENTITY_ASKED,
        (_S.IDENTITY_ASKED, _E.REFUSE): _S.REFUSED,
        (_S.IDENTIFIED, _E.EXTEND): _S.IDENTIFIED,
        (_S.IDENTIFIED, _E.ANSWER): _S.ANSWERED,
        (_S.IDENTIFIED, _E.REFUSE): _S.REFUSED,
        (_S.ANSWERED, _E.DISPUTE): _S.DISPUTED,
        (_S.REFUSED, _E.DISPUTE): _S.DISPUTED,
    },
)
#: Nothing is owed to the person any more.
CLOSED = frozenset({_S.ANSWERED, _S.REFUSED, _S.DISPUTED})


@dataclass(frozen=True)
class RightsRequest:
    """One request. Days are those of the controller's calendar; `reference` is what the letters bear."""

    id: str
    reference: str
    right: Right
    channel: Channel
    received_on: date
    state: RequestState = RequestState.RECEIVED
    identity: IdentityCheck | None = None
    extended_on: date | None = None
    extension: ExtensionReason | None = None
    closed_on: date | None = None
    outcome: Outcome | None = None
    ground: RefusalGround | None = None
    disputed_on: date | None = None

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED


@dataclass(frozen=True)
class Due:
    """By when it is answered: `on` is the last day, `days_left` from today (negative: late).

    `extend_by` is the last day on which the person may be told that it takes until `longest`.
    """

    on: date
    days_left: int
    extend_by: date
    longest: date
    may_extend: bool
    reasons: tuple[str, ...]
    detail: Told


def decide_due(request: RightsRequest, *, profile: Profile, days: WorkingDays, today: date) -> Due:
    """Return by when the request is answered, and why then.

    The month runs from the day of receipt, whatever is asked of the person meanwhile: the strict reading. The
    extension is counted from receipt too.
    """
    first = days.months_after(request.received_on, _MONTHS)
    longest = days.months_after(request.received_on, _MONTHS + int(profile.number(_RULE, "extension_months")))
    due = longest if request.extended_on else first
    if request.extended_on:
        detail = Told("Three months from receipt: the person was told so within the first one.")
    else:
        detail = Told("One calendar month from receipt; an end on a day that is not worked moves to the next that is.")
    may_extend = request.is_open and request.extended_on is None and today <= first
    return Due(due, (due - today).days, first, longest, may_extend, (_RULE,), detail)


def take_in(
    *, case_id: str, reference: str, right: Right, channel: Channel, received_on: date, today: date
) -> RightsRequest:
    """Return a request in state RECEIVED. Raises ComplianceError when it was received in the future or before 2018."""
    where = f"request {reference}"
    if received_on > today:
        raise _refused("it was received in the future", where, "give the day on which it came")
    if received_on < APPLIES:
        raise _refused("it was received before the law applied", where, "give the day on which it came")
    return RightsRequest(case_id, reference, right, channel, received_on)


def ask_identity(request: RightsRequest) -> RightsRequest:
    """Return the request with the question put to the person; the clock goes on."""
    return replace(request, state=_after(request, _E.ASK_IDENTITY))


def identify(request: RightsRequest, check: IdentityCheck) -> RightsRequest:
    return replace(request, state=_after(request, _E.IDENTIFY), identity=check)


def extend(
    request: RightsRequest, reason: ExtensionReason, *, profile: Profile, days: WorkingDays, today: date
) -> RightsRequest:
    """Return the request with three months in all.

    Raises ComplianceError when it was extended before, or when the first month is over: then it is too late to tell.
    """
    state = _after(request, _E.EXTEND)
    where = f"request {request.reference}"
    if request.extended_on is not None:
        raise _refused("it was extended already", where, "answer it by its last day")
    if not decide_due(request, profile=profile, days=days, today=today).may_extend:
        raise _refused("the first month is over: it cannot be extended any more", where, "answer it now")
    return replace(request, state=state, extended_on=today, extension=reason)


def answer(request: RightsRequest, outcome: Outcome, *, today: date) -> RightsRequest:
    """Return the request ANSWERED; raises TransitionError before it is known who asks."""
    return replace(request, state=_after(request, _E.ANSWER), outcome=outcome, closed_on=today)


def refuse(request: RightsRequest, ground: RefusalGround, *, today: date) -> RightsRequest:
    return replace(request, state=_after(request, _E.REFUSE), ground=ground, closed_on=today)


def dispute(request: RightsRequest, *, today: date) -> RightsRequest:
    """Return the request DISPUTED (a complaint to the CNIL, a court): its file is kept for as long as that may take."""
    return replace(request, state=_after(request, _E.DISPUTE), disputed_on=today)


def _after(request: RightsRequest, event: RequestEvent) -> RequestState:
    return RIGHTS_REQUEST.after(request.state, event, where=f"request {request.reference}")


def _refused(what: str, where: str, remedy: str) -> ComplianceError:
    return ComplianceError(what, rules=(_RULE,), where=where, remedy=remedy)
