"""A change of sampling rate: its length, its band, its blocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.audio.resampling import Resampler, resample


@settings(max_examples=30)
@given(st.sampled_from([8000, 11_025, 16_000, 44_100, 48_000]), st.integers(1, 5000))
def test_resampling_gives_the_exact_length(from_hz: int, size: int) -> None:
    assert resample(np.zeros(size, np.float32), from_hz, 8000).size == -(-size * 8000 // from_hz)


def test_resampling_removes_what_the_new_rate_cannot_carry() -> None:
    t = np.arange(48_000) / 48_000
    high = resample(np.sin(2 * np.pi * 6000 * t).astype(np.float32), 48_000, 8000)
    assert np.max(np.abs(high[100:-100])) < 0.001


@settings(max_examples=30)
@given(st.sampled_from([8000, 11_025, 16_000, 44_100]), st.lists(st.integers(0, 3000), max_size=8))
def test_resampling_does_not_depend_on_where_the_blocks_end(from_hz: int, sizes: list[int]) -> None:
    samples = np.random.default_rng(3).standard_normal(sum(sizes)).astype(np.float32)
    resampler, at, found = Resampler(from_hz, 8000), 0, []
    for size in sizes:
        found.append(resampler.feed(samples[at : at + size]))
        at += size
    found.append(resampler.finish())
    assert np.array_equal(np.concatenate(found), resample(samples, from_hz, 8000))
