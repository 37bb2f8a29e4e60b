"""How much was heard: passages joined, each counted once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.audio.heard import common, joined, length_ms


def test_passages_that_touch_are_one_and_none_counts_twice() -> None:
    assert joined([(500, 900), (0, 500), (100, 200), (1000, 1000), (2000, 2100)]) == [(0, 900), (2000, 2100)]
    assert length_ms([(0, 500), (400, 900), (0, 500)]) == 900
    assert length_ms([]) == 0


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))))
def test_every_moment_that_was_heard_counts_once(passages: list[tuple[int, int]]) -> None:
    assert length_ms(passages) == len({moment for start, end in passages for moment in range(start, end)})
    assert length_ms(joined(passages)) == length_ms(passages)


def test_what_is_common_lies_in_both() -> None:
    assert common([(0, 10), (20, 30)], [(5, 22), (29, 40)]) == [(5, 10), (20, 22), (29, 30)]
    assert common([(0, 10)], [(10, 20)]) == []
    assert common([], [(0, 5)]) == []
