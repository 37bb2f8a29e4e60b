"""A requisition: its table, its hours, and what each step needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.access import Actor, Role
from ivr.domain.authority import requisition as domain
from ivr.domain.authority.requisition import (
    CLOSED,
    MOST_ITEMS,
    OPEN,
    REQUISITION,
    CheckedBy,
    RefusalGround,
    Requisition,
    RequisitionEvent,
    RequisitionState,
    Viewer,
    authorities_of,
    decide_due,
    read_items,
)
from ivr.errors import ComplianceError, ConfigurationError, TransitionError
from tests.retention_rig import settings

PROFILE = settings().profile
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
INES, KARIM = Actor("ines", Role.COMPLIANCE_OFFICER), Actor("karim", Role.DPO)
LONGEST = timedelta(days=30)
RECEIVED = Requisition("case-1", "A202611-1", "ACPR", "2026-88", "CMF L612-24", NOW, ("rec-1", "rec-2"))


def checked() -> Requisition:
    return domain.check(RECEIVED, INES, CheckedBy.CALLED_BACK)


def approved() -> Requisition:
    return domain.approve(checked(), KARIM)


def handed_out() -> Requisition:
    return domain.hand_out(approved(), INES, index_sha256="ab", at=NOW)


def test_it_goes_from_receipt_to_receipt() -> None:
    done = domain.receipt(handed_out(), NOW.date(), profile=PROFILE, today=NOW.date())
    assert (done.state, done.checked_by, done.approved_by) == (RequisitionState.RECEIPTED, "ines", "karim")
    assert (done.handed_out_by, done.handed_out_at, done.receipted_on) == ("ines", NOW, NOW.date())
    assert not done.is_open


@pytest.mark.parametrize("login", ["ines", " Ines", "INES"])
def test_whoever_checked_it_does_not_approve_it(login: str) -> None:
    with pytest.raises(ComplianceError, match="does not approve") as caught:
        domain.approve(checked(), Actor(login, Role.DPO))
    assert caught.value.rules == ("RET-004",)


def test_its_list_stands_once_it_is_checked() -> None:
    assert domain.amend(RECEIVED, ["rec-3"]).items == ("rec-3",)
    for later in (checked(), handed_out()):
        with pytest.raises(TransitionError):
            domain.amend(later, ["rec-3"])


def test_a_list_that_is_changed_after_the_approval_is_checked_and_approved_anew() -> None:
    assert domain.amend(approved(), ["rec-1"]) == replace(RECEIVED, items=("rec-1",))
    assert domain.refuse(approved(), RefusalGround.NOTHING_KEPT).state is RequisitionState.REFUSED


def test_the_gate_is_told_what_was_done_and_nothing_more() -> None:
    assert (RECEIVED.granted.verified_by, RECEIVED.granted.approved_by) == ("", "")
    granted = approved().granted
    assert (granted.authority, granted.reference) == ("ACPR", "2026-88")
    assert (granted.approver_role, granted.items) == (Role.DPO, frozenset({"rec-1", "rec-2"}))


def test_the_rule_gives_a_day_and_names_who_may_ask() -> None:
    due = decide_due(RECEIVED, profile=PROFILE, now=NOW + timedelta(hours=20))
    assert (due.at, due.hours_left, due.reasons) == (NOW + timedelta(hours=24), 4, ("RET-004",))
    assert decide_due(RECEIVED, profile=PROFILE, now=NOW + timedelta(hours=30)).hours_left == -6
    assert {"ACPR", "DGCCRF", "CNIL"} <= set(authorities_of(PROFILE))


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"authority": "Mairie"}, "authority"),
        ({"asked_reference": " "}, "asked_reference"),
        ({"basis": ""}, "basis"),
        ({"received_at": NOW + timedelta(minutes=1)}, "received_at"),
        ({"received_at": datetime(1, 1, 1, tzinfo=UTC)}, "received_at"),
    ],
)
def test_what_is_no_written_request_of_an_authority_is_not_taken_in(changed: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        domain.take_in(replace(RECEIVED, **changed), profile=PROFILE, now=NOW)  # type: ignore[arg-type]
    assert caught.value.key == key


def test_items_are_listed_once_each_in_their_order() -> None:
    assert read_items("rec-2, rec-1\nrec-2;rec-3") == ("rec-2", "rec-1", "rec-3")
    assert len(read_items(" ".join(f"r{n}" for n in range(MOST_ITEMS)))) == MOST_ITEMS


@pytest.mark.parametrize(
    "typed", ["", " , ", "../etc", "a" * 101, "é", " ".join(f"r{n}" for n in range(MOST_ITEMS + 1))]
)
def test_what_is_no_list_is_told(typed: str) -> None:
    with pytest.raises(ConfigurationError):
        read_items(typed)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_receipt_is_signed_between_the_handing_out_and_today(days: int) -> None:
    with pytest.raises(ConfigurationError, match="between"):
        domain.receipt(handed_out(), NOW.date() + timedelta(days=days), profile=PROFILE, today=NOW.date())


def test_an_account_ends_and_there_is_none_before_it_is_approved() -> None:
    viewer = Viewer("autorite-1", NOW + LONGEST)
    admitted = domain.admit(approved(), viewer, longest=LONGEST, now=NOW)
    assert admitted.viewers == (viewer,)
    with pytest.raises(ComplianceError, match="before it is approved"):
        domain.admit(checked(), viewer, longest=LONGEST, now=NOW)
    for until in (NOW, NOW + LONGEST + timedelta(seconds=1)):
        with pytest.raises(ConfigurationError, match="30 days"):
            domain.admit(approved(), Viewer("autorite-1", until), longest=LONGEST, now=NOW)
    assert domain.dismiss(admitted, "autorite-1", now=NOW).viewers == (Viewer("autorite-1", NOW),)
    with pytest.raises(ConfigurationError, match="no such account"):
        domain.dismiss(admitted, "autorite-2", now=NOW)


def test_a_refusal_ends_it_and_nothing_is_open_then() -> None:
    refused = domain.refuse(checked(), RefusalGround.TOO_WIDE)
    assert (refused.state in CLOSED, refused.state in OPEN) == (True, False)
    with pytest.raises(TransitionError):
        domain.approve(refused, KARIM)


@given(st.lists(st.sampled_from(RequisitionEvent), max_size=12))
def test_nothing_is_handed_out_that_was_not_checked_and_approved_first(events: list[RequisitionEvent]) -> None:
    state, seen = RequisitionState.RECEIVED, []
    for event in events:
        if REQUISITION.allows(state, event):
            state = REQUISITION.after(state, event, where="x")
            seen.append(event)
    if RequisitionEvent.HAND_OUT in seen:
        before = seen[: seen.index(RequisitionEvent.HAND_OUT)]
        assert before[-2:] == [RequisitionEvent.CHECK, RequisitionEvent.APPROVE]
