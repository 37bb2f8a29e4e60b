"""What may be done on a call, and why: decisions with the rule ids behind them, both for yes and for no.

Pure: facts and a profile in, a decision out. In doubt nothing is stored. The rules cited are those in force at the
date of the call; rules a program names that are not are reported in `lapsed`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from ivr.domain.audio.spans import GapCause
from ivr.domain.call.party import PartyRole
from ivr.domain.consent.state import ConsentState
from ivr.domain.hearing.verdict import Label
from ivr.domain.profile import Profile
from ivr.domain.program.program import Captured, ObjectionEffect, Program
from ivr.domain.text.told import Told
from ivr.errors import nearest

#: A house basis for recording every call: a new installation tried with synthetic calls only.
ACCEPTANCE_TEST = "acceptance_test"


class Permission(Enum):
    """PAUSE may become ALLOW later in the same call; DENY never does."""

    ALLOW = "allow"
    PAUSE = "pause"
    DENY = "deny"


@dataclass(frozen=True)
class Decision:
    """`reasons` are rule ids in force; `detail` is one plain sentence; `lapsed` are named rules not in force.

    `cause` names, in one word, the gap of what is not captured for these reasons; "" when nothing is missed.
    """

    permission: Permission
    reasons: tuple[str, ...]
    detail: str = ""
    lapsed: tuple[str, ...] = ()
    cause: str = ""

    @property
    def allowed(self) -> bool:
        return self.permission is Permission.ALLOW


@dataclass(frozen=True)
class PartyFacts:
    """What is known of one party. A party that is not bridged is not heard and does not count."""

    role: PartyRole
    consent: ConsentState
    bridged: bool = True
    minor: bool = False


@dataclass(frozen=True)
class CaptureFacts:
    """All that decides whether audio may be captured now. `call_started_at` is aware.

    `unclear`: the caller said what nobody understood, and has not agreed to the recording since.
    """

    program: Program
    parties: tuple[PartyFacts, ...]
    call_started_at: datetime
    sampled: bool
    on_hold: bool = False
    deaf: bool = False
    unclear: bool = False


class _Obstacle(NamedTuple):
    """One reason not to capture: its rule, one plain sentence, and what a gap says of it."""

    permission: Permission
    rule: str
    why: str
    cause: str = GapCause.POLICY


#: A gap has one cause: of several that hold, the first of these.
_CAUSES = (
    GapCause.DOUBT, GapCause.NOT_UNDERSTOOD, GapCause.HOLD, GapCause.UNTOLD, GapCause.DEAF, GapCause.POLICY,
)  # fmt: skip


def decide_capture(facts: CaptureFacts, profile: Profile) -> Decision:
    """Say whether audio may be captured now (REC-001, 004, 006, 008, 019, 020, 021, 023, and promise 1).

    DENY outweighs PAUSE, PAUSE outweighs ALLOW; the reasons are those of what wins.
    """
    at, program = facts.call_started_at, facts.program
    obstacles = [obstacle for check in _CAPTURE_CHECKS for obstacle in check(facts, profile)]
    for permission in (Permission.DENY, Permission.PAUSE):
        won = [obstacle for obstacle in obstacles if obstacle.permission is permission]
        if won:
            detail = "; ".join(dict.fromkeys(obstacle.why for obstacle in won))
            cause = min((obstacle.cause for obstacle in won), key=_CAUSES.index)
            return _decision(permission, [obstacle.rule for obstacle in won], detail, program, profile, at, cause)
    detail = "every party in the conversation has been told of the recording and none objects"
    return _decision(Permission.ALLOW, ["REC-001", *program.rule_ids], detail, program, profile, at)


def _notified(facts: CaptureFacts, profile: Profile) -> Iterator[_Obstacle]:
    bridged = [party for party in facts.parties if party.bridged]
    if not bridged:
        yield _Obstacle(Permission.PAUSE, "REC-001", "no party is in the conversation", GapCause.UNTOLD)
    for party in bridged:
        if party.consent is ConsentState.UNASKED:
            yield _Obstacle(
                Permission.PAUSE,
                "REC-001",
                f"the {party.role.value} has not been told of the recording",
                GapCause.UNTOLD,
            )


def _refused(facts: CaptureFacts, profile: Profile) -> Iterator[_Obstacle]:
    for party in facts.parties:
        if party.consent.objected:
            ends = facts.program.objection_effect is ObjectionEffect.END_CALL_AND_DESTROY
            why = f"the {party.role.value} objects to the recording"
            yield _Obstacle(Permission.DENY, "REC-006" if ends else "REC-004", why)
            yield _Obstacle(Permission.DENY, "REC-019", why)


def _doubtful(facts: CaptureFacts, profile: Profile) -> Iterator[_Obstacle]:
    for party in facts.parties:
        if party.bridged and party.consent is ConsentState.DOUBT:
            yield _Obstacle(
                Permission.PAUSE,
                "REC-021",
                f"the {party.role.value} may have objected and is being asked",
                GapCause.DOUBT,
            )


def _unclear(facts: CaptureFacts, profile: Profile) -> Iterator[_Obstacle]:
    if facts.unclear:
        why = "the caller said what was not understood, and may have objected"
        yield _Obstacle(Permission.PAUSE, "REC-021", why, GapCause.NOT_UNDERSTOOD)


def _on_hold(facts: CaptureFacts, profile: Profile) -> Iterator[_Obstacle]:
    if facts.on_hold:
        yield _Obstacle(Permission.PAUSE, "REC-023", "the call is on hold", GapCause.HOLD)


def _minor(facts: CaptureFacts, profile: Profile) -> Iterator[_Obstacle]:
    # Consent for a minor is the parents' to give, whatever the purpose; nobody on the line can give it.
    if profile.rule("REC-020").params.get("record_minors") is True:
        return
    if any(party.minor for party in facts.parties):
        yield _Obstacle(Permission.DENY, "REC-020", "a party is a minor")


def _not_sampled(facts: CaptureFacts, profile: Profile) -> Iterator[_Obstacle]:
    if not facts.sampled:
        yield _Obstacle(Permission.DENY, "REC-008", "this call was not drawn for recording")


def _deaf(facts: CaptureFacts, profile: Profile) -> Iterator[_Obstacle]:
    if facts.deaf:
        yield _Obstacle(
            Permission.DENY, "REC-021", "the ear cannot hear an objection, so nothing may be stored", GapCause.DEAF
        )


_CAPTURE_CHECKS: tuple[Callable[[CaptureFacts, Profile], Iterator[_Obstacle]], ...] = (
    _notified,
    _refused,
    _doubtful,
    _unclear,
    _on_hold,
    _minor,
    _not_sampled,
    _deaf,
)


@dataclass(frozen=True)
class ObjectionOutcome:
    """What an utterance or key does. `effect` None: the recording goes on as it was. `say` is a prompt id, or empty.

    `do_not_call` asks for an entry in the do-not-call register, also where the call itself goes on.
    """

    effect: ObjectionEffect | None
    discard_captured: bool
    end_call: bool
    do_not_call: bool
    say: str
    reasons: tuple[str, ...]

    @property
    def rule(self) -> str:
        """The first rule behind it, or ""."""
        return self.reasons[0] if self.reasons else ""


def decide_objection(program: Program, label: Label, profile: Profile, *, at: datetime) -> ObjectionOutcome:
    """Say what an objection, a refusal or a question does in this program (promise 3).

    `at` is the aware time at which the call started: it selects the rules. The agent's button and the objection key
    count as Label.OBJECTION_RECORDING. A refusal of contact on a program that stops the recording upon objection
    leaves the recording alone: it is not about the recording; but it does bar sales calls (CAN-005, CAN-012).
    """
    ends = program.objection_effect is ObjectionEffect.END_CALL_AND_DESTROY
    say, discard, do_not_call = "", False, False
    effect: ObjectionEffect | None = None
    rules: tuple[str, ...] = ()
    if label in (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT) and ends:
        effect, discard, do_not_call, say = program.objection_effect, True, True, program.prompts.closing
        rules = _REFUSED_CALL if label is Label.REFUSAL_CONTACT else _REFUSED_SALES_RECORDING
    elif label is Label.OBJECTION_RECORDING:
        effect, discard = program.objection_effect, program.captured is Captured.DISCARD
        say, rules = program.prompts.objection_noted, ("REC-004", "REC-005")
    elif label is Label.REFUSAL_CONTACT:
        do_not_call, rules = True, ("CAN-005", "CAN-012")
    elif label is Label.QUESTION_RECORDING:
        say, rules = program.prompts.question_answer, ("REC-021",)
    in_force = tuple(rule.id for rule in profile.require(rules, profile.day_of(at)))
    return ObjectionOutcome(effect, discard, effect is not None and ends, do_not_call, say, in_force)


def decide_unanswered(program: Program, label: Label, profile: Profile, *, at: datetime) -> ObjectionOutcome:
    """Say what a doubt does that nobody has answered when the time is over (REC-021, fail_mode).

    What an objection destroys is destroyed, and nothing more is recorded. Ending a call and barring a person for good
    needs words or an answer of theirs: silence is neither.
    """
    outcome = decide_objection(program, label, profile, at=at)
    if not outcome.end_call:
        return outcome
    in_force = tuple(rule.id for rule in profile.require(("REC-021", "REC-006"), profile.day_of(at)))
    stops, say = ObjectionEffect.STOP_RECORDING, program.prompts.objection_noted
    return ObjectionOutcome(stops, outcome.discard_captured, False, False, say, in_force)


# Both regimes of insurance canvassing are named; the date of the call picks one.
_REFUSED_SALES_RECORDING = ("REC-006", "ASS-A-07", "ASS-B-03", "CAN-012")
_REFUSED_CALL = ("CAN-005", "ASS-A-03", "ASS-A-07", "TIM-004", "ASS-B-04", "CAN-012")


def decide_dial(barred_by: str | None, program: Program, profile: Profile, *, at: datetime) -> Decision:
    """Say whether a person may be called; `barred_by` is the do-not-call entry that bars them, if any (CAN-012)."""
    if barred_by is not None:
        detail = Told(f"this person is never to be called again (entry {barred_by})")
        return _decision(Permission.DENY, ["CAN-012"], detail, program, profile, at)
    return _decision(Permission.ALLOW, ["CAN-012"], "no do-not-call entry bars this person", program, profile, at)


def sampled(call_id: str, rate: float) -> bool:
    """Say whether a call is drawn for recording: always the same answer for the same call (REC-008).

    `rate` is the share of calls to record, 0..1.
    """
    draw = int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:8], "big") / 2**64
    return draw < rate


def systematic_bases(profile: Profile) -> tuple[str, ...]:
    """Return the names that may justify recording more than a sample: those of the law, and the house's own."""
    return (*profile.names("REC-008", "systematic_allowed_bases"), ACCEPTANCE_TEST)


def sampling_fault(program: Program, profile: Profile) -> str | None:
    """Return what is wrong with a program's sampling rate, or None (REC-008).

    A program for quality may record at most the rule's share of calls, unless it names a basis for more.
    """
    limit = profile.number("REC-008", "quality_sampling_rate_max")
    basis = program.systematic_basis
    if basis and basis not in systematic_bases(profile):
        return f"'{basis}' is no basis for systematic recording: {nearest(basis, systematic_bases(profile))}"
    if program.sampling_rate > limit and not basis:
        return f"a sampling rate above {limit} needs a systematic_basis (REC-008)"
    return None


def sampling_warning(program: Program, profile: Profile) -> Told | None:
    """Return the sentence to show at start when a program records every call as an acceptance test."""
    limit = profile.number("REC-008", "quality_sampling_rate_max")
    if program.systematic_basis != ACCEPTANCE_TEST or program.sampling_rate <= limit:
        return None
    usual = profile.number("REC-008", "quality_sampling_rate_default")
    return Told(
        f"Program '{program.name}': {program.sampling_rate:.0%} of the calls are recorded as an acceptance test. In "
        f"production, quality recording cannot be systematic (REC-008): remove systematic_basis and set sampling_rate "
        f"between {usual:.2f} and {limit:.2f}."
    )


def _decision(
    permission: Permission,
    rules: list[str],
    detail: str,
    program: Program,
    profile: Profile,
    at: datetime,
    cause: str = "",
) -> Decision:
    day = profile.day_of(at)
    reasons = tuple(rule.id for rule in profile.require(rules, day))
    return Decision(permission, reasons, detail, profile.lapsed(program.rule_ids, day), cause)
