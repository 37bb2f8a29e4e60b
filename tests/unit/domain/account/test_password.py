"""Passwords that are refused, and why."""

from __future__ import annotations

import pytest

from ivr.domain.account.password import LEAST_SCORE, LONGEST, SHORTEST, judge_password

GOOD = "x" * SHORTEST


@pytest.mark.parametrize(
    ("password", "score", "said"),
    [
        (GOOD, LEAST_SCORE, None),
        ("x" * LONGEST, 4, None),
        (GOOD[1:], 4, f"at least {SHORTEST}"),
        ("x" * (LONGEST + 1), 4, f"at most {LONGEST}"),
        ("ma-Martin-va-bien", 4, "contains the login"),
        (GOOD, LEAST_SCORE - 1, "easily guessed"),
    ],
)
def test_a_password_is_long_and_not_easily_guessed(password: str, score: int, said: str | None) -> None:
    found = judge_password(password, login="martin", score=score)
    assert found is None if said is None else said in str(found)
