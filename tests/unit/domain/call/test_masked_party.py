from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.call.masked_party import masked_party


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("sip:+33612345678@carrier.example", "…78"),
        ("<sip:0612345678@trunk;user=phone>", "…78"),
        ("tel:+33-6-12-34-56-78", "…78"),
        ("sip:anne.martin@house.example", "…"),
        ("sip:1001@house", "…"),
        ("sip:anonymous@anonymous.invalid", "…"),
        ("", ""),
    ],
)
def test_a_number_shows_its_last_two_digits_and_an_address_nothing(uri: str, shown: str) -> None:
    assert masked_party(uri) == shown


@given(st.text(max_size=60))
def test_never_more_than_two_digits_are_left_of_anything(text: str) -> None:
    assert re.fullmatch(r"(…\d{0,2})?", masked_party(text))
