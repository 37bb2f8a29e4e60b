"""A thing alone: when "votre RIB" is an ask, and when it is only a heading, an item or a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.domain.asks.detector import AskDetector
from ivr.domain.asks.parts import Sentence
from ivr.domain.text.plain_text import plain_text
from ivr.settings.phrases import load_phrases

DETECTOR = AskDetector(load_phrases(Path(__file__).parents[4] / "config" / "phrases"))


def asked(text: str, *, heading: bool = False) -> bool:
    sentences = plain_text(text, DETECTOR.bank.abbreviations).sentences()
    return bool(DETECTOR.in_sentences([Sentence(one, heading=heading) for one in sentences], None))


@pytest.mark.parametrize(
    "text",
    [
        "Votre numéro de sécurité sociale, s'il vous plaît.",
        "Et le cryptogramme ?",
        "Alors, votre RIB ?",
        "Votre IBAN, pour mettre le dossier à jour.",
    ],
)
def test_a_thing_alone_is_asked_for(text: str) -> None:
    assert asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "Votre RIB est à déposer dans votre espace adhérent.",
        "Nous avons bien reçu votre RIB.",
        "Votre RIB, jamais par téléphone.",
        "La mise à jour de votre RIB.",
    ],
)
def test_a_thing_of_which_something_is_said_is_not(text: str) -> None:
    assert not asked(text)


def test_a_heading_is_an_ask_only_as_a_question() -> None:
    assert not asked("Votre RIB, s'il vous plaît.", heading=True)
    assert asked("Et le cryptogramme ?", heading=True)
