"""Which choice was said: by key, by words, by words that a telephone line has bent, and not by what is denied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.menu.menu import REPEAT, Choice
from ivr.domain.menu.spoken_choice import ENOUGH, WORDS_MAX, said_choice

CHOICES = (
    Choice("refunds", "1", ("un remboursement", "je n'ai pas été remboursé", "un décompte de soins")),
    Choice("card", "2", ("ma carte de tiers payant", "j'ai perdu ma carte")),
    Choice("fees", "3", ("mes cotisations", "le montant du prélèvement")),
    Choice("agent", "0", ("parler à un conseiller", "une vraie personne")),
    Choice(REPEAT, "*", ("répétez", "je n'ai pas entendu")),
)


def chosen(words: str) -> str | None:
    found = said_choice(words, CHOICES, never=frozenset({"9"}))
    return found.choice.to if found.choice else None


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.to)
def test_each_example_chooses_its_own_choice(choice: Choice) -> None:
    assert [chosen(phrase) for phrase in choice.phrases] == [choice.to] * len(choice.phrases)


@pytest.mark.parametrize(
    ("words", "to"),
    [
        ("Bonjour, je vous appelle au sujet d'un remboursement.", "refunds"),
        ("mon remboursemant", "refunds"),
        ("c'est pour mon rembourcement de lunettes", "refunds"),
        ("les cotisassions", "fees"),
        ("je voudrais un conseillé", "agent"),
        ("Répétez s'il vous plaît", REPEAT),
        ("non pas un remboursement, ma carte", "card"),
        ("ce n'est pas pour ma carte, c'est pour mes cotisations", "fees"),
    ],
)
def test_what_is_said_otherwise_or_heard_wrongly_is_understood(words: str, to: str) -> None:
    assert chosen(words) == to


@pytest.mark.parametrize(
    ("words", "to"),
    [("un", "refunds"), ("le deux", "card"), ("la touche trois s'il vous plaît", "fees"), ("0", "agent"),
     ("étoile", REPEAT), ("one", "refunds")],
)  # fmt: skip
def test_a_key_may_be_named(words: str, to: str) -> None:
    assert chosen(words) == to


@pytest.mark.parametrize("words", ["", "euh", "oui", "non", "neuf", "sept", "bonjour madame", "il pleut à Brest", "le"])
def test_what_names_no_choice_chooses_nothing(words: str) -> None:
    assert chosen(words) is None


def test_two_choices_at_once_are_neither() -> None:
    found = said_choice("ma carte et mes cotisations", CHOICES)
    assert (found.choice, found.why) == (None, "ambiguous")


def test_two_ways_to_the_same_place_are_no_doubt() -> None:
    twice = (Choice("agent", "1", ("parler à un conseiller",)), Choice("agent", "2", ("parler à un conseiller",)))
    found = said_choice("un conseiller", twice)
    assert found.choice == twice[0]


def test_a_story_chooses_nothing() -> None:
    assert chosen("remboursement " * (WORDS_MAX + 1)) is None


def test_an_objection_key_that_is_named_chooses_nothing_even_where_a_table_has_it() -> None:
    assert said_choice("neuf", (Choice("x", "9"), Choice("y", "1")), never=frozenset({"9"})).choice is None


@given(st.text(max_size=80))
def test_any_text_has_an_answer(words: str) -> None:
    found = said_choice(words, CHOICES)
    assert 0.0 <= found.score <= 1.0001
    assert (found.choice is None) == bool(found.why)
    assert found.choice is None or found.score >= ENOUGH


@given(st.text(max_size=40))
def test_nothing_is_chosen_where_there_is_no_choice(words: str) -> None:
    assert said_choice(words, ()).choice is None
