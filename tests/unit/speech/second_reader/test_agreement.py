"""Two readers must agree to act; the second lowers by one step, and never raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.hearing.verdict import Band, Label
from ivr.speech.second_reader.agreement import Bounds, agreed

_BOUNDS = Bounds(act=0.6, act_contact=0.3, ask=0.1)
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
def test_both_must_agree(label: Label, proposed: Band, opposes: float, band: Band) -> None:
    assert agreed(label, proposed, opposes, _BOUNDS) is band


@given(st.sampled_from(Label), st.sampled_from(Band), st.floats(0, 1), st.tuples(*[st.floats(0, 1)] * 3))
def test_the_second_reader_lowers_by_at_most_one_step(
    label: Label, proposed: Band, opposes: float, drawn: tuple[float, float, float]
) -> None:
    ask, act, act_contact = sorted(drawn)
    found = agreed(label, proposed, opposes, Bounds(act, act_contact, ask))
    assert 0 <= _WEIGHT[proposed] - _WEIGHT[found] <= 1


@pytest.mark.parametrize(
    ("act", "contact", "ask"), [(0.1, 0.5, 0.2), (0.5, 0.1, 0.2), (1.1, 0.5, 0.2), (0.5, 0.5, -0.1)]
)
def test_bounds_out_of_order_are_refused(act: float, contact: float, ask: float) -> None:
    with pytest.raises(ValueError, match="bounds are ordered"):
        Bounds(act, contact, ask)
