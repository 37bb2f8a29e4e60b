"""A request of a person: its table, its month, and what each step needs."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.rights import request as domain
from ivr.domain.rights.request import (
    ARTICLES,
    CLOSED,
    RIGHTS_REQUEST,
    Channel,
    Due,
    ExtensionReason,
    IdentityCheck,
    Outcome,
    RefusalGround,
    RequestEvent,
    RequestState,
    Right,
    RightsRequest,
    decide_due,
)
from ivr.domain.rights.working_days import working_days
from ivr.errors import ComplianceError, TransitionError
from tests.retention_rig import settings

PROFILE = settings().profile
DAYS = working_days(PROFILE)
RECEIVED = date(2026, 11, 30)


def received(on: date = RECEIVED) -> RightsRequest:
    return domain.take_in(
        case_id="case-1", reference="D202611-ABCDEF", right=Right.ACCESS, channel=Channel.CALL, received_on=on, today=on
    )


def due(request: RightsRequest, today: date = RECEIVED) -> Due:
    return decide_due(request, profile=PROFILE, days=DAYS, today=today)


def extended(request: RightsRequest, today: date) -> RightsRequest:
    return domain.extend(request, ExtensionReason.COMPLEX, profile=PROFILE, days=DAYS, today=today)


def test_the_month_runs_from_the_day_of_receipt() -> None:
    found = due(received())
    assert (found.on, found.days_left, found.reasons) == (date(2026, 12, 30), 30, ("GDP-003",))
    assert due(received(), date(2027, 1, 2)).days_left == -3


def test_asking_who_it_is_stops_no_clock() -> None:
    assert due(domain.ask_identity(received())).on == date(2026, 12, 30)


def test_an_extension_makes_three_months_from_receipt() -> None:
    later = extended(received(), date(2026, 12, 20))
    assert due(later).on == date(2027, 3, 1)
    assert (later.state, later.extension) == (RequestState.RECEIVED, ExtensionReason.COMPLEX)


def test_an_extension_comes_within_the_first_month_and_once() -> None:
    assert due(received(), date(2026, 12, 30)).may_extend
    assert not due(received(), date(2026, 12, 31)).may_extend
    with pytest.raises(ComplianceError, match="first month is over"):
        extended(received(), date(2026, 12, 31))
    with pytest.raises(ComplianceError, match="extended already"):
        extended(extended(received(), RECEIVED), RECEIVED)


def test_a_month_that_ends_on_a_day_off_may_be_extended_on_the_day_that_follows() -> None:
    on_easter = received(date(2027, 2, 28))
    assert extended(on_easter, date(2027, 3, 30)).extended_on == date(2027, 3, 30)
    with pytest.raises(ComplianceError):
        extended(on_easter, date(2027, 3, 31))


def test_nothing_is_received_tomorrow() -> None:
    with pytest.raises(ComplianceError, match="future"):
        domain.take_in(
            case_id="c",
            reference="r",
            right=Right.COPY,
            channel=Channel.MAIL,
            received_on=RECEIVED,
            today=date(2026, 11, 29),
        )


def test_nobody_is_answered_before_it_is_known_who_asks() -> None:
    for request in (received(), domain.ask_identity(received())):
        with pytest.raises(TransitionError):
            domain.answer(request, Outcome.GRANTED, today=RECEIVED)
    known = domain.identify(received(), IdentityCheck.CALLED_BACK)
    answered = domain.answer(known, Outcome.GRANTED, today=RECEIVED)
    assert (answered.state, answered.closed_on, answered.is_open) == (RequestState.ANSWERED, RECEIVED, False)


def test_whoever_stays_unknown_may_be_refused_and_may_dispute_it() -> None:
    refused = domain.refuse(domain.ask_identity(received()), RefusalGround.NOT_IDENTIFIED, today=RECEIVED)
    assert refused.state is RequestState.REFUSED
    assert domain.dispute(refused, today=RECEIVED).state is RequestState.DISPUTED
    with pytest.raises(TransitionError):
        domain.dispute(received(), today=RECEIVED)


def test_no_check_of_identity_asks_for_what_is_never_asked() -> None:
    names = " ".join(check.value for check in IdentityCheck)
    assert not any(word in names for word in ("nir", "social", "bank", "iban", "card"))


def test_every_ground_names_its_article() -> None:
    assert set(ARTICLES) == set(RefusalGround)


@given(st.lists(st.sampled_from(list(RequestEvent)), max_size=8))
def test_in_whatever_order_steps_come_a_closed_request_is_opened_by_none(steps: list[RequestEvent]) -> None:
    state = RequestState.RECEIVED
    for step in steps:
        if RIGHTS_REQUEST.allows(state, step):
            after = RIGHTS_REQUEST.after(state, step)
            assert not (state in CLOSED and after not in CLOSED)
            state = after
