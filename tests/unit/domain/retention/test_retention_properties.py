"""What holds for every artefact, every order of events, every hold and every policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.domain.retention.artefact import Artefact, BusinessEvent, EventKind, Purpose
from ivr.domain.retention.business_event import apply_event, with_deadlines
from ivr.domain.retention.decision import PurposeState, RetentionAction, RetentionDecision, decide_retention
from ivr.domain.retention.legal_hold import release_hold
from ivr.domain.retention.schedule import Duration, RetentionTable, after
from ivr.errors import ComplianceError
from tests.unit.domain.retention.retention_cases import PROFILE, TABLE, active_hold

START = datetime(2026, 8, 28, 22, 30, tzinfo=UTC)
TAGS = st.lists(st.sampled_from(sorted(TABLE.schedules)), min_size=1, max_size=3, unique=True)
#: Minutes, around every length of the table: hours, weeks, months, years.
OFFSETS = st.one_of(st.integers(0, 3 * 1440), st.integers(0, 400 * 1440), st.integers(0, 12 * 366 * 1440))
#: Events that some schedule reads, more often those of sales, whose order matters.
KINDS = st.one_of(
    st.sampled_from([EventKind.OFFER, EventKind.SIGNATURE, EventKind.REFUSAL, EventKind.OBJECTION]),
    st.sampled_from(list(EventKind)),
)


def moment(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def noted(kind: EventKind, minutes: int) -> BusinessEvent:
    return BusinessEvent(kind, moment(minutes), "conseil")


moments = OFFSETS.map(moment)
happenings = st.builds(noted, KINDS, OFFSETS)
histories = st.lists(happenings, max_size=5)
artefacts = st.builds(
    lambda tags, minutes: Artefact("rec-1", moment(minutes), tuple(Purpose(t) for t in tags)),
    TAGS,
    st.integers(0, 400 * 1440),
)
#: Fixed examples at every run: what fails here fails for everybody.
steady = settings(max_examples=250)


def decide(
    thing: Artefact, events: list[BusinessEvent], now: datetime, table: RetentionTable = TABLE
) -> RetentionDecision:
    return decide_retention(thing, events, (), table, PROFILE, now)


def extending(tag: str) -> set[str]:
    """The events that may lengthen: by their own period, or by making a later refusal void."""
    periods = TABLE.schedule(tag).periods
    return {p.event for p in periods if p.may_extend} | {name for p in periods for name in p.void_after}


@given(artefacts, histories, moments)
@steady
def test_no_purpose_runs_beyond_the_cap_of_the_period_it_is_in(
    thing: Artefact, events: list[BusinessEvent], now: datetime
) -> None:
    for purpose in decide(thing, events, now).purposes:
        if purpose.event == "objection" and purpose.at_once:
            assert purpose.due_at == purpose.event_at
            continue
        period = next(p for p in TABLE.schedule(purpose.tag).periods if p.event == purpose.event)
        assert purpose.due_at <= after(purpose.event_at, period.cap, TABLE.timezone)


@given(artefacts, histories, happenings, moments)
@steady
def test_one_more_event_lengthens_nothing_unless_its_period_may_extend(
    thing: Artefact, events: list[BusinessEvent], one_more: BusinessEvent, now: datetime
) -> None:
    before, then = decide(thing, events, now), decide(thing, [*events, one_more], now)
    for old, new in zip(before.purposes, then.purposes, strict=True):
        if one_more.kind.value not in extending(old.tag):
            assert new.due_at <= old.due_at


@given(artefacts, histories, moments, st.integers(0, 20 * 366 * 1440))
@steady
def test_time_alone_only_ever_turns_keep_into_destroy(
    thing: Artefact, events: list[BusinessEvent], now: datetime, later_min: int
) -> None:
    before, then = decide(thing, events, now), decide(thing, events, now + timedelta(minutes=later_min))
    assert before.due_at == then.due_at
    assert not (before.action is RetentionAction.DESTROY and then.action is RetentionAction.KEEP)
    for old, new in zip(before.purposes, then.purposes, strict=True):
        assert old.state is PurposeState.OPEN or new.state is old.state


@given(artefacts, st.permutations(range(4)), st.lists(happenings, min_size=4, max_size=4), moments)
@steady
def test_the_order_in_which_events_are_given_does_not_matter(
    thing: Artefact, order: list[int], events: list[BusinessEvent], now: datetime
) -> None:
    assert decide(thing, events, now) == decide(thing, [events[n] for n in order], now)


@given(artefacts, histories, moments)
@steady
def test_deciding_again_over_what_was_stored_decides_the_same(
    thing: Artefact, events: list[BusinessEvent], now: datetime
) -> None:
    first = decide(thing, events, now)
    stored = with_deadlines(thing, first)
    again = decide(stored, events, now)
    assert [(p.tag, p.state, p.due_at, p.event) for p in again.purposes] == [
        (p.tag, p.state, p.due_at, p.event) for p in first.purposes
    ]
    assert (again.action, again.due_at, again.destroy_by) == (first.action, first.due_at, first.destroy_by)
    assert with_deadlines(stored, again) == stored


@given(artefacts, histories, moments, moments)
@steady
def test_a_clock_set_back_revives_nothing(
    thing: Artefact, events: list[BusinessEvent], now: datetime, earlier: datetime
) -> None:
    stored = with_deadlines(thing, decide(thing, events, now))
    for kept, purpose in zip(stored.purposes, decide(stored, events, min(earlier, now)).purposes, strict=True):
        assert (kept.ended_at is not None) <= (purpose.state is PurposeState.ENDED)


@given(artefacts, histories, moments, st.integers(1, 600))
@steady
def test_a_changed_policy_never_lengthens_what_is_stored(
    thing: Artefact, events: list[BusinessEvent], now: datetime, months: int
) -> None:
    longer = Duration(months=months)
    schedules = {
        tag: replace(schedule, periods=tuple(replace(p, keep=longer, cap=longer) for p in schedule.periods))
        for tag, schedule in TABLE.schedules.items()
    }
    stored = with_deadlines(thing, decide(thing, events, now))
    for old, new in zip(
        stored.purposes, decide(stored, events, now, RetentionTable(schedules, TABLE.timezone)).purposes, strict=True
    ):
        assert old.fixed is not None
        assert new.due_at <= old.fixed.due_at


@given(artefacts, histories, moments, moments, moments)
@steady
def test_a_hold_that_was_released_leaves_what_no_hold_would_have_left(
    thing: Artefact, events: list[BusinessEvent], placed: datetime, released: datetime, now: datetime
) -> None:
    freed = release_hold(active_hold(placed), by="dpo", reason="clos", now=max(placed, released))
    assert decide_retention(thing, events, [freed], TABLE, PROFILE, now) == decide(thing, events, now)


@given(artefacts, histories, moments, moments)
@steady
def test_a_hold_only_ever_keeps_and_never_moves_a_deadline_or_reopens_a_purpose(
    thing: Artefact, events: list[BusinessEvent], placed: datetime, now: datetime
) -> None:
    free = decide(thing, events, now)
    held = decide_retention(thing, events, [active_hold(placed)], TABLE, PROFILE, now)
    assert (held.due_at, held.purposes, held.overdue_since) == (free.due_at, free.purposes, free.overdue_since)
    assert not (free.action is RetentionAction.KEEP and held.action is RetentionAction.DESTROY)


@given(artefacts, st.lists(happenings, max_size=6), moments)
@steady
def test_events_noted_one_by_one_end_no_later_than_all_of_them_read_at_once(
    thing: Artefact, events: list[BusinessEvent], now: datetime
) -> None:
    """What the vault stores step by step is never kept longer than the whole history would be."""
    stored, accepted = thing, list[BusinessEvent]()
    for happened in sorted(events, key=lambda e: e.at):
        try:
            effect = apply_event(stored, accepted, happened, table=TABLE, profile=PROFILE, now=happened.at)
        except ComplianceError:
            continue
        stored = effect.artefact
        accepted.append(happened)
    at_the_end = max([now, *(e.at for e in accepted)])
    one_by_one, at_once = decide(stored, accepted, at_the_end), decide(thing, accepted, at_the_end)
    for step, whole in zip(one_by_one.purposes, at_once.purposes, strict=True):
        assert step.due_at <= whole.due_at


@given(artefacts, histories, happenings, moments)
@steady
def test_noting_an_event_is_refused_or_revives_nothing_and_noting_it_twice_changes_nothing(
    thing: Artefact, events: list[BusinessEvent], happened: BusinessEvent, now: datetime
) -> None:
    before = decide(thing, events, now)
    try:
        effect = apply_event(thing, events, happened, table=TABLE, profile=PROFILE, now=now)
    except ComplianceError:
        return
    ended = {p.tag for p in before.purposes if p.state is PurposeState.ENDED}
    assert all(move.after <= move.before for move in effect.moves if move.tag in ended)
    twice = apply_event(effect.artefact, [*events, happened], happened, table=TABLE, profile=PROFILE, now=now)
    assert (twice.already_noted, twice.moves, twice.artefact) == (True, (), effect.artefact)
