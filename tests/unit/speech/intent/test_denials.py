"""A doubt is dispelled by an answer to the question that was asked, and by nothing else."""

from __future__ import annotations

import pytest

from ivr.speech.intent.model import IntentModel
from ivr.speech.understanding import Hypothesis, Reading

DOUBT = "Souhaitez-vous que cet appel ne soit pas enregistré ? Dites oui ou non."
CONTACT = "Souhaitez-vous que nous cessions de vous appeler ? Dites oui ou non."


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return IntentModel.load()


def judged(model: IntentModel, text: str, prompt: str, *, partial: bool = False) -> Reading:
    return model.judge(
        [Hypothesis(text, 0.0)], last_prompt=prompt, after_disclosure=False, thresholds={}, partial=partial
    )


@pytest.mark.parametrize(
    "text", ["non", "Non non.", "euh non merci", "bah non allez-y", "Non, vous pouvez enregistrer."]
)
def test_no_dispels_the_doubt(model: IntentModel, text: str) -> None:
    assert judged(model, text, DOUBT).denies


@pytest.mark.parametrize("text", ["oui", "Quoi ?", "allô", "je vous entends mal", "oui je veux pas", "non je refuse"])
def test_nothing_else_dispels_it(model: IntentModel, text: str) -> None:
    assert not judged(model, text, DOUBT).denies


def test_no_dispels_nothing_when_no_such_question_was_asked(model: IntentModel) -> None:
    assert not judged(model, "non", "").denies


def test_an_unfinished_no_dispels_nothing(model: IntentModel) -> None:
    assert not judged(model, "non", DOUBT, partial=True).denies
