"""A device that keeps a passkey counts its uses, and its holder gives it a name."""

from __future__ import annotations

import pytest

from ivr.domain.account.passkey import LONGEST_NAME, counts_on, judge_name, passkey_key


@pytest.mark.parametrize(
    ("before", "told", "good"), [(0, 0, True), (0, 1, True), (5, 6, True), (5, 5, False), (5, 4, False), (5, 0, False)]
)
def test_a_device_that_counts_counts_on(before: int, told: int, good: bool) -> None:
    assert counts_on(before, told) is good


@pytest.mark.parametrize(
    ("name", "good"),
    [("bureau", True), ("x" * LONGEST_NAME, True), ("x" * (LONGEST_NAME + 1), False), ("", False), ("a\nb", False)],
)
def test_a_name_is_short_and_can_be_read(name: str, good: bool) -> None:
    assert (judge_name(name) is None) is good


def test_each_credential_has_a_key_of_its_own_that_is_not_its_id() -> None:
    assert passkey_key(b"one") != passkey_key(b"two")
    assert len(passkey_key(b"one" * 300)) == 64
