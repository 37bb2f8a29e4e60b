"""The profile: which rules are in force on a day, and what is asked of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import ComplianceError
from ivr.settings import load_settings

CONFIG = Path(__file__).parents[3] / "config"
SETTINGS = load_settings(CONFIG, {})
PROFILE = SETTINGS.profile


@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)))
def test_rules_are_in_force_from_since_to_until_both_included(on: date) -> None:
    for rule in PROFILE.rules.values():
        assert rule.in_force(on) == (rule.since <= on <= (rule.until or date.max))


def test_a_rule_is_in_force_on_its_last_day_and_not_on_the_next() -> None:
    last = PROFILE.rules["ASS-A-05"].until
    assert last is not None
    assert [rule.id for rule in PROFILE.require(["ASS-A-05", "ASS-B-02"], last)] == ["ASS-A-05"]
    assert [rule.id for rule in PROFILE.require(["ASS-A-05", "ASS-B-02"], last + timedelta(days=1))] == ["ASS-B-02"]


def test_the_date_of_a_call_is_the_french_one() -> None:
    assert PROFILE.day_of(datetime(2026, 8, 10, 22, 30, tzinfo=UTC)) == date(2026, 8, 11)
    assert PROFILE.start_of(date(2026, 8, 11)) == datetime(2026, 8, 10, 22, tzinfo=UTC)


def test_asking_for_a_rule_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(ComplianceError, match="did you mean 'REC-0"):
        PROFILE.require(["REC-01"], date(2026, 1, 1))


def test_asking_for_a_figure_that_a_rule_does_not_have_is_an_error() -> None:
    with pytest.raises(ComplianceError, match="no number 'prebuffer'"):
        PROFILE.number("REC-001", "prebuffer")
    with pytest.raises(ComplianceError, match="no list 'prebuffer'"):
        PROFILE.names("REC-001", "prebuffer")
