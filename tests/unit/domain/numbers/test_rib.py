"""The key of an account as the banks compute it: 89 times the bank, 15 times the branch, 3 times the number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.numbers import rib

WHOLE = "30006000011234567890189"


@given(st.integers(0, 99_999), st.integers(0, 99_999), st.integers(0, 99_999_999_999))
def test_the_key_of_the_banks_is_the_right_one_and_no_other(bank: int, branch: int, number: int) -> None:
    right = 97 - (89 * bank + 15 * branch + 3 * number) % 97
    digits = f"{bank:05}{branch:05}{number:011}"
    assert [key for key in range(100) if rib.has_key(f"{digits}{key:02}")] == [right]


def test_less_or_more_than_23_digits_have_no_key() -> None:
    assert rib.has_key(WHOLE)
    for digits in (WHOLE[:-1], f"0{WHOLE}", WHOLE + "0", ""):
        assert not rib.has_key(digits)
