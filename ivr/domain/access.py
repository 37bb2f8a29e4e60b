"""Who may do what with a stored thing, and why. Deny by default; every answer carries its reasons (REC-016).

Pure. Roles and actions come from config/access.toml, the roles of each purpose from config/retention.toml. A hold opens
nothing (RET-002); a purpose that ended opens nothing; sales recordings stay closed to the house (ASS-A-06).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from ivr.domain.profile import Profile
from ivr.domain.retention.artefact import Artefact
from ivr.domain.retention.decision import PurposeState, RetentionAction, RetentionDecision
from ivr.domain.retention.schedule import RetentionTable
from ivr.domain.text.told import Told
from ivr.errors import ComplianceError


class Role(Enum):
    QUALITY_ANALYST = "quality_analyst"
    TRAINER = "trainer"
    SUPERVISOR = "supervisor"
    DPO = "dpo"
    LEGAL = "legal"
    COMPLIANCE_OFFICER = "compliance_officer"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    AGENT = "agent"
    ADMINISTRATOR = "administrator"
    #: Somebody of an authority, with an account of one request that ends.
    AUTHORITY_VIEWER = "authority_viewer"


class Action(Enum):
    LIST = "list"
    LISTEN = "listen"
    EXPORT = "export"
    EVENT = "event"
    HOLD = "hold"
    APPROVE = "approve"
    DISCARD = "discard"
    VERIFY = "verify"
    LIFT = "lift"
    ACCOUNTS = "accounts"
    RIGHTS = "rights"
    BREACH = "breach"
    GRADE = "grade"
    SUPERVISE = "supervise"
    RESULTS = "results"
    OPERATE = "operate"
    AUTHORITY = "authority"
    AGREE = "agree"
    VIEW = "view"
    CALLS = "calls"


class Audience(Enum):
    """For whom content is opened: `ivr recordings export --for …`; listening is INTERNAL unless said otherwise."""

    INTERNAL = "internal"
    SUBJECT = "subject"
    AUTHORITY = "authority"


@dataclass(frozen=True)
class Actor:
    """`scopes`: what a program may do for the person, within the rights of the role; None: the person acts."""

    id: str
    role: Role
    scopes: frozenset[Action] | None = None


@dataclass(frozen=True)
class AuthorityRequest:
    """A request of an authority (RET-004). `authority` is one of the rule's; `verified_by` checked who asks.

    `items` are the recordings that it lists; None: nobody listed them, and a copy is handed out of what is asked for.
    """

    authority: str
    reference: str
    verified_by: str = ""
    approved_by: str = ""
    approver_role: Role | None = None
    items: frozenset[str] | None = None


@dataclass(frozen=True)
class AccessRequest:
    """What somebody wants. `purpose` is the retention tag on which access is claimed; `count` how many items at once.

    `reference` is the number of the rights request when `audience` is SUBJECT.
    """

    actor: Actor
    action: Action
    purpose: str = ""
    reason: str = ""
    audience: Audience = Audience.INTERNAL
    reference: str = ""
    authority: AuthorityRequest | None = None
    count: int = 1


@dataclass(frozen=True)
class AccessPolicy:
    """Checked content of config/access.toml.

    `closed_tags` are the purposes that nobody in the house listens to; `internal_access` is the switch of section 12
    that opens them to `internal_roles`. `authority_roles` hand out what an authority asked for, `subject_roles` what a
    person asked for about themselves, `restricted_roles` still use what is restricted (GDP-004). `max_items` bounds
    what one request may open inside the house, `authority_view_days` how long an account of an authority lasts.
    """

    titles: Mapping[Role, str]
    actions: Mapping[Role, frozenset[Action]]
    closed_tags: frozenset[str]
    internal_access: bool
    internal_roles: frozenset[Role]
    authority_roles: frozenset[Role]
    subject_roles: frozenset[Role]
    restricted_roles: frozenset[Role]
    max_items: int = 1
    authority_view_days: int = 30

    def rights_of(self, actor: Actor) -> frozenset[Action]:
        """What the actor may ask for: the rights of the role, as far as a token leaves them."""
        rights = self.actions.get(actor.role, frozenset())
        return rights if actor.scopes is None else rights & actor.scopes


@dataclass(frozen=True)
class AccessDecision:
    """`allowed`, the rule ids that say so, and one sentence to show and to log."""

    allowed: bool
    reasons: tuple[str, ...]
    detail: Told


#: The schedule of config/retention.toml for reports of calls: their details are shown for this purpose and no other.
CALL_REPORT = "call_report"
#: Actions that show content; the others never do.
OPENING = frozenset({Action.LISTEN, Action.EXPORT})
#: Actions that are shown nothing of anybody, or nothing but that it exists.
WITHOUT_REASON = frozenset({Action.LIST, Action.VERIFY, Action.OPERATE})


def decide_access(
    request: AccessRequest,
    artefact: Artefact | None,
    retention: RetentionDecision | None,
    *,
    policy: AccessPolicy,
    table: RetentionTable,
    profile: Profile,
) -> AccessDecision:
    """Return whether the request may go on; log the answer, above all a denial, before acting on it.

    For LISTEN and EXPORT, `artefact` and its `retention` decision at this moment are needed; other actions open no
    content and look at neither; for CALLS the schedule of call reports must name the role too. A request that is merely
    refused raises nothing. Raises ComplianceError for an unknown retention tag, and when LISTEN or EXPORT comes without
    artefact or decision.
    """
    actor, action = request.actor, request.action
    right = decide_right(actor, action, policy=policy)
    if not right.allowed:
        return right
    if action not in WITHOUT_REASON and not request.reason.strip():
        return _deny(Told("A reason is required."), "REC-016")
    if action is Action.CALLS:
        return _open_to(actor.role, CALL_REPORT, policy, table)
    if action not in OPENING:
        return right
    if artefact is None or retention is None or retention.artefact_id != artefact.id:
        raise ComplianceError("an access needs the artefact and its own retention decision", rules=("REC-016",))
    decision = _open(request, artefact, retention, policy, table, profile)
    in_force = profile.require(decision.reasons, profile.day_of(artefact.recorded_at))
    return replace(decision, reasons=tuple(rule.id for rule in in_force))


def decide_listing(request: AccessRequest, *, policy: AccessPolicy, table: RetentionTable) -> AccessDecision:
    """Return whether the actor may see which recordings of `purpose` there are; of all of them when it is empty.

    All of them are seen by whoever opens none (operator, auditor) and by whoever answers persons and authorities; the
    others name the purpose they act for, and it must be open to them. A reason is needed. Raises ComplianceError for
    an unknown retention tag.
    """
    role = request.actor.role
    may = policy.actions.get(role, frozenset())
    right = decide_right(request.actor, Action.LIST, policy=policy)
    if not right.allowed:
        return right
    if not request.reason.strip():
        return _deny(Told("A reason is required."), "REC-016")
    if role in policy.authority_roles | policy.subject_roles or not may & OPENING:
        return right
    if not request.purpose:
        return _deny(Told("It must be said for which purpose."), "REC-016", "GDP-001")
    return _open_to(role, request.purpose, policy, table)


def _open(
    request: AccessRequest,
    artefact: Artefact,
    retention: RetentionDecision,
    policy: AccessPolicy,
    table: RetentionTable,
    profile: Profile,
) -> AccessDecision:
    if artefact.destroyed_at is not None:
        return _deny(Told("The recording is destroyed."), "REC-016", "RET-001")
    if retention.action is RetentionAction.DESTROY:
        return _deny(Told("The recording is due for destruction: it opens no more."), "REC-016", "RET-001")
    if request.audience is Audience.AUTHORITY:
        return _for_authority(request, artefact, policy, profile)
    if request.count > policy.max_items:
        return _deny(Told(f"No opening in bulk: {policy.max_items} at a time."), "REC-016")
    if request.audience is Audience.SUBJECT:
        return _for_subject(request, policy)
    return _for_house(request, artefact, retention, policy, table)


def _for_authority(
    request: AccessRequest, artefact: Artefact, policy: AccessPolicy, profile: Profile
) -> AccessDecision:
    """A copy is handed out by the house; the authority's own account listens to what is listed, and to nothing else."""
    rules = ("RET-004", "ASS-A-06")
    asked, actor = request.authority, request.actor
    known = profile.rule("RET-004").params.get("authorities")
    looks = actor.role is Role.AUTHORITY_VIEWER and request.action is Action.LISTEN
    if not looks and (actor.role not in policy.authority_roles or request.action is not Action.EXPORT):
        who = ", ".join(sorted(_title(policy, role) for role in policy.authority_roles))
        return _deny(Told(f"An authority receives a copy, handed out by: {who}."), *rules)
    if asked is None or not asked.reference.strip() or not isinstance(known, Mapping) or asked.authority not in known:
        return _deny(Told("A written request of a known authority is needed, with its reference."), *rules)
    if not asked.verified_by.strip():
        return _deny(Told("The authority's identity and legal basis have not been verified."), *rules)
    approver = asked.approved_by.strip().casefold()
    may_agree = {role for role, actions in policy.actions.items() if Action.AGREE in actions}
    if asked.approver_role not in may_agree or not approver or approver == actor.id.strip().casefold():
        who = ", ".join(sorted(_title(policy, role) for role in may_agree))
        return _deny(
            Told(f"The agreement of one of these is missing, who must not be the person who exports: {who}."), *rules
        )
    if (looks and asked.items is None) or (asked.items is not None and artefact.id not in asked.items):
        return _deny(Told("It is not among the items of the request: an authority is given what it listed."), *rules)
    return AccessDecision(
        True, rules, Told(f"Request {asked.reference} ({asked.authority}), agreed to by {asked.approved_by}.")
    )


def _for_subject(request: AccessRequest, policy: AccessPolicy) -> AccessDecision:
    if request.actor.role not in policy.subject_roles or request.action is not Action.EXPORT:
        who = ", ".join(sorted(_title(policy, role) for role in policy.subject_roles))
        return _deny(Told(f"The person concerned receives a copy, handed out by: {who}."), "REC-017", "REC-016")
    if not request.reference.strip():
        return _deny(Told("The reference of the rights request is needed."), "REC-017", "GDP-003")
    detail = Told(f"A copy for the person concerned, {request.reference}.")
    return AccessDecision(True, ("REC-017", "GDP-003"), detail)


def _for_house(
    request: AccessRequest,
    artefact: Artefact,
    retention: RetentionDecision,
    policy: AccessPolicy,
    table: RetentionTable,
) -> AccessDecision:
    role = request.actor.role
    only = artefact.purposes[0].tag if len(artefact.purposes) == 1 else ""
    tag = request.purpose or only
    asked = retention.purpose(tag)
    if asked is None:
        names = ", ".join(p.tag for p in artefact.purposes)
        return _deny(Told(f"It must be said for which purpose: {names}."), "REC-016", "GDP-001")
    schedule = table.schedule(tag)
    if asked.state is PurposeState.ENDED:
        ended = Told(f"The purpose '{schedule.title}' has ended: a hold opens nothing.")
        return _deny(ended, "REC-016", "RET-001", "RET-002")
    if artefact.restricted and role not in policy.restricted_roles:
        return _deny(Told("Processing is restricted at the person's request."), "GDP-004")
    return _open_to(role, tag, policy, table)


def _open_to(role: Role, tag: str, policy: AccessPolicy, table: RetentionTable) -> AccessDecision:
    schedule = table.schedule(tag)
    if tag in policy.closed_tags:
        if not (policy.internal_access and role in policy.internal_roles):
            return _deny(
                Told(f"'{schedule.title}' is closed to the house: an authority asks, or the person has a copy."),
                "ASS-A-06",
                "REC-016",
                "RET-004",
            )
    elif role.value not in schedule.access:
        return _deny(Told(f"'{schedule.title}' is not open to the role '{_title(policy, role)}'."), "REC-016")
    return AccessDecision(True, ("REC-016",), Told(f"'{schedule.title}' is open to the role '{_title(policy, role)}'."))


def decide_right(actor: Actor, action: Action, *, policy: AccessPolicy) -> AccessDecision:
    """Return whether the actor has this right at all: the role, and the token that a program bears."""
    if action in policy.rights_of(actor):
        return AccessDecision(True, ("REC-016",), _with_right(policy, actor, action))
    if action in policy.actions.get(actor.role, frozenset()):
        return _deny(Told(f"This token has no right '{action.value}'."), "REC-016")
    return _deny(Told(f"The role '{_title(policy, actor.role)}' has no right '{action.value}'."), "REC-016")


def _with_right(policy: AccessPolicy, actor: Actor, action: Action) -> Told:
    return Told(f"Right '{action.value}' of the role '{_title(policy, actor.role)}'.")


def _title(policy: AccessPolicy, role: Role) -> str:
    return policy.titles.get(role, role.value)


def _deny(detail: Told, *rules: str) -> AccessDecision:
    return AccessDecision(False, rules, detail)
