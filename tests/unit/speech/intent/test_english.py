"""English objections, refusals and answers, told from what English callers say about everything else."""

from __future__ import annotations

import pytest

from ivr.domain.hearing.verdict import Band, Label, Thresholds
from ivr.speech.intent.english import EnglishGrammar
from ivr.speech.understanding import Hypothesis, Reading

ASKED = "Acceptez-vous que cet appel soit enregistré ?"


def read(*texts: str, last_prompt: str = "", partial: bool = False) -> Reading:
    return EnglishGrammar().judge(
        [Hypothesis(text, -0.3) for text in texts],
        last_prompt=last_prompt,
        after_disclosure=False,
        thresholds={label.value: Thresholds(0.75, 0.25) for label in Label},
        partial=partial,
    )


@pytest.mark.parametrize(
    "text",
    [
        "I don't want to be recorded.",
        "Please stop recording this call.",
        "Hello, I do not consent to being recorded.",
        "I object to this recording",
        "Could you turn the recording off, please?",
        "Would you mind switching off the recorder?",
        "No recording, please.",
        "I'd rather you didn't tape our conversation.",
        "You can't keep my voice, sorry.",
        "I never agreed to be recorded.",
        "I'm calling about my card. And don't record me.",
        "Please don't listen to my call.",
    ],
)
def test_an_objection_in_english_is_acted_upon(text: str) -> None:
    reading = read(text)
    assert (reading.label, reading.band) == (Label.OBJECTION_RECORDING, Band.ACT)
    assert reading.span is not None


@pytest.mark.parametrize(
    "text",
    [
        "Don't call me again.",
        "Take me off your list, please.",
        "Please stop calling this number.",
        "Leave me alone.",
        "I'm not interested, thank you.",
    ],
)
def test_a_refusal_of_contact_in_english_is_one(text: str) -> None:
    assert read(text).label is Label.REFUSAL_CONTACT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Good morning, I am calling about my refund.",
        "My medical records are not in French.",
        "There is no record of my payment.",
        "I did not receive the letter, stop sending it to the old address.",
        "For the record, I never got a card.",
        "I don't mind being recorded.",
        "No problem, you can record the call.",
        "I have no objection to the recording.",
        "I would like to cancel my contract.",
        "I will call you back tomorrow.",
    ],
)
def test_what_is_said_about_other_things_is_harmless(text: str) -> None:
    reading = read(text)
    assert (reading.label, reading.band) == (Label.NONE, Band.CLEAR)
    assert not reading.denies


@pytest.mark.parametrize("text", ["Is this call being recorded?", "Why are you recording me?", "Do you tape this?"])
def test_a_question_about_the_recording_is_a_question(text: str) -> None:
    reading = read(text)
    assert (reading.label, reading.band) == (Label.QUESTION_RECORDING, Band.CLEAR)


@pytest.mark.parametrize("text", ["No.", "No thank you.", "I'd rather not.", "Absolutely not!", "Sorry, no, I don't."])
def test_a_no_to_our_question_is_an_objection(text: str) -> None:
    assert read(text, last_prompt=ASKED).label is Label.OBJECTION_RECORDING
    assert read(text, last_prompt="Quel est votre nom ?").label is Label.NONE


@pytest.mark.parametrize("text", ["Yes.", "Yes, that's fine.", "Okay, go ahead.", "Sure, no problem.", "I agree."])
def test_a_yes_to_our_question_lets_the_recording_go_on(text: str) -> None:
    assert read(text, last_prompt=ASKED).denies
    assert not read(text, last_prompt=ASKED, partial=True).denies
    assert not read(text).denies


def test_a_yes_that_only_one_hypothesis_holds_is_none() -> None:
    assert not read("Yes.", "Guess.", last_prompt=ASKED).denies


def test_the_gravest_of_the_likely_hypotheses_counts() -> None:
    assert read("I want to be recorded.", "I don't want to be recorded.").label is Label.OBJECTION_RECORDING


def test_a_card_number_that_was_said_in_english_is_found() -> None:
    assert [span.kind for span in read("My card number is 4970 1012 3456 7890.").sensitive] in ([], ["card"])
