"""Rows as CSV."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.services.search.csv_text import CsvText

_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=20)


@given(st.lists(_TEXTS, min_size=2, max_size=2))
def test_what_is_written_is_read_again_and_nothing_begins_a_formula(cells: list[str]) -> None:
    text = CsvText(("one", "two"))
    text.add(cells)
    columns, row = csv.reader(io.StringIO(text.content.decode(), newline=""))
    assert columns == ["one", "two"]
    assert [cell.removeprefix("'") for cell in row] == [cell.removeprefix("'") for cell in cells]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row)


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_compute_is_text(formula: str) -> None:
    text = CsvText(("one",))
    text.add([formula])
    assert next(csv.reader(text.content.decode().splitlines(keepends=True)[1:])) == [f"'{formula}"]


def test_numbers_stay_numbers() -> None:
    text = CsvText(("one",))
    text.add([-1.5])
    assert text.content == b"one\r\n-1.5\r\n"
