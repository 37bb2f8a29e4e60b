"""The one grammar of a NIR."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.numbers import nir

WHOLE = "185075611600199"[:13]


@given(st.from_regex(re.compile(nir.STRICT_FORM.pattern, re.ASCII), fullmatch=True))
def test_the_key_is_97_less_the_rest_and_no_other(digits: str) -> None:
    right = 97 - int(digits) % 97
    assert [key for key in range(100) if nir.has_key(f"{digits}{key:02}")] == [right]
    assert nir.is_whole(digits)
    assert nir.is_whole(f"{digits}{right:02}")
    assert not nir.is_whole(f"{digits}{right % 97 + 1:02}")
    assert nir.FORM.match(digits)
    assert nir.LOOSE_FORM.match(digits)


def test_less_or_more_than_fifteen_digits_have_no_key() -> None:
    key = f"{97 - int(WHOLE) % 97:02}"
    assert nir.has_key(WHOLE + key)
    for digits in (WHOLE, WHOLE + key[0], WHOLE + key + "0", ""):
        assert not nir.has_key(digits)
    for digits in (WHOLE[:-1], WHOLE + "0", WHOLE + key + "0"):
        assert not nir.is_whole(digits)


def test_a_waiting_number_and_an_unknown_month_are_of_the_loose_form_only() -> None:
    for digits in ("7850756116001", "1855056116001"):
        assert nir.LOOSE_FORM.match(digits)
        assert not nir.FORM.match(digits)


@pytest.mark.parametrize(
    ("groups", "fits"),
    [
        (["1", "85", "07", "56"], True),
        (["1", "8", "5", "07", "56", "116"], True),
        (["185", "07", "56"], False),
        (["18", "5", "07", "56"], False),
        (["1", "8507", "56"], False),
        (["1", "85", "0756"], False),
        (["1", "85", "07", "561", "16"], False),
        (["1", "85", "07"], False),
    ],
)
def test_groups_fit_the_places_when_none_reaches_over_one(groups: list[str], fits: bool) -> None:
    assert nir.by_places(groups) is fits


def test_corsica_counts_as_19_and_18() -> None:
    assert nir.corsica_in_digits("185072a116001") == "1850719116001"
    assert nir.corsica_in_digits("185072b116001") == "1850718116001"
    written = nir.written_with_letter(" .")
    assert written.search("NIR 1 85 07 2A 116 001.")
    assert written.search("185072b11600199")
    assert not written.search("x185072b116001")
