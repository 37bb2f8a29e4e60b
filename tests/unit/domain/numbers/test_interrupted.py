"""A number with other words between its groups."""

from __future__ import annotations

from ivr.domain.numbers.interrupted import bridged_numbers
from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.spoken_digits import digit_runs


def test_at_most_twelve_runs_make_a_number() -> None:
    text = " chat ".join("4970101234567893")
    assert list(bridged_numbers(tokens(text), digit_runs(tokens(text)))) == []
    text = " chat ".join(["4970", *"1012345", "6", "78", "93"])
    assert len(list(bridged_numbers(tokens(text), digit_runs(tokens(text))))) == 11
