"""Legal hold: every move of its table, two approvers who did not ask, and bounded review dates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.domain.profile import Profile
from ivr.domain.retention.legal_hold import (
    LEGAL_HOLD,
    HoldEvent,
    HoldState,
    LegalHold,
    approve_hold,
    hold_rules,
    reject_hold,
    release_hold,
    renew_hold,
    request_hold,
)
from ivr.errors import ComplianceError, TransitionError
from tests.unit.domain.retention.retention_cases import CALL, HOLD_RULES, PROFILE, active_hold

DAY = timedelta(days=1)


def test_no_move_of_a_hold_leads_back() -> None:
    """Its states stand in this order: by it the evidence of two nodes is told apart."""
    life = list(HoldState)
    assert life[0] in LEGAL_HOLD.initial
    assert all(life.index(before) <= life.index(after) for (before, _), after in LEGAL_HOLD.table.items())


def ask(**changed: object) -> LegalHold:
    given: dict[str, object] = {
        "hold_id": "hold-1",
        "case": "litige 2026-17",
        "owner": "marie",
        "basis": "17.3.e legal claims",
        "items": frozenset({"rec-1"}),
        "requested_by": "marie",
        "review_at": CALL + 180 * DAY,
        "now": CALL,
        "rules": HOLD_RULES,
    }
    return request_hold(**{**given, **changed})  # type: ignore[arg-type]


def approve(hold: LegalHold, by: str, at: timedelta = DAY) -> LegalHold:
    return approve_hold(hold, by=by, now=CALL + at, rules=HOLD_RULES)


def test_the_figures_come_from_the_profile() -> None:
    assert (HOLD_RULES.max_initial_days, HOLD_RULES.review_days, HOLD_RULES.approvers) == (180, 90, 2)
    assert (HOLD_RULES.only_if_prior, HOLD_RULES.grace_minutes) == (True, 60)


def test_only_a_clear_permission_lets_a_hold_beat_destruction_at_once() -> None:
    def read(value: str) -> bool:
        rule = PROFILE.rule("RET-003")
        changed = replace(rule, params={**rule.params, "hold_beats_immediate_destruction": value})
        return hold_rules(Profile("p", "1", {**PROFILE.rules, "RET-003": changed})).only_if_prior

    assert [read(value) for value in ("only_if_prior", "perhaps", "always")] == [True, True, False]


def test_a_hold_suspends_nothing_until_two_others_approve() -> None:
    asked = ask()
    once = approve(asked, "dpo")
    twice = approve(once, "juriste", 2 * DAY)
    assert [h.state.value for h in (asked, once, twice)] == ["REQUESTED", "REQUESTED", "ACTIVE"]
    assert [h.covers("rec-1") for h in (asked, once, twice)] == [False, False, True]
    assert (once.active_from, twice.active_from) == (None, CALL + 2 * DAY)
    assert [a.by for a in twice.approvals] == ["dpo", "juriste"]


def test_it_covers_the_listed_items_only() -> None:
    assert not active_hold(CALL, "rec-1").covers("rec-2")


@pytest.mark.parametrize("who", ["marie", " Marie ", "MARIE"])
def test_who_asks_cannot_approve(who: str) -> None:
    with pytest.raises(ComplianceError, match="cannot approve it"):
        approve(ask(), who)


@pytest.mark.parametrize("who", ["dpo", "DPO ", ""])
def test_one_person_cannot_approve_twice_nor_nobody_once(who: str) -> None:
    with pytest.raises(ComplianceError, match=r"has approved this hold already|needs a person"):
        approve(approve(ask(), "dpo"), who)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"case": " "}, "needs a case"),
        ({"owner": ""}, "needs a owner"),
        ({"requested_by": ""}, "needs a requester"),
        ({"items": frozenset()}, "lists the items"),
        ({"basis": "17.3.e legal claim"}, "did you mean '17.3.e legal claims'"),
        ({"review_at": CALL + 180 * DAY + timedelta(seconds=1)}, "within 180 days"),
        ({"review_at": CALL}, "out of bounds"),
        ({"review_at": CALL - DAY}, "out of bounds"),
    ],
)
def test_a_hold_that_is_not_whole_is_refused_with_its_fix(changed: dict[str, object], words: str) -> None:
    with pytest.raises(ComplianceError, match=words) as refused:
        ask(**changed)
    assert refused.value.rules == ("RET-002",)
    assert "hold-1" in str(refused.value)


def test_a_renewal_is_for_ninety_days_at_most_and_by_another_person() -> None:
    hold = active_hold(CALL)
    now = CALL + 60 * DAY
    renewed = renew_hold(hold, by="dpo", review_at=now + 90 * DAY, now=now, rules=HOLD_RULES)
    assert (renewed.state, renewed.review_at, renewed.active_from) == (HoldState.ACTIVE, now + 90 * DAY, CALL)
    with pytest.raises(ComplianceError, match="within 90 days"):
        renew_hold(hold, by="dpo", review_at=now + 91 * DAY, now=now, rules=HOLD_RULES)
    with pytest.raises(ComplianceError, match="cannot renew it"):
        renew_hold(hold, by="marie", review_at=now + DAY, now=now, rules=HOLD_RULES)


def test_a_late_review_is_seen_and_releases_nothing() -> None:
    hold = active_hold(CALL)
    assert [hold.review_overdue(at) for at in (CALL + 89 * DAY, CALL + 90 * DAY)] == [False, True]
    assert hold.covers("rec-1")


def test_closing_says_who_when_and_why() -> None:
    released = release_hold(active_hold(CALL), by="dpo", reason="litige clos", now=CALL + DAY)
    rejected = reject_hold(ask(), by="dpo", reason="hors délai", now=CALL + DAY)
    assert (released.state, released.closed_by, released.closed_reason, released.closed_at) == (
        HoldState.RELEASED,
        "dpo",
        "litige clos",
        CALL + DAY,
    )
    assert rejected.state is HoldState.REJECTED
    assert not released.covers("rec-1")
    assert not rejected.covers("rec-1")
    with pytest.raises(ComplianceError, match="a person and a reason"):
        release_hold(active_hold(CALL), by="dpo", reason=" ", now=CALL)


ACTS: dict[HoldEvent, Callable[[LegalHold], LegalHold]] = {
    HoldEvent.ENDORSE: lambda hold: approve(replace(hold, approvals=()), "dpo"),
    HoldEvent.ACTIVATE: lambda hold: approve(replace(hold, approvals=approve(ask(), "dpo").approvals), "juriste"),
    HoldEvent.REJECT: lambda hold: reject_hold(hold, by="dpo", reason="non", now=CALL),
    HoldEvent.RENEW: lambda hold: renew_hold(hold, by="dpo", review_at=CALL + DAY, now=CALL, rules=HOLD_RULES),
    HoldEvent.RELEASE: lambda hold: release_hold(hold, by="dpo", reason="clos", now=CALL),
}


@pytest.mark.parametrize("state", HoldState)
@pytest.mark.parametrize("happened", HoldEvent)
def test_every_act_follows_the_table_and_an_illegal_one_changes_nothing(state: HoldState, happened: HoldEvent) -> None:
    hold = replace(active_hold(CALL), state=state)
    if LEGAL_HOLD.allows(state, happened):
        assert ACTS[happened](hold).state is LEGAL_HOLD.table[state, happened]
    else:
        with pytest.raises(TransitionError, match="hold-1"):
            ACTS[happened](hold)


def test_nothing_leaves_a_final_state() -> None:
    assert not {state for state, _ in LEGAL_HOLD.table} & LEGAL_HOLD.final
