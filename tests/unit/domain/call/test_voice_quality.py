from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.call.voice_quality import estimate, mos_of, rating

_LOSS = st.floats(0, 1)
_DELAY = st.floats(0, 2000)


@pytest.mark.parametrize(
    ("r", "mos"),
    # ITU-T G.107 annex B: table B.1 gives these lower limits of R with their scores; 93.2 is the default rating.
    [(93.2, 4.41), (90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58), (0, 1.0), (-5, 1.0), (100, 4.5)],
)
def test_a_rating_stands_for_the_score_of_the_recommendation(r: float, mos: float) -> None:
    # The table rounds 4.024 up to 4.03.
    assert mos_of(r) == pytest.approx(mos, abs=0.007)


@pytest.mark.parametrize(
    ("loss", "delay_ms", "r"),
    [
        (0.0, 0.0, 93.2),
        # 95 × 1 / (1 + 25.1) = 3.640 and 95 × 5 / (5 + 25.1) = 15.781 below.
        (0.01, 0.0, 89.560),
        (0.05, 0.0, 77.419),
        # 0.024 × 150 = 3.6; beyond 177.3 ms also 0.11 a millisecond: 7.2 + 0.11 × 122.7 = 20.697.
        (0.0, 150.0, 89.6),
        (0.0, 300.0, 72.503),
        (1.0, 0.0, 17.261),
    ],
)
def test_loss_and_delay_take_from_the_rating_of_g711(loss: float, delay_ms: float, r: float) -> None:
    assert rating("PCMA/8000", loss=loss, delay_ms=delay_ms) == pytest.approx(r, abs=0.001)
    assert rating("PCMU/8000", loss=loss, delay_ms=delay_ms) == pytest.approx(r, abs=0.001)


def test_a_clean_g711_leg_scores_441() -> None:
    assert estimate("PCMA/8000", loss=0.0, delay_ms=0.0) == 4.41
    assert estimate("PCMA/8000", loss=0.05, delay_ms=0.0) == 3.92


@pytest.mark.parametrize("codec", ["G722/16000", "GSM/8000", "iLBC/8000", "", "telephone-event/8000"])
def test_a_codec_without_published_figures_has_no_estimate(codec: str) -> None:
    assert estimate(codec, loss=0.0, delay_ms=20.0) is None


@given(_LOSS, _LOSS, _DELAY, _DELAY)
def test_more_loss_and_more_delay_never_sound_better(loss: float, more: float, delay: float, later: float) -> None:
    worse = estimate("PCMA/8000", loss=max(loss, more), delay_ms=max(delay, later))
    better = estimate("PCMA/8000", loss=min(loss, more), delay_ms=min(delay, later))
    assert worse is not None
    assert better is not None
    assert 1.0 <= worse <= better <= 4.41
