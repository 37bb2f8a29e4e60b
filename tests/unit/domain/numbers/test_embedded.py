"""A forbidden number beside others in one row of digits."""

from __future__ import annotations

import pytest

from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers.embedded import (
    after_telephones,
    doubtful_from,
    inner_number,
    telephone_going_on,
    whole_telephone,
)
from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.spoken_digits import digit_runs


def shown(text: str, spans: tuple[SensitiveSpan, ...]) -> str:
    return "; ".join(f"{span.kind}: {text[span.start : span.end]}" for span in spans)


@pytest.mark.parametrize(
    ("groups", "whole", "going_on", "doubtful"),
    [
        ("06 12 34 56 78", 5, False, None),
        ("0612345678", 1, False, None),
        ("06 12 34 56 7", 0, True, None),
        ("06 12 34 56 78 9", 5, False, 5),
        ("06 12 34 56 78 01 23 45 67 89", 10, False, None),
        ("00 12 34 56 78", 0, False, 0),
        ("33 6 12 34 56 78", 6, False, None),
        ("33612345678", 1, False, None),
        ("33 0 12 34 56 78", 0, False, 0),
        ("06 12 34 56 789", 0, False, 0),
        ("0", 0, True, None),
        ("06", 0, True, None),
        ("00", 0, False, 0),
        ("1", 0, False, 0),
        ("06 1 85", 0, True, 1),
        ("06 2 85", 0, True, 1),
        ("06 3 85", 0, True, None),
        ("0 1 85", 0, True, None),
        ("06 12 1", 0, True, 2),
        ("06 12 34 56 78 06 1", 5, False, 6),
        ("06 12 34 56 78 06", 5, False, None),
        ("", 0, False, None),
    ],
)
def test_telephone_numbers_at_the_beginning_are_told(
    groups: str, whole: int, going_on: bool, doubtful: int | None
) -> None:
    said = groups.split()
    assert after_telephones(said) == whole
    assert whole_telephone(said) is (whole == len(said))
    if said and not whole:
        assert telephone_going_on(said) is going_on
    assert doubtful_from(said) == doubtful


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("06 12 34 56 78 1 85 07 75 116 001", "nir: 1 85 07 75 116 001"),
        ("06 12 34 56 78 1 85 07 75 116 001 91", "nir: 1 85 07 75 116 001 91"),
        ("06 12 34 56 78 1 85 07 75 116 001 9", "nir: 1 85 07 75 116 001 9"),
        ("06 12 34 56 78 1 85 07 75 116 001 91 3", "nir: 1 85 07 75 116 001 91"),
        ("06 12 34 56 78 1 85 07 75 116 001 92 34", "nir: 1 85 07 75 116 001"),
        ("06 12 34 56 78 1 85 07 75 11", "nir: 1 85 07 75 11"),
        ("06 12 34 56 78 1 85 07 75 1", None),
        ("06 12 34 56 78 18 50 77 51 1", None),
        ("06 12 34 56 78 1 85 13 75 116 001", None),
        ("12 1 85 07 75 116 001 91", "nir: 1 85 07 75 116 001 91"),
        ("12 3 85 07 75 116 001 85", None),
        ("0 1 85 07 75 11", None),
        ("1 85 07 75 116 001 91 12", "nir: 1 85 07 75 116 001 91"),
        ("1 85 07 75 116 001 06 12 34 56 78", "nir: 1 85 07 75 116 001"),
        ("1850775116001 12", "nir: 1850775116001 12"),
        ("18 50775116001 123 456", None),
        ("06 12 34 56 78 4970 1012 3456 7893", "card: 4970 1012 3456 7893"),
        ("12 4970 1012 3456 7893", "card: 4970 1012 3456 7893"),
        ("12 4970 1012 3456 7894", "card: 4970 1012 3456 7894"),
        ("12 5555 5555 5555 4440", "card: 5555 5555 5555 4440"),
        ("12 6011 0009 9013 9424", "card: 6011 0009 9013 9424"),
        ("12 6011 0009 9013 9425", None),
        ("12 3530 1113 3330 0000", "card: 3530 1113 3330 0000"),
        ("12 353011 13333 00000", None),
        ("12 497010 123456 7893", "card: 497010 123456 7893"),
        ("12 497010 123456 7894", None),
        ("4970 1012 3456 7893 12", "card: 4970 1012 3456 7893"),
        ("4970 1012 3456 7894 12", None),
        ("6011 0009 9013 9424 12", None),
        ("497010 123456 7893 12", None),
        ("12 4970 1012 3456", "card: 4970 1012 3456"),
        ("12 5970 1012 3456", "card: 5970 1012 3456"),
        ("12 4970 1012 345", None),
        ("12 49701 0123 456", None),
        ("12 6970 1012 3456", None),
        ("12 4970101234567893", "card: 4970101234567893"),
        ("45 39 06 12 34 56 78", None),
        ("06 12 34 56 78 07 12 34 56 78", None),
        ("1850775116001", None),
    ],
)
def test_a_number_inside_a_longer_row_is_found(text: str, inner: str | None) -> None:
    (run,) = digit_runs(tokens(text))
    found = inner_number(run)
    assert (shown(text, (found,)) if found else None) == inner
