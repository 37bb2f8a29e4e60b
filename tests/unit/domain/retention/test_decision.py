"""Keep or destroy, with reasons: several purposes, fixed deadlines, holds, a changed policy, a clock set back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.retention.artefact import Artefact, BusinessEvent, FixedDeadline, Purpose
from ivr.domain.retention.business_event import with_deadlines
from ivr.domain.retention.decision import PurposeState, RetentionAction, RetentionDecision, deadline, decide_retention
from ivr.domain.retention.legal_hold import LegalHold, release_hold
from ivr.domain.retention.schedule import Duration, RetentionTable
from ivr.errors import ComplianceError
from ivr.french import in_french
from tests.unit.domain.retention.retention_cases import CALL, PROFILE, TABLE, active_hold, artefact, event, paris

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SIX_MONTHS_ON = paris(2027, 5, 21, 10)


def decide(
    thing: Artefact,
    events: Sequence[BusinessEvent] = (),
    holds: Sequence[LegalHold] = (),
    now: datetime = CALL,
    table: RetentionTable = TABLE,
) -> RetentionDecision:
    return decide_retention(thing, events, holds, table, PROFILE, now)


def with_months(tag: str, months: int) -> RetentionTable:
    """The shipped table with every period of one schedule lasting so many months."""
    schedule = TABLE.schedule(tag)
    periods = tuple(
        p if p.keep.at_once else replace(p, keep=Duration(months=months), cap=Duration(months=months))
        for p in schedule.periods
    )
    return RetentionTable({**TABLE.schedules, tag: replace(schedule, periods=periods)}, TABLE.timezone)


# ---------------------------------------------------------------- the shipped schedules

CLOCKS = [
    ("quality_audio", {}, paris(2027, 5, 21, 10), "recorded_at", "REC-007"),
    ("quality_audio", {"signature": paris(2026, 12, 1)}, paris(2027, 5, 21, 10), "recorded_at", "REC-007"),
    ("sales_audio", {}, paris(2026, 12, 21, 10), "recorded_at", "ASS-B-04"),
    ("sales_audio", {"offer": paris(2026, 11, 25, 9)}, paris(2026, 12, 25, 9), "offer", "ASS-B-04"),
    (
        "sales_audio",
        {"offer": paris(2026, 11, 25, 9), "signature": paris(2026, 12, 3, 15)},
        paris(2028, 12, 3, 15),
        "signature",
        "ASS-B-02",
    ),
    (
        "sales_audio",
        {"signature": paris(2026, 12, 3, 15), "refusal": paris(2026, 12, 4, 8)},
        paris(2028, 12, 3, 15),
        "signature",
        "ASS-B-02",
    ),
    (
        "sales_audio",
        {"signature": paris(2026, 12, 3, 15), "refusal": paris(2026, 12, 2, 8)},
        paris(2026, 12, 2, 8),
        "refusal",
        "ASS-B-04",
    ),
    ("sales_audio", {"refusal": CALL + 2 * MINUTE}, CALL + 2 * MINUTE, "refusal", "RET-003"),
]


@pytest.mark.parametrize(("tag", "events", "end", "begun_by", "reason"), CLOCKS)
def test_the_shipped_schedules_follow_the_events(
    tag: str, events: dict[str, datetime], end: datetime, begun_by: str, reason: str
) -> None:
    said = [event(kind, at) for kind, at in events.items()]
    decision = decide(artefact(tag), said)
    (purpose,) = decision.purposes
    assert (purpose.due_at, purpose.due_at.utcoffset(), purpose.tag, purpose.event) == (
        end,
        timedelta(0),
        tag,
        begun_by,
    )
    assert reason in purpose.reasons
    if end > max((CALL, *events.values())):
        assert decide(artefact(tag), said, now=end - timedelta(seconds=1)).action is RetentionAction.KEEP
    assert decide(artefact(tag), said, now=end).action is RetentionAction.DESTROY


def test_a_recording_of_the_old_regime_is_kept_under_its_own_rules() -> None:
    recorded = paris(2026, 8, 10, 11)
    old = replace(artefact("sales_audio"), recorded_at=recorded)
    (purpose,) = decide(old, [event("signature", recorded)], now=recorded).purposes
    assert (purpose.due_at, purpose.reasons) == (paris(2028, 8, 10, 11), ("ASS-A-05",))


def test_the_customers_time_zone_can_be_asked_for() -> None:
    recorded = datetime(2026, 8, 30, 22, 30, tzinfo=UTC)
    due = deadline("quality_audio", recorded, RetentionTable(TABLE.schedules, "Indian/Reunion"), PROFILE)
    assert due == datetime(2027, 2, 28, 2, 30, tzinfo=ZoneInfo("Indian/Reunion"))


moments = st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments)
def test_quality_audio_never_outlives_184_days(recorded: datetime) -> None:
    kept = deadline("quality_audio", recorded, TABLE, PROFILE) - recorded
    assert timedelta(days=180, hours=22) <= kept <= timedelta(days=184, hours=2)


@given(moments, st.dictionaries(st.sampled_from(["offer", "signature"]), moments), moments)
def test_a_refusal_destroys_at_once_unless_a_signature_came_before(
    recorded: datetime, events: dict[str, datetime], refused: datetime
) -> None:
    said = [event(kind, at) for kind, at in {**events, "refusal": refused}.items()]
    (purpose,) = decide(replace(artefact("sales_audio"), recorded_at=recorded), said, now=recorded).purposes
    if "signature" in events and events["signature"] < refused:
        assert purpose.event != "refusal"
    else:
        assert purpose.due_at <= refused


# ---------------------------------------------------------------- purposes


def test_each_purpose_ends_by_its_own_schedule_and_the_last_one_takes_the_artefact_with_it() -> None:
    both = artefact("quality_audio", "contract_proof")
    proof_ends = paris(2026, 12, 21, 10)
    between = decide(both, now=proof_ends)
    assert [p.state for p in between.purposes] == [PurposeState.OPEN, PurposeState.ENDED]
    assert (between.action, between.due_at) == (RetentionAction.KEEP, SIX_MONTHS_ON)
    assert "REC-007" in between.reasons
    assert "REC-009" not in between.reasons
    assert decide(both, now=SIX_MONTHS_ON).action is RetentionAction.DESTROY


def test_an_objection_ends_quality_and_leaves_the_proof_of_a_contract() -> None:
    both = artefact("quality_audio", "contract_proof")
    said = [event("conclusion", CALL + MINUTE), event("objection", CALL + 2 * MINUTE)]
    quality, proof = decide(both, said, now=CALL + DAY).purposes
    assert (quality.state, quality.at_once, quality.reasons) == (PurposeState.ENDED, True, ("REC-004", "REC-005"))
    assert (proof.state, proof.event) == (PurposeState.OPEN, "conclusion")


def test_a_thing_without_purpose_may_not_be_kept() -> None:
    with pytest.raises(ComplianceError, match="serves no purpose") as refused:
        decide(artefact())
    assert "rec-1" in str(refused.value)


def test_an_unknown_purpose_names_the_artefact_and_the_nearest_schedule() -> None:
    with pytest.raises(ComplianceError, match=r"artefact rec-1.*did you mean 'quality_audio'"):
        decide(artefact("quality_audoi"))


def test_a_schedule_without_a_period_for_what_is_known_is_an_error_that_names_the_artefact() -> None:
    sales = TABLE.schedule("sales_audio")
    table = RetentionTable({"sales_audio": replace(sales, periods=sales.periods[:1])}, TABLE.timezone)
    with pytest.raises(ComplianceError, match=r"artefact rec-1.*no period for what is known"):
        decide(artefact("sales_audio"), table=table)


def test_the_detail_is_a_french_sentence_with_dates_of_the_customers_zone() -> None:
    assert in_french(decide(artefact("quality_audio")).details) == (
        "Enregistrement qualité : 6 mois à compter de l'appel (21/11/2026), jusqu'au 21/05/2027 à 10:00."
    )
    refused = decide(artefact("sales_audio"), [event("refusal", CALL + MINUTE)], now=CALL + MINUTE)
    assert (
        in_french(refused.details) == "Enregistrement de vente : destruction aussitôt, le refus le 21/11/2026 à 10:01."
    )
    ended = decide(artefact("health_contract"), now=paris(2036, 11, 21, 10))
    assert "10 ans à compter du document (21/11/2026), échu le 21/11/2036 à 10:00." in in_french(ended.details)


# ---------------------------------------------------------------- when it must be done


def test_what_is_due_at_once_goes_within_the_hour_and_the_rest_within_a_day() -> None:
    refused = decide(artefact("sales_audio"), [event("refusal", CALL + MINUTE)], now=CALL + MINUTE)
    assert refused.destroy_by == CALL + MINUTE + timedelta(minutes=60)
    assert decide(artefact("quality_audio")).destroy_by == SIX_MONTHS_ON + timedelta(hours=24)


def test_what_was_destroyed_stays_destroyed_whatever_is_said_later() -> None:
    gone = replace(artefact("sales_audio"), destroyed_at=CALL + DAY)
    decision = decide(gone, [event("signature", CALL + MINUTE)], [active_hold(CALL)], now=CALL + DAY)
    assert (decision.action, decision.overdue_since) == (RetentionAction.DESTROY, None)
    assert in_french(decision.details) == "Déjà détruit : rien ne le rétablit."


def test_a_clock_set_back_does_not_bring_back_what_was_refused() -> None:
    refused = [event("refusal", CALL + DAY)]
    assert decide(artefact("sales_audio"), refused, now=CALL).action is RetentionAction.DESTROY


def test_a_clock_set_back_does_not_reopen_a_purpose_that_was_found_ended() -> None:
    both = artefact("quality_audio", "contract_proof")
    later = with_deadlines(both, decide(both, now=paris(2027, 1, 1)))
    again = decide(later, now=CALL)
    assert [p.state for p in again.purposes] == [PurposeState.OPEN, PurposeState.ENDED]


# ---------------------------------------------------------------- a changed policy


def test_a_longer_policy_does_not_lengthen_what_is_stored() -> None:
    sealed = with_deadlines(artefact("commercial_relation"), decide(artefact("commercial_relation")))
    before = sealed.purposes[0].fixed
    assert before is not None
    assert decide(sealed, table=with_months("commercial_relation", 60)).due_at == before.due_at
    assert decide(artefact("commercial_relation"), table=with_months("commercial_relation", 60)).due_at > before.due_at


def test_a_shorter_policy_shortens_what_is_stored() -> None:
    sealed = with_deadlines(artefact("quality_audio"), decide(artefact("quality_audio")))
    assert decide(sealed, table=with_months("quality_audio", 3)).due_at == paris(2027, 2, 21, 10)


def test_an_event_whose_period_may_not_extend_moves_nothing_later() -> None:
    suspected = [event("fraud-suspected", CALL + 30 * DAY)]
    decision = decide(artefact("fraud"), suspected)
    assert (decision.due_at, decision.purposes[0].event) == (SIX_MONTHS_ON, "recorded_at")


def test_an_earlier_event_noted_late_does_not_carry_a_longer_policy_in() -> None:
    offers = [event("offer", CALL + 2 * DAY)]
    table = with_months("sales_audio", 1)
    noted = with_deadlines(
        artefact("sales_audio"), decide(artefact("sales_audio"), offers, now=CALL + 3 * DAY, table=table)
    )
    earlier = [*offers, event("offer", CALL + DAY)]
    longer = decide(noted, earlier, now=CALL + 3 * DAY, table=with_months("sales_audio", 6))
    assert longer.due_at == paris(2026, 12, 23, 10)


def test_a_signature_extends_what_was_fixed_and_is_then_fixed_itself() -> None:
    sealed = with_deadlines(artefact("sales_audio"), decide(artefact("sales_audio")))
    signed = [event("signature", CALL + DAY)]
    extended = decide(sealed, signed)
    assert extended.due_at == paris(2028, 11, 22, 10)
    fixed = with_deadlines(sealed, extended)
    assert decide(fixed, signed, table=with_months("sales_audio", 36)).due_at == extended.due_at


def test_what_was_fixed_stands_when_its_period_leaves_the_table() -> None:
    signed = FixedDeadline(paris(2028, 11, 22, 10), "signature", CALL + DAY)
    thing = Artefact("rec-1", CALL, (Purpose("quality_audio", signed),))
    assert decide(thing).due_at == signed.due_at


def test_a_thing_due_before_the_signature_is_not_revived_by_it() -> None:
    lapsed = paris(2026, 12, 21, 10)
    late = [event("signature", lapsed + MINUTE)]
    decision = decide(artefact("sales_audio"), late, now=lapsed + DAY)
    assert (decision.action, decision.overdue_since) == (RetentionAction.DESTROY, lapsed)


def test_a_refusal_of_today_undoes_a_signature_noted_for_later_only() -> None:
    first, second = CALL + DAY, CALL + 2 * DAY
    signed_first = [event("signature", first), event("refusal", second)]
    refused_first = [event("refusal", first), event("signature", second)]
    assert decide(artefact("sales_audio"), signed_first, now=second).action is RetentionAction.KEEP
    assert decide(artefact("sales_audio"), refused_first, now=second).action is RetentionAction.DESTROY
    together = [event("signature", first), event("refusal", first)]
    assert decide(artefact("sales_audio"), together, now=first).action is RetentionAction.DESTROY


def test_a_new_refusal_refreshes_an_entry_that_waits_for_review() -> None:
    entry = artefact("do_not_contact")
    waiting = paris(2030, 1, 1)
    assert decide(entry, now=waiting).purposes[0].state is PurposeState.REVIEW
    refreshed = decide(entry, [event("refusal", waiting)], now=waiting)
    assert (refreshed.purposes[0].state, refreshed.due_at) == (PurposeState.OPEN, paris(2033, 1, 1))


def test_an_offer_made_after_the_signature_takes_nothing_from_the_two_years() -> None:
    said = [event("signature", CALL + DAY), event("offer", CALL + 2 * DAY)]
    assert decide(artefact("sales_audio"), said).due_at == paris(2028, 11, 22, 10)


def test_a_purpose_that_was_found_ended_is_not_reopened_by_what_is_learnt_later() -> None:
    lapsed = paris(2026, 12, 21, 10)
    found = with_deadlines(artefact("sales_audio"), decide(artefact("sales_audio"), now=lapsed))
    learnt = decide(found, [event("signature", CALL + DAY)], now=lapsed + DAY)
    assert (learnt.action, learnt.due_at) == (RetentionAction.DESTROY, lapsed)


def test_an_earlier_contact_noted_late_does_not_shorten_the_last_one() -> None:
    contacts = [event("last-contact", CALL + DAY)]
    prospect = artefact("commercial_relation")
    noted = with_deadlines(prospect, decide(prospect, contacts, now=CALL + 2 * DAY))
    later = decide(noted, [*contacts, event("last-contact", CALL + MINUTE)], now=CALL + 2 * DAY)
    assert later.due_at == paris(2029, 11, 22, 10)


def test_an_earlier_offer_noted_late_counts() -> None:
    offers = [event("offer", CALL + 3 * DAY)]
    noted = with_deadlines(artefact("sales_audio"), decide(artefact("sales_audio"), offers, now=CALL + 4 * DAY))
    earlier = decide(noted, [*offers, event("offer", CALL + DAY)], now=CALL + 4 * DAY)
    assert earlier.due_at == paris(2026, 12, 22, 10)


# ---------------------------------------------------------------- holds


def test_a_hold_keeps_what_is_due_and_says_since_when() -> None:
    hold = active_hold(CALL)
    held = decide(artefact("quality_audio"), holds=[hold], now=SIX_MONTHS_ON + DAY)
    assert (held.action, held.overdue_since, held.held_by) == (RetentionAction.KEEP, SIX_MONTHS_ON, ("hold-1",))
    assert "RET-002" in held.reasons
    assert "Suspendu par le gel litige 2026-17 (hold-1)." in in_french(held.details)
    assert held.purposes[0].state is PurposeState.ENDED


def test_a_hold_keeps_the_listed_items_only() -> None:
    other = active_hold(CALL, "rec-2")
    assert decide(artefact("quality_audio"), holds=[other], now=SIX_MONTHS_ON).action is RetentionAction.DESTROY


def test_releasing_a_hold_destroys_what_is_overdue() -> None:
    hold = active_hold(CALL)
    freed = release_hold(hold, by="dpo", reason="litige clos", now=SIX_MONTHS_ON + DAY)
    decision = decide(artefact("quality_audio"), holds=[freed], now=SIX_MONTHS_ON + DAY)
    assert (decision.action, decision.overdue_since) == (RetentionAction.DESTROY, SIX_MONTHS_ON)


@pytest.mark.parametrize(
    ("placed", "action"),
    [
        (CALL, RetentionAction.KEEP),
        (CALL + MINUTE, RetentionAction.DESTROY),
        (CALL + 2 * MINUTE, RetentionAction.DESTROY),
    ],
    ids=["before the refusal", "at the same instant", "after the refusal"],
)
def test_only_a_hold_that_existed_before_a_refusal_suspends_it(placed: datetime, action: RetentionAction) -> None:
    refused = [event("refusal", CALL + MINUTE)]
    decision = decide(artefact("sales_audio"), refused, [active_hold(placed)], now=CALL + DAY)
    assert decision.action is action
    assert ("RET-002" in decision.reasons) == (action is RetentionAction.KEEP)
    if action is RetentionAction.DESTROY:
        assert "Un gel postérieur n'y change rien." in in_french(decision.details)
        assert decision.held_by == ()


def test_a_refusal_decides_for_a_later_hold_when_another_purpose_ends_at_the_same_instant() -> None:
    at_once = Purpose("quality_audio", FixedDeadline(CALL + MINUTE, "recorded_at", CALL))
    both = replace(artefact("quality_audio", "sales_audio"), purposes=(at_once, Purpose("sales_audio")))
    said = [event("objection", CALL + MINUTE)]
    decision = decide(both, said, [active_hold(CALL + 2 * MINUTE)], now=CALL + DAY)
    assert decision.action is RetentionAction.DESTROY


def test_the_purpose_that_ends_last_decides_whether_a_hold_counts() -> None:
    both = artefact("quality_audio", "contract_proof")
    said = [event("objection", CALL + MINUTE)]
    proof_ends = paris(2026, 12, 21, 10)
    held = decide(both, said, [active_hold(CALL + DAY)], now=proof_ends)
    assert (held.action, held.due_at) == (RetentionAction.KEEP, proof_ends)
    assert held.destroy_by == proof_ends + timedelta(hours=24)


def test_a_hold_placed_after_an_ordinary_deadline_still_suspends() -> None:
    late = active_hold(SIX_MONTHS_ON + MINUTE)
    assert decide(artefact("quality_audio"), holds=[late], now=SIX_MONTHS_ON + DAY).action is RetentionAction.KEEP


def test_a_hold_whose_review_is_late_is_flagged_and_goes_on() -> None:
    hold = active_hold(CALL, review_after=30 * DAY)
    before = decide(artefact("quality_audio"), holds=[hold], now=CALL + 29 * DAY)
    after = decide(artefact("quality_audio"), holds=[hold], now=SIX_MONTHS_ON)
    assert before.holds_to_review == ()
    assert (after.action, after.holds_to_review) == (RetentionAction.KEEP, ("hold-1",))


def test_a_hold_on_what_is_not_due_yet_is_named_and_changes_nothing() -> None:
    held = decide(artefact("quality_audio"), holds=[active_hold(CALL)])
    free = decide(artefact("quality_audio"))
    assert held.held_by == ("hold-1",)
    assert replace(held, held_by=()) == free
