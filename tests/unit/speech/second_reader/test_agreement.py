"""Two readers must agree to act, and to ask where nothing but scores speaks; the second lowers by one step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.hearing.verdict import Band, Ground, Label
from ivr.speech.second_reader.agreement import Bounds, agreed, weight

_BOUNDS = Bounds(act=0.6, act_contact=0.3, ask=0.1, bare=-1.0, bare_contact=-3.0)
_OBJECTION, _REFUSAL = Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT
_WEIGHT = {Band.CLEAR: 0, Band.DOUBT: 1, Band.ACT: 2}


@pytest.mark.parametrize(
    ("label", "proposed", "opposes", "band"),
    [
        (_OBJECTION, Band.ACT, 0.6, Band.ACT),
        (_OBJECTION, Band.ACT, 0.59, Band.DOUBT),
        (_OBJECTION, Band.ACT, 0.0, Band.DOUBT),
        (_REFUSAL, Band.ACT, 0.3, Band.ACT),
        (_REFUSAL, Band.ACT, 0.29, Band.DOUBT),
        (_OBJECTION, Band.DOUBT, 0.1, Band.DOUBT),
        (_OBJECTION, Band.DOUBT, 0.09, Band.CLEAR),
        (_REFUSAL, Band.DOUBT, 0.0, Band.DOUBT),
        (_OBJECTION, Band.CLEAR, 1.0, Band.CLEAR),
    ],
)
def test_both_must_agree_where_there_is_a_ground(label: Label, proposed: Band, opposes: float, band: Band) -> None:
    assert agreed(label, proposed, Ground.EXPLICIT, 0.5, opposes, _BOUNDS) is band


@pytest.mark.parametrize(
    ("label", "score", "opposes", "band"),
    [
        (_OBJECTION, 0.5, 0.5, Band.DOUBT),
        (_OBJECTION, 0.5, 0.1, Band.CLEAR),
        # What one reader is sure of outweighs a little doubt of the other.
        (_OBJECTION, 0.9, 0.1, Band.DOUBT),
        (_OBJECTION, 0.3, 0.6, Band.DOUBT),
        (_OBJECTION, 1.0, 0.0, Band.DOUBT),
        (_REFUSAL, 0.5, 0.1, Band.DOUBT),
        (_REFUSAL, 0.3, 0.02, Band.CLEAR),
        (_REFUSAL, 0.2, 0.5, Band.DOUBT),
    ],
)
def test_where_only_scores_speak_both_are_weighed(label: Label, score: float, opposes: float, band: Band) -> None:
    assert agreed(label, Band.DOUBT, None, score, opposes, _BOUNDS) is band


def test_even_readers_that_are_certain_of_nothing_weigh_nothing() -> None:
    assert weight(0.5, 0.5) == 0.0
    assert weight(0.9, 0.5) == pytest.approx(2.197, abs=1e-3)
    assert weight(0.5, 0.9) == pytest.approx(0.7 * 2.197, abs=1e-3)


@given(
    st.sampled_from(Label),
    st.sampled_from(Band),
    st.sampled_from([None, *Ground]),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.tuples(*[st.floats(0, 1)] * 3),
    st.tuples(*[st.floats(-12, 12)] * 2),
)
def test_the_second_reader_lowers_by_at_most_one_step(
    label: Label,
    proposed: Band,
    ground: Ground | None,
    scores: tuple[float, float],
    drawn: tuple[float, float, float],
    bare: tuple[float, float],
) -> None:
    ask, act, act_contact = sorted(drawn)
    found = agreed(label, proposed, ground, *scores, Bounds(act, act_contact, ask, *bare))
    assert 0 <= _WEIGHT[proposed] - _WEIGHT[found] <= 1


@pytest.mark.parametrize(
    ("act", "contact", "ask"), [(0.1, 0.5, 0.2), (0.5, 0.1, 0.2), (1.1, 0.5, 0.2), (0.5, 0.5, -0.1)]
)
def test_bounds_out_of_order_are_refused(act: float, contact: float, ask: float) -> None:
    with pytest.raises(ValueError, match="bounds are ordered"):
        Bounds(act, contact, ask, 0.0, 0.0)


@pytest.mark.parametrize("bare", [float("nan"), float("inf")])
def test_bounds_that_are_no_numbers_are_refused(bare: float) -> None:
    with pytest.raises(ValueError, match="bounds are numbers"):
        Bounds(0.5, 0.5, 0.1, bare, 0.0)
