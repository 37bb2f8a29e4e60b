"""Digits said in French are read, with every way to understand them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.spoken_numbers import below_hundred, below_thousand
from ivr.domain.spoken_digits import digit_runs, tokens


def read(text: str) -> set[str]:
    (run,) = digit_runs(tokens(text))
    return {run.text, *(reading.text for reading in run.readings)}


@pytest.mark.parametrize("swiss", [False, True])
def test_every_number_below_a_thousand_is_read(swiss: bool) -> None:
    for number in range(1, 1000):
        assert str(number) in read(below_thousand(number, swiss)), number


@given(st.integers(1, 99), st.integers(1, 99), st.booleans())
def test_two_numbers_apart_by_a_comma_are_two(first: int, second: int, swiss: bool) -> None:
    assert f"{first}{second}" in read(f"{below_hundred(first, swiss)}, {below_hundred(second, swiss)}")


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("quarante quatre-vingt-douze", {"4092"}),
        ("quarante quatre vingt douze", {"442012", "4092"}),
        ("zéro sept", {"07"}),
        ("mille neuf cent cinquante-huit", {"1958"}),
        ("deux zéro un deux A zéro quatre", {"2011904"}),
        ("douze non pardon treize", {"1213", "13"}),
        ("soixante et onze", {"71"}),
        ("12 euh 34 alors 56", {"123456"}),
    ],
)
def test_a_run_is_read_in_every_way_it_can_be_meant(text: str, readings: set[str]) -> None:
    assert readings <= read(text)


def test_an_amount_is_no_run() -> None:
    assert digit_runs(tokens("deux cent trente euros par mois")) == []


def test_each_digit_knows_its_place() -> None:
    text = "le 12 et quatre-vingt-deux"
    (run,) = digit_runs(tokens(text))
    assert [text[a:b] for a, b in zip(run.starts, run.ends, strict=True)] == [
        "1",
        "2",
        "quatre-vingt-deux",
        "quatre-vingt-deux",
    ]


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for run in digit_runs(tokens(text)):
        assert len(run.text) == len(run.starts) == len(run.ends)
        assert run.text.isdigit()
