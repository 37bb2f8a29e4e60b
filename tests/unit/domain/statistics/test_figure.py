from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.statistics.figure import LEAST, figure, share

CELLS = st.dictionaries(st.tuples(st.sampled_from("abcd"), st.sampled_from("0123")), st.integers(0, 40), max_size=16)


def test_small_counts_are_hidden_and_zeros_are_not_there() -> None:
    found = figure("calls", {("a", "1"): 4, ("a", "2"): 3, ("a", "3"): 5, ("b", "1"): 0})
    assert found.cells == {("a", "1"): None, ("a", "2"): None, ("a", "3"): 5}
    assert (found.programs, found.qualities) == (["a"], ["1", "2", "3"])


def test_what_is_hidden_alone_in_its_row_or_column_takes_the_next_smallest_with_it() -> None:
    counts = {("a", "1"): 4, ("a", "2"): 9, ("a", "3"): 20, ("b", "1"): 30, ("b", "2"): 40}
    # 9 beside it in the row, 30 in its column; then 40, or the sum of the second column would tell 9.
    assert figure("calls", counts).cells == {
        ("a", "1"): None, ("a", "2"): None, ("a", "3"): 20, ("b", "1"): None, ("b", "2"): None,
    }  # fmt: skip


@pytest.mark.parametrize("smallest", [1, LEAST - 1])
def test_two_of_which_the_sum_tells_both_take_the_next_smallest_with_them(smallest: int) -> None:
    counts = {("a", "1"): smallest, ("a", "2"): smallest, ("a", "3"): 9, ("a", "4"): 12}
    assert figure("endings", counts).cells == {
        ("a", "1"): None, ("a", "2"): None, ("a", "3"): None, ("a", "4"): 12,
    }  # fmt: skip


@given(CELLS)
def test_no_sum_of_a_row_or_column_tells_what_is_hidden(counts: dict[tuple[str, str], int]) -> None:
    shown = figure("calls", counts).cells
    assert all(count is None or count >= LEAST for count in shown.values())
    assert all(shown[cell] in (None, count) for cell, count in counts.items() if count)
    for axis in (0, 1):
        for name in {cell[axis] for cell in shown}:
            line = [count for cell, count in shown.items() if cell[axis] == name]
            assert line.count(None) != 1 or len(line) == 1


def test_numbers_stand_in_their_order_before_words() -> None:
    counts = {("a", quality): 9 for quality in ("10", "2", "busy")}
    assert figure("x", counts).qualities == ["2", "10", "busy"]


@pytest.mark.parametrize(
    ("part", "whole", "per_cent"), [(5, 10, 50), (0, 7, 0), (2, 3, 67), (None, 10, None), (5, None, None), (0, 0, None)]
)
def test_a_share_is_told_where_both_counts_are(part: int | None, whole: int | None, per_cent: int | None) -> None:
    assert share(part, whole) == per_cent
