"""What is owed after a breach, and until when: 72 hours that stop for no weekend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.rights import breach as domain
from ivr.domain.rights.breach import Breach, BreachState, Duties, Exemption, Loss, Owed, Risk, decide_duties
from ivr.errors import ComplianceError, TransitionError
from tests.retention_rig import settings

PROFILE = settings().profile
FRIDAY = datetime(2027, 3, 26, 17, tzinfo=UTC)  # before Easter
HOUR = timedelta(hours=1)


def recorded() -> Breach:
    return domain.record(
        case_id="case-1", reference="V1", aware_at=FRIDAY, losses=(Loss.AVAILABILITY,), persons=3, now=FRIDAY
    )


def owed(breach: Breach, now: datetime = FRIDAY) -> Duties:
    return decide_duties(breach, profile=PROFILE, now=now)


def test_the_hours_run_over_a_weekend_and_easter_monday() -> None:
    found = owed(recorded(), FRIDAY + 71 * HOUR)
    assert found.due_at == datetime(2027, 3, 29, 17, tzinfo=UTC)
    assert (found.hours_left, found.authority.owed) == (1, Owed.OWED)
    late = owed(recorded(), FRIDAY + 72 * HOUR + timedelta(seconds=1))
    assert (late.hours_left, late.authority.owed) == (-1, Owed.LATE)


def test_seventy_two_hours_are_as_long_when_the_clocks_change() -> None:
    noticed = datetime(2026, 10, 23, 12, tzinfo=ZoneInfo("Europe/Paris"))
    assert owed(replace(recorded(), aware_at=noticed)).due_at == datetime(2026, 10, 26, 10, tzinfo=UTC)


def test_what_is_not_assessed_counts_as_a_risk() -> None:
    found = owed(recorded())
    assert (found.authority.owed, found.persons.owed) == (Owed.OWED, Owed.UNDECIDED)


@pytest.mark.parametrize(
    ("risk", "exemption", "authority", "persons"),
    [
        (Risk.NONE, None, Owed.NOT_OWED, Owed.NOT_OWED),
        (Risk.RISK, None, Owed.OWED, Owed.NOT_OWED),
        (Risk.HIGH, None, Owed.OWED, Owed.OWED),
        (Risk.HIGH, Exemption.UNREADABLE, Owed.OWED, Owed.NOT_OWED),
        (Risk.HIGH, Exemption.REMOVED, Owed.OWED, Owed.NOT_OWED),
        (Risk.HIGH, Exemption.PUBLIC, Owed.OWED, Owed.OWED),
    ],
)
def test_the_risk_decides_who_is_told(risk: Risk, exemption: Exemption | None, authority: Owed, persons: Owed) -> None:
    found = owed(domain.assess(recorded(), risk, exemption))
    assert (found.authority.owed, found.persons.owed) == (authority, persons)
    assert found.authority.reasons == ("GDP-007",)


def test_told_in_time_and_too_late_read_differently() -> None:
    in_time = domain.tell_authority(recorded(), at=FRIDAY + HOUR, now=FRIDAY + HOUR)
    late = domain.tell_authority(recorded(), at=FRIDAY + 80 * HOUR, now=FRIDAY + 80 * HOUR)
    assert "within" in owed(in_time).authority.detail
    assert "delay" in owed(late).authority.detail
    again = domain.tell_authority(in_time, at=FRIDAY + 90 * HOUR, now=FRIDAY + 90 * HOUR)
    assert again.authority_told_at == FRIDAY + HOUR


def test_it_closes_once_everybody_was_told() -> None:
    breach = domain.assess(recorded(), Risk.HIGH, None)
    with pytest.raises(ComplianceError, match="still to be told"):
        domain.close(breach, profile=PROFILE, now=FRIDAY)
    breach = domain.tell_persons(domain.tell_authority(breach, at=FRIDAY, now=FRIDAY), at=FRIDAY, now=FRIDAY)
    closed = domain.close(breach, profile=PROFILE, now=FRIDAY + HOUR)
    assert (closed.state, closed.closed_at) == (BreachState.CLOSED, FRIDAY + HOUR)
    with pytest.raises(TransitionError):
        domain.assess(closed, Risk.NONE, None)
    with pytest.raises(TransitionError):
        domain.close(recorded(), profile=PROFILE, now=FRIDAY)


@pytest.mark.parametrize("at", [FRIDAY - HOUR, FRIDAY + 2 * HOUR])
def test_nobody_was_told_before_it_was_noticed_nor_tomorrow(at: datetime) -> None:
    assessed = domain.assess(recorded(), Risk.HIGH, None)
    for tell in (domain.tell_authority, domain.tell_persons):
        with pytest.raises(ComplianceError, match="told before"):
            tell(assessed, at=at, now=FRIDAY + HOUR)


def test_what_is_no_breach_is_not_recorded() -> None:
    good = {
        "case_id": "c",
        "reference": "r",
        "aware_at": FRIDAY,
        "losses": (Loss.INTEGRITY,),
        "persons": 0,
        "now": FRIDAY,
    }
    for wrong in ({"losses": ()}, {"aware_at": FRIDAY + HOUR}, {"persons": -1}):
        with pytest.raises(ComplianceError):
            domain.record(**{**good, **wrong})  # type: ignore[arg-type]
    with pytest.raises(ComplianceError, match="exemption"):
        domain.assess(recorded(), Risk.RISK, Exemption.REMOVED)


@given(
    st.sampled_from([None, *Risk]),
    st.sampled_from([None, *Exemption]),
    st.booleans(),
    st.booleans(),
    st.integers(-10, 200),
)
def test_whatever_the_facts_a_risk_is_told_to_the_authority_and_a_high_one_to_persons(
    risk: Risk | None, exemption: Exemption | None, authority: bool, persons: bool, hours: int
) -> None:
    breach = replace(
        recorded(),
        risk=risk,
        exemption=exemption,
        authority_told_at=FRIDAY if authority else None,
        persons_told_at=FRIDAY if persons else None,
    )
    found = owed(breach, FRIDAY + hours * HOUR)
    assert (found.authority.owed is Owed.NOT_OWED) is (risk is Risk.NONE and not authority)
    if risk is Risk.HIGH and exemption is None and not persons:
        assert found.persons.owed is Owed.OWED
    assert found.authority.detail
    assert found.persons.detail
