"""Counts by label."""

from __future__ import annotations

from ivr.services.counters import Tally


def test_a_series_counts_for_itself_and_a_total_over_all_that_bear_its_labels() -> None:
    tally = Tally()
    assert [tally.add("asked", agent="a", kind="nir"), tally.add("asked", kind="nir", agent="a")] == [1, 2]
    assert tally.add("asked", agent="b", kind="nir") == 1
    tally.add("masked", agent="a")
    assert [tally.total("asked"), tally.total("asked", agent="a"), tally.total("asked", agent="c")] == [3, 2, 0]
