"""A requisition: an authority's written request for recordings, its life as a table, what each step needs (RET-004).

Pure, and without a word of the official who asks: who that is lies sealed beside it. Whoever checked a requisition
does not approve it. Once it is checked its list of items stands: what is approved is what is handed out. A list that is
changed after the approval is checked and approved anew.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum

from ivr.domain.access import Actor, AuthorityRequest, Role
from ivr.domain.profile import Profile
from ivr.domain.state_machine import Machine
from ivr.errors import ComplianceError, ConfigurationError

_RULE = "RET-004"
#: Of one requisition: more are asked for in another, so that one answer stays one that somebody looks through.
MOST_ITEMS = 200
_OLDEST = timedelta(days=366)
_ITEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class CheckedBy(Enum):
    """Through which channel it was made sure who asks: one that the house knew before, never the call itself."""

    CALLED_BACK = "called_back"
    OFFICIAL_MAIL = "official_mail"
    LETTER_ANSWERED = "letter_answered"
    ON_SITE = "on_site"


class RefusalGround(Enum):
    """Why nothing is handed out."""

    NOT_VERIFIED = "not_verified"
    NO_BASIS = "no_basis"
    TOO_WIDE = "too_wide"
    NOTHING_KEPT = "nothing_kept"


class RequisitionState(Enum):
    RECEIVED = "RECEIVED"
    CHECKED = "CHECKED"
    APPROVED = "APPROVED"
    HANDED_OUT = "HANDED_OUT"
    RECEIPTED = "RECEIPTED"
    REFUSED = "REFUSED"


class RequisitionEvent(Enum):
    AMEND = "amend"
    CHECK = "check"
    APPROVE = "approve"
    REFUSE = "refuse"
    HAND_OUT = "hand_out"
    RECEIPT = "receipt"


_S, _E = RequisitionState, RequisitionEvent

REQUISITION = Machine(
    name="requisition",
    initial=frozenset({_S.RECEIVED}),
    final=frozenset({_S.RECEIPTED, _S.REFUSED}),
    table={
        (_S.RECEIVED, _E.AMEND): _S.RECEIVED,
        (_S.RECEIVED, _E.CHECK): _S.CHECKED,
        (_S.RECEIVED, _E.REFUSE): _S.REFUSED,
        (_S.CHECKED, _E.APPROVE): _S.APPROVED,
        (_S.CHECKED, _E.REFUSE): _S.REFUSED,
        (_S.APPROVED, _E.HAND_OUT): _S.HANDED_OUT,
        # Something listed went before it could be handed out: the rest is checked and approved anew, or none is given.
        (_S.APPROVED, _E.AMEND): _S.RECEIVED,
        (_S.APPROVED, _E.REFUSE): _S.REFUSED,
        # A download that broke off, or a disk that was lost on the way: each time is told.
        (_S.HANDED_OUT, _E.HAND_OUT): _S.HANDED_OUT,
        (_S.HANDED_OUT, _E.RECEIPT): _S.RECEIPTED,
    },
)
#: While its items may be handed out, or looked at by the authority.
OPEN = frozenset({_S.APPROVED, _S.HANDED_OUT, _S.RECEIPTED})
#: Nothing is owed to the authority any more.
CLOSED = frozenset({_S.RECEIPTED, _S.REFUSED})


@dataclass(frozen=True)
class Viewer:
    """An account through which the authority looks at the items until `until`; who holds it lies sealed in the file."""

    login: str
    until: datetime


@dataclass(frozen=True)
class Requisition:
    """One requisition. `reference` is ours, `asked_reference` the authority's, `basis` the text of law that it cites.

    `silent`: the law forbids to tell the person. `index_sha256` is of the last export's signed list, as on the receipt.
    """

    id: str
    reference: str
    authority: str
    asked_reference: str
    basis: str
    received_at: datetime
    items: tuple[str, ...]
    silent: bool = False
    state: RequisitionState = RequisitionState.RECEIVED
    checked_by: str = ""
    checked_how: CheckedBy | None = None
    approved_by: str = ""
    approver_role: Role | None = None
    ground: RefusalGround | None = None
    handed_out_at: datetime | None = None
    handed_out_by: str = ""
    index_sha256: str = ""
    receipted_on: date | None = None
    viewers: tuple[Viewer, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether something is still owed to the authority."""
        return self.state not in CLOSED

    @property
    def items_sha256(self) -> str:
        """The digest of the list (hex): what a form bears, so that it answers the list that its page showed."""
        return hashlib.sha256("\n".join(self.items).encode()).hexdigest()

    @property
    def granted(self) -> AuthorityRequest:
        """What the gate is asked with: whatever a step has not said yet is missing there, and the gate denies."""
        return AuthorityRequest(
            self.authority,
            self.asked_reference,
            verified_by=self.checked_by,
            approved_by=self.approved_by,
            approver_role=self.approver_role,
            items=frozenset(self.items),
        )


@dataclass(frozen=True)
class Due:
    """By when it is answered: the law says without delay, the rule's figure is the house's. Hours left, whole ones."""

    at: datetime
    hours_left: int
    reasons: tuple[str, ...] = (_RULE,)


def decide_due(requisition: Requisition, *, profile: Profile, now: datetime) -> Due:
    at = requisition.received_at + timedelta(hours=profile.number(_RULE, "target_hours"))
    return Due(at, int((at - now) / timedelta(hours=1)))


def authorities_of(profile: Profile) -> Mapping[str, str]:
    """Return the authorities that may ask, each with the texts that it usually cites."""
    known = profile.rule(_RULE).params.get("authorities")
    return {str(name): str(text) for name, text in known.items()} if isinstance(known, Mapping) else {}


def read_items(typed: str) -> tuple[str, ...]:
    """Return the recordings that are listed, each once, in their order.

    Raises ConfigurationError when there is none, when there are too many, and for what is no id of a recording.
    """
    items = tuple(dict.fromkeys(typed.replace(",", " ").replace(";", " ").split()))
    if not items or len(items) > MOST_ITEMS:
        raise ConfigurationError(
            f"the list has no recording, or more than {MOST_ITEMS}", key="items", remedy="list them one a line"
        )
    if not all(_ITEM.fullmatch(item) for item in items):
        raise ConfigurationError("that is no recording's id", key="items", remedy="copy the ids from the list")
    return items


def take_in(requisition: Requisition, *, profile: Profile, now: datetime) -> Requisition:
    """Return it as it is taken in.

    Raises ConfigurationError for an authority that the rule does not know, a missing reference or basis, and a time
    that is still to come.
    """
    if requisition.authority not in authorities_of(profile):
        raise ConfigurationError("nothing of the list was chosen", key="authority", remedy="choose one")
    for key, text in (("asked_reference", requisition.asked_reference), ("basis", requisition.basis)):
        if not text.strip():
            raise ConfigurationError(
                "a written request has a reference and a legal basis", key=key, remedy="copy it from the request"
            )
    if not now - _OLDEST <= requisition.received_at <= now:
        raise ConfigurationError(
            "it was received in the future, or more than a year ago",
            key="received_at",
            remedy="give the day on which it came",
        )
    return replace(requisition, state=_S.RECEIVED)


def amend(requisition: Requisition, items: Iterable[str]) -> Requisition:
    """Return it with another list, to be checked and approved (again).

    Raises TransitionError while it is checked but not approved, and once something was handed out.
    """
    return replace(
        requisition,
        state=_after(requisition, _E.AMEND),
        items=tuple(items),
        checked_by="",
        checked_how=None,
        approved_by="",
        approver_role=None,
    )


def check(requisition: Requisition, by: Actor, how: CheckedBy) -> Requisition:
    """Return it CHECKED: who asks, by which text, and that the list is what is asked for and no more."""
    return replace(requisition, state=_after(requisition, _E.CHECK), checked_by=by.id, checked_how=how)


def approve(requisition: Requisition, by: Actor) -> Requisition:
    """Return it APPROVED. Raises ComplianceError when whoever checked it approves it too."""
    state = _after(requisition, _E.APPROVE)
    if _same(by.id, requisition.checked_by):
        raise ComplianceError(
            "whoever checked it does not approve it",
            rules=(_RULE,),
            where=f"requisition {requisition.reference}",
            remedy="have the DPO or another compliance officer approve it",
        )
    return replace(requisition, state=state, approved_by=by.id, approver_role=by.role)


def refuse(requisition: Requisition, ground: RefusalGround) -> Requisition:
    return replace(requisition, state=_after(requisition, _E.REFUSE), ground=ground)


def hand_out(requisition: Requisition, by: Actor, *, index_sha256: str, at: datetime) -> Requisition:
    """Return it HANDED_OUT, with the digest of the signed list of what was handed out."""
    state = _after(requisition, _E.HAND_OUT)
    return replace(requisition, state=state, handed_out_by=by.id, handed_out_at=at, index_sha256=index_sha256)


def receipt(requisition: Requisition, on: date, *, profile: Profile, today: date) -> Requisition:
    """Return it RECEIPTED. Raises ConfigurationError for a day before the handing out, or one that is still to come."""
    state = _after(requisition, _E.RECEIPT)
    assert requisition.handed_out_at is not None
    if not profile.day_of(requisition.handed_out_at) <= on <= today:
        raise ConfigurationError(
            "the receipt is signed between the handing out and today", key="signed_on", remedy="give the day on it"
        )
    return replace(requisition, state=state, receipted_on=on)


def admit(requisition: Requisition, viewer: Viewer, *, longest: timedelta, now: datetime) -> Requisition:
    """Return it with an account for the authority.

    Raises ComplianceError before it is approved, ConfigurationError for an end that is past or too far away.
    """
    if requisition.state not in OPEN:
        raise ComplianceError(
            "nothing is shown before it is approved",
            rules=(_RULE,),
            where=f"requisition {requisition.reference}",
            remedy="have it approved first",
        )
    if not now < viewer.until <= now + longest:
        raise ConfigurationError(
            f"an account for an authority ends within {longest.days} days", key="until", remedy="choose a nearer day"
        )
    return replace(requisition, viewers=(*requisition.viewers, viewer))


def dismiss(requisition: Requisition, login: str, *, now: datetime) -> Requisition:
    """Return it with this account ended now. Raises ConfigurationError when it has none of that login."""
    if login not in {viewer.login for viewer in requisition.viewers}:
        raise ConfigurationError("this request has no such account", key="login", remedy="use the forms of the page")
    ended = tuple(replace(one, until=min(one.until, now)) if one.login == login else one for one in requisition.viewers)
    return replace(requisition, viewers=ended)


def must_be_as_seen(same: bool) -> None:
    """Raise ConfigurationError for a step that answers another list than the one that its page showed."""
    if not same:
        raise ConfigurationError(
            "the request was changed in the meantime", key="items", remedy="read the page again before you answer"
        )


def _after(requisition: Requisition, event: RequisitionEvent) -> RequisitionState:
    return REQUISITION.after(requisition.state, event, where=f"requisition {requisition.reference}")


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
