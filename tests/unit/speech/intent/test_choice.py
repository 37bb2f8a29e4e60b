"""Which label is told when words oppose in two ways at once, each by its own threshold."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.domain.hearing.verdict import Label, Thresholds
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.weights import LABELS

#: Those of a hotline: a refusal of contact is harmless to the recording there.
HOTLINE = {
    "objection_recording": Thresholds(act=0.80, doubt=0.40),
    "refusal_contact": Thresholds(act=0.80, doubt=0.55),
}


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return IntentModel.load()


def chosen(model: IntentModel, objection: float, refusal: float) -> tuple[Label, float]:
    fused = np.zeros(len(LABELS))
    fused[LABELS.index(Label.OBJECTION_RECORDING)] = objection
    fused[LABELS.index(Label.REFUSAL_CONTACT)] = refusal
    fused[LABELS.index(Label.NONE)] = 1 - objection - refusal
    label, score = model._choose(fused, HOTLINE)
    return label, round(score, 6)


@pytest.mark.parametrize(
    ("objection", "refusal", "expected"),
    [
        # An objection that reaches its own threshold is not hidden by a refusal that does not reach its own.
        (0.44, 0.46, (Label.OBJECTION_RECORDING, 0.44)),
        # Nor by one that does: the label that may be harmless here does not swallow the one that never is.
        (0.42, 0.58, (Label.OBJECTION_RECORDING, 1.0)),
        (0.46, 0.44, (Label.OBJECTION_RECORDING, 0.90)),
        (0.30, 0.60, (Label.REFUSAL_CONTACT, 0.90)),
        (0.30, 0.50, (Label.NONE, 0.20)),
    ],
)
def test_each_opposition_is_judged_by_its_own_threshold_and_an_objection_comes_first(
    model: IntentModel, objection: float, refusal: float, expected: tuple[Label, float]
) -> None:
    assert chosen(model, objection, refusal) == expected
