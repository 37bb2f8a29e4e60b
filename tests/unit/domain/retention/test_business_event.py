"""Business events: which order is possible, what each one changes, and what is then stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ivr.domain.retention.artefact import Artefact, BusinessEvent, EventKind, FixedDeadline, Purpose
from ivr.domain.retention.business_event import (
    BARRED_BY,
    CLOCK_SKEW,
    NEEDS,
    DeadlineMove,
    EventEffect,
    apply_event,
    with_deadlines,
)
from ivr.domain.retention.decision import RetentionAction, decide_retention
from ivr.errors import ComplianceError
from ivr.french import in_french
from tests.unit.domain.retention.retention_cases import CALL, PROFILE, TABLE, artefact, event, paris

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NO_ANSWER = paris(2026, 12, 21, 10)


def note(thing: Artefact, happened: BusinessEvent, *before: BusinessEvent, now: datetime | None = None) -> EventEffect:
    return apply_event(thing, before, happened, table=TABLE, profile=PROFILE, now=now or happened.at)


def refusal(thing: Artefact, happened: BusinessEvent, *before: BusinessEvent, now: datetime | None = None) -> str:
    with pytest.raises(ComplianceError) as refused:
        note(thing, happened, *before, now=now)
    assert refused.value.rules == ("RET-003",)
    assert refused.value.remedy
    return str(refused.value)


# ---------------------------------------------------------------- what an event changes


def test_a_signature_moves_the_deadline_to_two_years_and_fixes_it_there() -> None:
    effect = note(artefact("sales_audio"), event("signature", CALL + DAY))
    ends = paris(2028, 11, 22, 10)
    assert effect.moves == (DeadlineMove("sales_audio", NO_ANSWER, ends),)
    assert effect.artefact.purposes == (Purpose("sales_audio", FixedDeadline(ends, "signature", CALL + DAY)),)
    assert "2 ans à compter de la signature (22/11/2026)" in in_french(effect.details)


def test_a_refusal_orders_destruction_at_once_and_marks_the_purpose_as_ended() -> None:
    effect = note(artefact("sales_audio"), event("refusal", CALL + MINUTE))
    assert effect.decision.action is RetentionAction.DESTROY
    assert effect.artefact.purposes[0].ended_at == CALL + MINUTE
    assert "destruction aussitôt" in in_french(effect.details)


def test_a_refusal_after_a_signature_is_noted_and_destroys_nothing() -> None:
    signed = event("signature", CALL + DAY)
    effect = note(artefact("sales_audio"), event("refusal", CALL + 2 * DAY), signed)
    assert (effect.moves, effect.decision.action) == ((), RetentionAction.KEEP)
    assert in_french(effect.details) == "Noté : aucune échéance ne change."


def test_a_renunciation_leaves_a_signed_recording_where_it_was() -> None:
    signed = event("signature", CALL + DAY)
    effect = note(artefact("sales_audio"), event("renunciation", CALL + 5 * DAY), signed)
    assert effect.moves == ()
    assert effect.decision.due_at == paris(2028, 11, 22, 10)


def test_a_complaint_prolongs_no_recording_and_says_how_to_keep_it() -> None:
    effect = note(artefact("quality_audio"), event("complaint-opened", CALL + DAY))
    assert effect.moves == ()
    assert "demandez un gel" in in_french(effect.details)


def test_each_purpose_moves_by_its_own_schedule() -> None:
    effect = note(artefact("quality_audio", "contract_proof"), event("conclusion", CALL + MINUTE))
    assert [move.tag for move in effect.moves] == ["contract_proof"]


def test_the_same_event_again_is_known_and_changes_nothing() -> None:
    signed = event("signature", CALL + DAY, reference="C-1")
    first = note(artefact("sales_audio"), signed)
    again = note(first.artefact, signed, signed, now=CALL + 3 * DAY)
    assert (again.already_noted, again.moves, again.artefact) == (True, (), first.artefact)


def test_an_event_after_the_end_is_noted_and_reopens_nothing() -> None:
    effect = note(artefact("sales_audio"), event("signature", NO_ANSWER + MINUTE))
    assert (effect.moves, effect.decision.action) == ((), RetentionAction.DESTROY)
    assert "Ce qui est échu n'est pas rouvert." in in_french(effect.details)


def test_a_second_offer_does_not_give_a_second_month() -> None:
    offered = event("offer", CALL + DAY)
    effect = note(artefact("sales_audio"), event("offer", CALL + 20 * DAY), offered)
    assert effect.moves == ()


# ---------------------------------------------------------------- what cannot have happened


@pytest.mark.parametrize(("late", "barring"), [(k, b) for k, bars in BARRED_BY.items() for b in sorted(bars, key=str)])
def test_nothing_is_offered_or_signed_once_it_was_refused(late: EventKind, barring: EventKind) -> None:
    said = refusal(artefact("sales_audio"), event(late, CALL + 2 * DAY), event(barring, CALL + DAY))
    assert f"there is a {barring.value} already" in said


def test_a_signature_said_to_be_of_yesterday_does_not_undo_a_refusal_of_today() -> None:
    refused = event("refusal", CALL + 2 * DAY)
    said = refusal(artefact("sales_audio"), event("signature", CALL + DAY), refused, now=CALL + 2 * DAY)
    assert "refusal already" in said


def test_a_second_contract_may_be_signed_after_a_refusal_that_came_too_late_to_count() -> None:
    known = [event("signature", CALL + DAY), event("refusal", CALL + 2 * DAY)]
    effect = note(artefact("sales_audio"), event("conclusion", CALL + 3 * DAY), *known)
    assert effect.decision.action is RetentionAction.KEEP


def test_a_refusal_learnt_late_that_came_before_the_signature_destroys_and_bars_what_follows() -> None:
    signed = event("signature", CALL + 2 * DAY)
    stored = note(artefact("sales_audio"), signed).artefact
    refused = event("refusal", CALL + DAY)
    effect = note(stored, refused, signed, now=CALL + 3 * DAY)
    assert (effect.decision.action, effect.decision.due_at) == (RetentionAction.DESTROY, CALL + DAY)
    assert "refusal already" in refusal(effect.artefact, event("conclusion", CALL + 3 * DAY), signed, refused)


@pytest.mark.parametrize(("kind", "needs"), NEEDS.items())
def test_some_events_need_another_before_them(kind: EventKind, needs: frozenset[EventKind]) -> None:
    thing = artefact("sales_audio", "complaint")
    assert "before it" in refusal(thing, event(kind, CALL + DAY))
    for needed in needs:
        assert "before it" in refusal(thing, event(kind, CALL + DAY), event(needed, CALL + 2 * DAY))
        note(thing, event(kind, CALL + DAY), event(needed, CALL + MINUTE))
        # An offer may be made and accepted in one minute of one call.
        note(thing, event(kind, CALL + DAY), event(needed, CALL + DAY))


def test_a_signature_noted_only_after_the_deadline_revives_nothing() -> None:
    said = refusal(artefact("sales_audio"), event("signature", CALL + DAY), now=NO_ANSWER + DAY)
    assert "nothing revives it" in said


def test_nothing_happens_to_what_was_destroyed() -> None:
    gone = replace(artefact("sales_audio"), destroyed_at=CALL + DAY)
    assert "has been destroyed" in refusal(gone, event("signature", CALL + 2 * DAY))


def test_the_future_has_not_happened() -> None:
    ahead = event("signature", CALL + DAY)
    assert timedelta(minutes=5) == CLOCK_SKEW
    assert "future" in refusal(artefact("sales_audio"), ahead, now=CALL + DAY - CLOCK_SKEW - MINUTE)
    note(artefact("sales_audio"), ahead, now=CALL + DAY - CLOCK_SKEW)


def test_nothing_happens_before_the_call() -> None:
    assert "before the artefact" in refusal(artefact("sales_audio"), event("offer", CALL - MINUTE), now=CALL)


def test_a_time_without_zone_is_refused() -> None:
    naive = BusinessEvent(EventKind.OFFER, CALL.replace(tzinfo=None), "dpo")
    assert "no zone" in refusal(artefact("sales_audio"), naive, now=CALL)


def test_somebody_answers_for_every_event() -> None:
    assert "nobody" in refusal(artefact("sales_audio"), BusinessEvent(EventKind.OFFER, CALL, " "))


# ---------------------------------------------------------------- what is stored


def test_sealing_fixes_the_deadline_of_every_purpose() -> None:
    thing = artefact("quality_audio", "sales_audio")
    sealed = with_deadlines(thing, decide_retention(thing, (), (), TABLE, PROFILE, CALL))
    assert [(p.tag, p.fixed.due_at, p.fixed.event) for p in sealed.purposes if p.fixed] == [
        ("quality_audio", paris(2027, 5, 21, 10), "recorded_at"),
        ("sales_audio", NO_ANSWER, "recorded_at"),
    ]
    assert all(purpose.ended_at is None for purpose in sealed.purposes)


def test_the_kinds_of_events_that_people_type_are_these() -> None:
    assert {"offer", "signature", "refusal", "objection", "complaint-opened", "complaint-closed", "last-contact"} <= {
        kind.value for kind in EventKind
    }
    named = {p.event for schedule in TABLE.schedules.values() for p in schedule.periods}
    assert named - {"recorded_at"} <= {kind.value for kind in EventKind}


@pytest.mark.parametrize("no", ["refusal", "objection"])
def test_a_no_that_came_after_a_signature_bars_no_conclusion_and_one_before_it_does(no: str) -> None:
    signed, concluded = event("signature", CALL + DAY), event("conclusion", CALL + 3 * DAY)
    note(artefact("sales_audio"), concluded, signed, event(no, CALL + 2 * DAY))
    assert no in refusal(artefact("sales_audio"), concluded, event(no, CALL + MINUTE))
