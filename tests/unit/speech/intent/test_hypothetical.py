"""Asking about refusing is not refusing, and a refusal beside a question stays one."""

from __future__ import annotations

import pytest

from ivr.domain.hearing.verdict import Band, Label
from ivr.speech.intent.hypothetical import asks_about_refusing
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.replies import SALES_CALL
from ivr.speech.intent.words import words
from ivr.speech.understanding import Hypothesis, Reading


def _read(text: str, last_prompt: str = "") -> Reading:
    return IntentModel.load().judge(
        [Hypothesis(text, 0.0)], last_prompt=last_prompt, after_disclosure=False, thresholds={}
    )


@pytest.mark.parametrize(
    "text",
    [
        "Que se passe-t-il si je refuse l'enregistrement ?",
        "Comment est-ce que je peux m'opposer à l'enregistrement ?",
        "Est-ce que j'ai le droit de refuser ?",
        "Puis-je refuser d'être enregistré ?",
    ],
)
def test_a_question_about_refusing_is_never_acted_upon(text: str) -> None:
    assert asks_about_refusing(words(text))
    assert _read(text).band is not Band.ACT


@pytest.mark.parametrize(
    "text",
    [
        "Je refuse d'être enregistré.",
        "Si ça vous va, je m'oppose à l'enregistrement.",
        "Si je refuse, vous arrêtez ? Alors je refuse.",
        "Est-ce que je peux refuser ? Oui ? Alors je m'y oppose.",
    ],
)
def test_a_refusal_beside_a_question_stays_a_refusal(text: str) -> None:
    assert not asks_about_refusing(words(text))


@pytest.mark.parametrize("text", ["Non merci.", "non", "Non, je ne veux pas."])
def test_a_bare_no_to_a_sales_call_refuses_contact(text: str) -> None:
    assert _read(text, SALES_CALL).label is Label.REFUSAL_CONTACT
    assert _read(text, SALES_CALL).band is not Band.CLEAR


def test_a_bare_yes_to_a_sales_call_refuses_nothing() -> None:
    assert _read("Oui, d'accord.", SALES_CALL).label is Label.NONE
