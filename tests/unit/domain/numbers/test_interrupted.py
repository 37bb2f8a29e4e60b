"""A number with other words between its groups."""

from __future__ import annotations

import pytest

from ivr.domain.numbers.interrupted import bridged_numbers
from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.spoken_digits import digit_runs


def hidden(text: str) -> list[str]:
    return [text[span.start : span.end] for span in bridged_numbers(tokens(text), digit_runs(tokens(text)))]


@pytest.mark.parametrize("article", ["un", "une"])
def test_an_article_is_no_digit_of_a_number_nor_parts_it(article: str) -> None:
    assert hidden(f"{article} 4970 chat 1012 3456 chat 7893") == [f"{article} 4970", "1012 3456", "7893"]
    assert hidden(f"4970 1012 chat {article} table 3456 7893") == ["4970 1012", article, "3456 7893"]
    # What is a digit for certain stays one.
    assert hidden("1 4970 chat 1012 3456 chat 7893") == []


def test_at_most_twelve_runs_make_a_number() -> None:
    text = " chat ".join("4970101234567893")
    assert list(bridged_numbers(tokens(text), digit_runs(tokens(text)))) == []
    text = " chat ".join(["4970", *"1012345", "6", "78", "93"])
    assert len(list(bridged_numbers(tokens(text), digit_runs(tokens(text))))) == 11
