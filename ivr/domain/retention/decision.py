"""Keep or destroy, with reasons: the purposes of an artefact, the events that moved them, and the holds on it.

Pure. The events of an artefact are read in the order of time. A purpose that has ended stays ended: what happens later
moves nothing (RET-003). What is fixed is only ever shortened, unless the period of a new event may extend it. The
artefact goes when its last purpose has gone (RET-001), and not before a hold lets it go (RET-002).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from ivr.domain.profile import Profile
from ivr.domain.retention.artefact import Artefact, BusinessEvent, EventKind, FixedDeadline, Purpose
from ivr.domain.retention.legal_hold import HoldRules, LegalHold, hold_rules
from ivr.domain.retention.schedule import RECORDED_AT, AtEnd, OnObjection, Period, RetentionTable, Schedule, after
from ivr.domain.text.told import Told
from ivr.errors import ComplianceError, nearest


class RetentionAction(Enum):
    KEEP = "KEEP"
    DESTROY = "DESTROY"


class PurposeState(Enum):
    """OPEN: may be used. ENDED: its access is over. REVIEW: its time has run out and a person must decide."""

    OPEN = "OPEN"
    ENDED = "ENDED"
    REVIEW = "REVIEW"


@dataclass(frozen=True)
class PurposeDecision:
    """Where one purpose stands. `due_at` (UTC) ends it because of `event` at `event_at`.

    `at_once`: that event ended it by itself. `noted_at`: when we learned of that event, if it is among those given.
    `archive_at`: from then on only the archive may hold it. `detail` is one sentence for people.
    """

    tag: str
    state: PurposeState
    due_at: datetime
    event: str
    event_at: datetime
    reasons: tuple[str, ...]
    detail: Told
    at_once: bool = False
    archive_at: datetime | None = None
    noted_at: datetime | None = None

    @property
    def fixed(self) -> FixedDeadline:
        """What the vault stores, so that a policy changed later cannot lengthen it."""
        return FixedDeadline(self.due_at, self.event, self.event_at)


@dataclass(frozen=True)
class RetentionDecision:
    """What is to be done with one artefact at one moment.

    `due_at` is when its last purpose ends (UTC), `destroy_by` the latest moment at which the run must have destroyed
    it. `overdue_since` is `due_at` once that has passed, also while a hold keeps it. `held_by` are hold ids,
    `holds_to_review` those whose review date has passed. `archived`: it belongs in the archive tier only.
    `details` are sentences for people.
    """

    artefact_id: str
    action: RetentionAction
    due_at: datetime
    destroy_by: datetime
    reasons: tuple[str, ...]
    purposes: tuple[PurposeDecision, ...]
    details: tuple[Told, ...]
    overdue_since: datetime | None = None
    held_by: tuple[str, ...] = ()
    holds_to_review: tuple[str, ...] = ()
    archived: bool = False

    def purpose(self, tag: str) -> PurposeDecision | None:
        return next((purpose for purpose in self.purposes if purpose.tag == tag), None)


def decide_retention(
    artefact: Artefact,
    events: Sequence[BusinessEvent],
    holds: Iterable[LegalHold],
    table: RetentionTable,
    profile: Profile,
    now: datetime,
) -> RetentionDecision:
    """Return whether to keep or destroy the artefact at the aware time `now`, and why.

    `events` are those of this artefact, in any order; holds that do not list it are ignored. A `now` before the last
    thing known counts as that thing's time. Raises ComplianceError for an unknown tag or an artefact without purpose.
    """
    if not artefact.purposes:
        raise ComplianceError(
            "it serves no purpose, so nothing says how long it may be kept",
            rules=("RET-001",),
            where=f"artefact {artefact.id}",
            remedy="give it a purpose or destroy it",
        )
    rules = hold_rules(profile)
    moment = _moment(artefact, events, now)
    purposes = tuple(_purpose(artefact, p, events, table, profile, moment) for p in artefact.purposes)
    last = max(purposes, key=lambda p: (p.due_at, p.at_once))
    waiting = [p for p in purposes if p.state is not PurposeState.ENDED]
    by = last.due_at + _grace(last, rules, profile)
    reasons = _unique(*(p.reasons for p in (waiting or (last,))), ("RET-001",))
    holding = sorted((h for h in holds if h.covers(artefact.id)), key=lambda h: h.id)
    vetoes = tuple(h for h in holding if _vetoes(h, last, rules))
    late = tuple(h.id for h in holding if h.review_overdue(moment))
    archived = bool(waiting) and all(p.archive_at is not None and p.archive_at <= moment for p in waiting)

    def decided(
        action: RetentionAction, *details: Told, overdue: bool, held: bool = False, rule: str = ""
    ) -> RetentionDecision:
        return RetentionDecision(
            artefact.id,
            action,
            last.due_at,
            by,
            _unique(reasons, (rule,) if rule else ()),
            purposes,
            details,
            last.due_at if overdue else None,
            tuple(h.id for h in vetoes) if held else (),
            late,
            archived,
        )

    if artefact.destroyed_at is not None:
        return decided(RetentionAction.DESTROY, Told("Destroyed already: nothing restores it."), overdue=False)
    if waiting:
        return decided(RetentionAction.KEEP, *(p.detail for p in waiting), overdue=False, held=bool(vetoes))
    if vetoes:
        cases = ", ".join(f"{h.case} ({h.id})" for h in vetoes)
        held = Told(f"Suspended by the hold {cases}.")
        return decided(RetentionAction.KEEP, last.detail, held, overdue=True, held=True, rule="RET-002")
    if holding:
        later = Told("A later hold changes nothing of it.")
        return decided(RetentionAction.DESTROY, last.detail, later, overdue=True, rule="RET-003")
    return decided(RetentionAction.DESTROY, last.detail, overdue=True)


def deadline(tag: str, recorded_at: datetime, table: RetentionTable, profile: Profile) -> datetime:
    """When what is recorded at the aware time `recorded_at` for one purpose is due (UTC), as far as is known then."""
    return decide_retention(Artefact(tag, recorded_at, (Purpose(tag),)), (), (), table, profile, recorded_at).due_at


def _moment(artefact: Artefact, events: Sequence[BusinessEvent], now: datetime) -> datetime:
    """A clock that was set back does not undo what is known to have happened."""
    ended = [p.ended_at for p in artefact.purposes if p.ended_at is not None]
    return max([now, artefact.recorded_at, *(event.at for event in events), *ended])


def _vetoes(hold: LegalHold, last: PurposeDecision, rules: HoldRules) -> bool:
    if not (last.at_once and rules.only_if_prior):
        return True
    # What is said to have happened before the hold, and was told after it, does not undo the hold.
    due_at_once = max(last.due_at, last.noted_at or last.due_at)
    return hold.active_from is not None and hold.active_from < due_at_once


def _grace(last: PurposeDecision, rules: HoldRules, profile: Profile) -> timedelta:
    if last.at_once:
        return timedelta(minutes=rules.grace_minutes)
    return timedelta(hours=profile.number("RET-001", "max_overrun_hours"))


def _purpose(
    artefact: Artefact,
    purpose: Purpose,
    events: Sequence[BusinessEvent],
    table: RetentionTable,
    profile: Profile,
    moment: datetime,
) -> PurposeDecision:
    if purpose.tag not in table.schedules:
        raise ComplianceError(
            f"no retention schedule is called '{purpose.tag}'",
            where=f"artefact {artefact.id}",
            remedy=f"restore it in retention.toml; {nearest(purpose.tag, table.schedules)}",
        )
    schedule = table.schedules[purpose.tag]
    tz = table.timezone
    run = _Run.start(schedule, artefact, purpose, tz)
    for event in sorted(events, key=lambda e: (e.at, e.kind.value)):
        run = run.take(event, tz)
    due, reasons = run.due_at, (*run.period.rules, run.period.cap_rule)
    if run.objected:
        reasons = schedule.objection_rules
    if purpose.ended_at is not None:
        due = min(due, purpose.ended_at)
    ended = moment >= due
    review = ended and schedule.at_end is AtEnd.REVIEW and purpose.ended_at is None and not run.at_once
    state = PurposeState.REVIEW if review else PurposeState.ENDED if ended else PurposeState.OPEN
    in_force = profile.require(reasons, profile.day_of(artefact.recorded_at))
    archive = run.period.archive_after
    return PurposeDecision(
        purpose.tag,
        state,
        due,
        run.event,
        run.event_at,
        tuple(rule.id for rule in in_force),
        _sentence(schedule, run, state, due, tz),
        run.at_once,
        None if archive is None else after(run.event_at, archive, tz),
        _noted_at(run, events),
    )


def _noted_at(run: _Run, events: Sequence[BusinessEvent]) -> datetime | None:
    """When the event that the period now runs from became known; None when it is not among the events."""
    same = (event for event in events if event.kind.value == run.event and event.at == run.event_at)
    return min((event.noted_at for event in same if event.noted_at is not None), default=None)


@dataclass(frozen=True)
class _Run:
    """One schedule as it stands after the events read so far. A lower `rank` is a period higher in the table."""

    schedule: Schedule
    due_at: datetime
    event: str
    event_at: datetime
    rank: int
    seen: tuple[BusinessEvent, ...] = ()
    at_once: bool = False
    objected: bool = False

    @property
    def period(self) -> Period:
        return self.schedule.periods[self.rank]

    @staticmethod
    def start(schedule: Schedule, artefact: Artefact, purpose: Purpose, tz: str) -> _Run:
        """Begin with what was fixed, if anything was: shorter when the table has become shorter, never longer."""
        fixed = purpose.fixed
        event, at = (RECORDED_AT, artefact.recorded_at) if fixed is None else (fixed.event, fixed.event_at)
        rank = next((n for n, period in enumerate(schedule.periods) if period.event == event), None)
        if rank is not None:
            period = schedule.periods[rank]
            due = period.due(at, tz)
            due = due if fixed is None else min(due, fixed.due_at)
            return _Run(schedule, due, event, at, rank, at_once=period.keep.at_once)
        if fixed is not None:
            # An objection, or an event whose period has left the table: what was fixed stands.
            objected = event == EventKind.OBJECTION.value
            last = len(schedule.periods) - 1
            return _Run(schedule, fixed.due_at, event, at, last, at_once=objected, objected=objected)
        raise ComplianceError(
            f"retention schedule '{schedule.tag}' has no period for what is known",
            where=f"artefact {artefact.id}",
            remedy="add one on recorded_at",
        )

    def take(self, event: BusinessEvent, tz: str) -> _Run:
        """Read the next event; return the schedule as it stands then. What comes after the end moves nothing."""
        name = event.kind.value
        seen = replace(self, seen=(*self.seen, event))
        if event.at >= self.due_at and self.schedule.at_end is AtEnd.DESTROY:
            return seen
        if event.kind is EventKind.OBJECTION and self.schedule.on_objection is OnObjection.DESTROY:
            return seen if self._void(_objection_void(self.schedule), event) else seen._end(event)
        rank = next((n for n, period in enumerate(self.schedule.periods) if period.event == name), None)
        if rank is None or rank > self.rank:
            return seen
        period = self.schedule.periods[rank]
        if self._void(period.void_after, event) or self._counted(period, event):
            return seen
        due = period.due(event.at, tz)
        extends = period.may_extend and (rank < self.rank or event.at > self.event_at)
        if due > self.due_at and not extends:
            return seen
        return _Run(self.schedule, due, name, event.at, rank, seen.seen, period.keep.at_once)

    def _end(self, event: BusinessEvent) -> _Run:
        return replace(self, due_at=event.at, event=event.kind.value, event_at=event.at, at_once=True, objected=True)

    def _void(self, after_these: tuple[str, ...], event: BusinessEvent) -> bool:
        if self.event in after_these and self.event_at < event.at:
            return True
        return any(e.kind.value in after_these and e.at < event.at for e in self.seen)

    def _counted(self, period: Period, event: BusinessEvent) -> bool:
        """Whether the event of its kind that matters, the first or the last, is known already."""
        if self.event == event.kind.value:
            return event.at <= self.event_at if period.last else event.at >= self.event_at
        return not period.last and any(e.kind is event.kind for e in self.seen)


def _objection_void(schedule: Schedule) -> tuple[str, ...]:
    """An objection is void when a refusal would be: once signed, the law asks for the recording (ASS-B-02)."""
    return next((p.void_after for p in schedule.periods if p.event == EventKind.REFUSAL.value), ())


#: How a sentence about an end that is to come, or has come, goes on.
_ENDS = {PurposeState.OPEN: "until", PurposeState.ENDED: "ended on", PurposeState.REVIEW: "to be reviewed since"}


def _sentence(schedule: Schedule, run: _Run, state: PurposeState, due: datetime, tz: str) -> Told:
    """Title and start are the table's own words, with the article; a language puts its "from" before them."""
    zone = ZoneInfo(tz)
    began, ends = run.event_at.astimezone(zone), due.astimezone(zone)
    start = "the objection" if run.objected else run.period.start or run.event
    if run.at_once:
        return Told(f"'{schedule.title}': destroyed at once, {start} on {began:%d/%m/%Y} at {began:%H:%M}.")
    counted = f"counted from {start}"
    length = run.period.length(run.event_at, tz)
    sooner = ", fixed sooner than the period" if due < run.period.due(run.event_at, tz) else ""
    return Told(
        f"'{schedule.title}': {length}, {counted} ({began:%d/%m/%Y}), "
        f"{_ENDS[state]} {ends:%d/%m/%Y} at {ends:%H:%M}{sooner}."
    )


def _unique(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule for group in groups for rule in group))
