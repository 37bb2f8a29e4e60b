"""Spoken numbers are read as another reader of French numbers reads them (text2num, MIT), among our readings at least.

It knows no second reading, no "double", no Corsica and no places in the text: only whole numbers are compared.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.spoken_numbers import below_thousand
from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.spoken_digits import digit_runs

text2num = pytest.importorskip("text_to_num", reason="make setup installs it").text2num

_WORDS = (
    *("un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize"),
    *("quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf", "vingt", "trente", "quarante", "cinquante"),
    *("soixante", "soixante-dix", "septante", "quatre-vingts", "quatre-vingt", "quatre-vingt-dix", "huitante"),
    *("octante", "nonante", "vingt et un", "soixante et onze", "septante et un", "cent", "cents", "mille"),
)
#: "mille seize cents" is nobody's way to say 2,600.
_NOT_SAID = re.compile(r"\bmille (?:\S+ )*?(?:onze|douze|treize|quatorze|quinze|seize|dix-\S+) cents?\b|\bdix cents?\b")


def readings(text: str) -> set[str]:
    (run,) = digit_runs(tokens(text))
    return {one.text for one in (run, *run.readings)}


@given(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=6))
def test_what_another_reader_takes_for_one_number_is_among_our_readings(words: list[str]) -> None:
    text = " ".join(words)
    assume(not _NOT_SAID.search(text))
    try:
        value = text2num(text, "fr")
    except ValueError:
        assume(False)
    assert str(value) in readings(text)


@given(st.integers(1, 999_999), st.booleans(), st.booleans())
def test_every_number_is_read_as_it_was_said_and_as_another_reader_reads_it(n: int, swiss: bool, hyphens: bool) -> None:
    thousands, rest = divmod(n, 1000)
    said = [below_thousand(thousands, swiss)] if thousands > 1 else []
    text = " ".join([*said, *(["mille"] if thousands else []), *([below_thousand(rest, swiss)] if rest else [])])
    text = text if hyphens else text.replace("-", " ")
    # It wants "huitante et un".
    assume("huitante-un" not in text.replace(" ", "-"))
    assert text2num(text, "fr") == n
    assert str(n) in readings(text)
