"""What a business event changes: checks its order, says which deadlines it moves (RET-003, ASS-A-05, ASS-B-02)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ivr.domain.profile import Profile
from ivr.domain.retention.artefact import ENDING, Artefact, BusinessEvent, EventKind, Purpose
from ivr.domain.retention.decision import PurposeState, RetentionDecision, decide_retention
from ivr.domain.retention.schedule import RetentionTable
from ivr.domain.text.told import Told
from ivr.errors import ComplianceError

#: How far ahead of our clock another node's may run.
CLOCK_SKEW = timedelta(minutes=5)

_K = EventKind

#: An event of the left needs one of the right before it.
NEEDS = {
    _K.RENUNCIATION: frozenset({_K.SIGNATURE, _K.CONCLUSION}),
    _K.COMPLAINT_CLOSED: frozenset({_K.COMPLAINT_OPENED}),
}

#: An event of the left is impossible once one of the right has happened (RET-003).
BARRED_BY = {
    _K.OFFER: frozenset({_K.REFUSAL, _K.OBJECTION}),
    _K.SIGNATURE: frozenset({_K.REFUSAL, _K.OBJECTION}),
    _K.CONCLUSION: frozenset({_K.REFUSAL, _K.OBJECTION}),
}


@dataclass(frozen=True)
class DeadlineMove:
    """One purpose whose deadline the event moved."""

    tag: str
    before: datetime
    after: datetime


@dataclass(frozen=True)
class EventEffect:
    """What to store: `artefact` with its deadlines fixed anew, and the event beside it unless `already_noted`.

    `decision` is the one right after it, without holds; DESTROY means that the run must not wait for the next sweep.
    `details` are sentences for people.
    """

    artefact: Artefact
    event: BusinessEvent
    moves: tuple[DeadlineMove, ...]
    decision: RetentionDecision
    details: tuple[Told, ...]
    already_noted: bool = False


def apply_event(
    artefact: Artefact,
    events: Sequence[BusinessEvent],
    event: BusinessEvent,
    *,
    table: RetentionTable,
    profile: Profile,
    now: datetime,
) -> EventEffect:
    """Return what `event` changes, given the `events` already noted. Nothing is stored here.

    An event that no schedule of the artefact knows is noted and moves nothing. The same event again changes nothing.
    Raises ComplianceError when it lacks time, actor or predecessor, lies in the future or before the artefact, is
    barred by an earlier one (a signature after a refusal), or would revive a purpose that has ended (RET-003).
    """
    _check(artefact, events, event, now)
    before = decide_retention(artefact, events, (), table, profile, now)
    if any((e.kind, e.at, e.reference) == (event.kind, event.at, event.reference) for e in events):
        noted = Told("Noted already: nothing changes.")
        return EventEffect(with_deadlines(artefact, before), event, (), before, (noted,), True)
    after = decide_retention(artefact, [*events, event], (), table, profile, now)
    moves = []
    for old, new in zip(before.purposes, after.purposes, strict=True):
        if old.state is PurposeState.ENDED and new.due_at > old.due_at:
            raise _refused(artefact, event, "its deadline has passed and nothing revives it", "note it elsewhere")
        if new.due_at != old.due_at:
            moves.append(DeadlineMove(old.tag, old.due_at, new.due_at))
    return EventEffect(with_deadlines(artefact, after), event, tuple(moves), after, _sentences(event, moves, after))


def with_deadlines(artefact: Artefact, decision: RetentionDecision) -> Artefact:
    """Return the artefact with the deadlines of `decision` fixed, and its ended purposes marked as ended.

    Call it after each event, and when the retention run looks at it: what it returns is what to store.
    """
    purposes = []
    for purpose, decided in zip(artefact.purposes, decision.purposes, strict=True):
        ended = decided.due_at if decided.state is PurposeState.ENDED else None
        purposes.append(Purpose(purpose.tag, decided.fixed, purpose.ended_at or ended))
    return replace(artefact, purposes=tuple(purposes))


def _check(artefact: Artefact, events: Sequence[BusinessEvent], event: BusinessEvent, now: datetime) -> None:
    kind = event.kind
    if event.at.tzinfo is None:
        raise _refused(artefact, event, "its time has no zone", "give an offset, e.g. +01:00")
    if not event.actor.strip():
        raise _refused(artefact, event, "nobody answers for it", "say who notes it")
    if artefact.destroyed_at is not None:
        raise _refused(artefact, event, "the artefact has been destroyed", "note it in the business file")
    if event.at > now + CLOCK_SKEW:
        raise _refused(artefact, event, "it lies in the future", "note it when it has happened")
    if event.at < artefact.recorded_at:
        raise _refused(artefact, event, "it lies before the artefact", "check its time, or the artefact's id")
    earlier = {e.kind for e in events if e.at <= event.at}
    if (needs := NEEDS.get(kind)) and not needs & earlier:
        names = " or ".join(sorted(k.value for k in needs))
        raise _refused(artefact, event, f"there is no {names} before it", f"note the {names} first")
    # A refusal of today bars also a signature that is said to be of yesterday: nothing revives what was refused.
    if barring := BARRED_BY.get(kind, frozenset()) & {e.kind for e in events if not _void(e, events)}:
        names = ", ".join(sorted(k.value for k in barring))
        raise _refused(artefact, event, f"there is a {names} already", "a new call needs a new recording")


def _void(event: BusinessEvent, events: Sequence[BusinessEvent]) -> bool:
    """Whether the refusal came after a signature: then it undid nothing."""
    return event.kind in ENDING and any(e.kind in (_K.SIGNATURE, _K.CONCLUSION) and e.at < event.at for e in events)


def _sentences(event: BusinessEvent, moves: Sequence[DeadlineMove], after: RetentionDecision) -> tuple[Told, ...]:
    if not moves:
        said = [Told("Noted: no deadline changes.")]
        if any(p.state is PurposeState.ENDED for p in after.purposes):
            said.append(Told("What has ended is not opened again."))
        if event.kind is _K.COMPLAINT_OPENED:
            said.append(Told("A complaint prolongs nothing: ask for a hold if the recording is to serve as proof."))
        return tuple(said)
    return tuple(p.detail for p in after.purposes if p.tag in {m.tag for m in moves})


def _refused(artefact: Artefact, event: BusinessEvent, what: str, remedy: str) -> ComplianceError:
    return ComplianceError(
        f"{event.kind.value}: {what}", rules=("RET-003",), where=f"artefact {artefact.id}", remedy=remedy
    )
