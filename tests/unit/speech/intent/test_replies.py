"""Bare answers are judged together with the last prompt, given by its id or by its words."""

from __future__ import annotations

import pytest

from ivr.domain.hearing.verdict import Band, Label
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.replies import MEANING, BareAnswer, PromptRole, prompt_role
from ivr.speech.understanding import Hypothesis

MODEL = IntentModel.load()
DOUBT = "Souhaitez-vous que cet appel ne soit pas enregistré ? Dites oui ou non."
WANTED = "Souhaitez-vous que cet appel soit enregistré ?"
STOPPED = "Voulez-vous que nous arrêtions l'enregistrement ?"
CONSENT = "Acceptez-vous l'enregistrement ?"
NOTICE = "Cet appel est enregistré à des fins de qualité. Vous pouvez vous y opposer en le disant ou en tapant 9."
NO_MORE = "Souhaitez-vous ne plus être appelé ?"
OTHER = "Êtes-vous déjà adhérent ?"


@pytest.mark.parametrize(
    ("prompt", "role"),
    [
        ("doubt", PromptRole.YES_OBJECTS),
        (DOUBT, PromptRole.YES_OBJECTS),
        (STOPPED, PromptRole.YES_OBJECTS),
        (WANTED, PromptRole.NO_OBJECTS),
        (CONSENT, PromptRole.NO_OBJECTS),
        ("disclosure-quality", PromptRole.NOTICE),
        (NOTICE, PromptRole.NOTICE),
        (NO_MORE, PromptRole.YES_REFUSES_CONTACT),
        ("Acceptez-vous d'être rappelé ?", PromptRole.NO_REFUSES_CONTACT),
        (OTHER, PromptRole.OTHER_QUESTION),
        ("menu", PromptRole.UNKNOWN),
        ("", PromptRole.UNKNOWN),
    ],
)
def test_a_prompt_has_the_role_its_wording_gives_it(prompt: str, role: PromptRole) -> None:
    assert prompt_role(prompt, after_disclosure=False) is role


def test_every_pair_of_role_and_answer_has_a_meaning() -> None:
    assert set(MEANING) == {(role, answer) for role in PromptRole for answer in BareAnswer}


@pytest.mark.parametrize(
    ("text", "prompt", "label"),
    [
        ("oui", "doubt", Label.OBJECTION_RECORDING),
        ("ouais s'il vous plaît", DOUBT, Label.OBJECTION_RECORDING),
        ("tout à fait", DOUBT, Label.OBJECTION_RECORDING),
        ("oui je préfère", DOUBT, Label.OBJECTION_RECORDING),
        ("non", "doubt", Label.NONE),
        ("non non, allez-y", DOUBT, Label.NONE),
        ("oui", WANTED, Label.NONE),
        ("non merci", WANTED, Label.OBJECTION_RECORDING),
        ("non", CONSENT, Label.OBJECTION_RECORDING),
        ("oui", STOPPED, Label.OBJECTION_RECORDING),
        ("non", NOTICE, Label.OBJECTION_RECORDING),
        ("pas d'accord", "disclosure-sales", Label.OBJECTION_RECORDING),
        ("je ne veux pas", "disclosure-quality", Label.OBJECTION_RECORDING),
        ("d'accord", "disclosure-quality", Label.NONE),
        ("oui", NO_MORE, Label.REFUSAL_CONTACT),
        ("non", OTHER, Label.NONE),
        ("non", "menu", Label.NONE),
    ],
)
def test_a_bare_answer_means_what_the_prompt_makes_of_it(text: str, prompt: str, label: Label) -> None:
    reading = MODEL.judge([Hypothesis(text, 0.0)], last_prompt=prompt, after_disclosure=False, thresholds={})
    assert reading.label is label
    assert reading.band is (Band.CLEAR if label is Label.NONE else Band.ACT)


@pytest.mark.parametrize("text", ["je refuse", "Je m'y oppose.", "non je refuse"])
def test_a_refusal_that_nobody_invited_and_that_names_nothing_asks_and_never_acts(text: str) -> None:
    reading = MODEL.judge([Hypothesis(text, 0.0)], last_prompt="", after_disclosure=False, thresholds={})
    assert (reading.label, reading.band, reading.ground) == (Label.OBJECTION_RECORDING, Band.DOUBT, None)


def test_no_alone_objects_after_the_disclosure_and_means_nothing_elsewhere() -> None:
    hypotheses = [Hypothesis("Non.", 0.0)]
    after = MODEL.judge(hypotheses, last_prompt="", after_disclosure=True, thresholds={})
    elsewhere = MODEL.judge(hypotheses, last_prompt="", after_disclosure=False, thresholds={})
    assert (after.label, after.band) == (Label.OBJECTION_RECORDING, Band.ACT)
    assert (elsewhere.label, elsewhere.band) == (Label.NONE, Band.CLEAR)


def test_yes_that_answers_one_way_and_feels_another_is_asked_about() -> None:
    reading = MODEL.judge(
        [Hypothesis("non je ne veux pas", 0.0)], last_prompt=DOUBT, after_disclosure=False, thresholds={}
    )
    assert (reading.label, reading.band) == (Label.OBJECTION_RECORDING, Band.DOUBT)
