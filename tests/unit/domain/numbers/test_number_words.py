"""Words of a transcript and the numbers that they say, one number at a time."""

from __future__ import annotations

import pytest

from benchmarks.spoken_numbers import below_thousand
from ivr.domain.numbers.number_words import number, teen_hundreds, tokens


def test_a_word_knows_the_mark_before_it() -> None:
    text = "Été, à-côté l'œuf;1.2 – x"
    assert [(one.text, one.before) for one in tokens(text)] == [
        ("ete", " "), ("a", ","), ("cote", "-"), ("l", " "), ("oeuf", " "), ("1", ","), ("2", ","), ("x", " "),
    ]  # fmt: skip
    assert [text[one.start : one.end] for one in tokens(text)] == ["Été", "à", "côté", "l", "œuf", "1", "2", "x"]


@pytest.mark.parametrize("swiss", [False, True])
def test_a_number_is_read_to_its_last_word_and_no_further(swiss: bool) -> None:
    for value in range(1, 1000):
        words = tokens(below_thousand(value, swiss))
        assert number([*words, *tokens("madame")], 0) == (str(value), len(words))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("mille deux cents", ("1200", 3)),
        ("trois mille", ("3000", 2)),
        ("zéro", ("0", 1)),
        ("0612", ("0612", 1)),
        ("2A004", ("19004", 1)),
        ("vingt, trois", ("20", 1)),
        ("madame", None),
    ],
)
def test_thousands_figures_corsica_and_commas(text: str, read: tuple[str, int] | None) -> None:
    assert number(tokens(text), 0) == read


def test_a_teen_may_count_hundreds_and_ten_never_does() -> None:
    assert teen_hundreds(tokens("quinze cent douze"), 0, ("15", 1)) == [("1512", 3)]
    assert teen_hundreds(tokens("dix cents"), 0, ("10", 1)) == []
    assert teen_hundreds(tokens("quinze mille"), 0, ("15", 1)) == []
