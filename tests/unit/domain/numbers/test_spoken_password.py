"""Passwords as people tell them, and words about passwords that tell none."""

from __future__ import annotations

import pytest

from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.spoken_password import spoken_passwords


def hidden(text: str) -> list[str]:
    return [text[span.start : span.end] for span in spoken_passwords(text, tokens(text))]


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("mon mot de passe c'est soleil", "soleil"),
        ("mon mot de passe Médor82", "Médor82"),
        ("pour le mot de passe j'ai mis bonjour12", "bonjour12"),
        ("MDP : s3cret-9.", "s3cret-9"),
    ],
)
def test_the_word_behind_its_name_is_hidden(text: str, password: str) -> None:
    assert password in hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "mon mot de passe c'est pas le bon",
        "mon mot de passe est expiré",
        "le mot de passe depuis 10 jours ne marche plus",
        "j'ai oublié mon mot de passe",
        "",
    ],
)
def test_what_is_only_said_about_one_is_not(text: str) -> None:
    assert hidden(text) == []
