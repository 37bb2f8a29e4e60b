"""A stand that names nothing is drawn from what was named just before it, and from nothing else."""

from __future__ import annotations

import pytest

from ivr.speech.intent.concepts import shipped_lexicon
from ivr.speech.intent.grounds import explicit
from ivr.speech.intent.turn import Turn
from ivr.speech.intent.words import words


def borne_out(text: str) -> bool:
    return explicit(Turn(shipped_lexicon().units(words(text)))) is not None


@pytest.mark.parametrize(
    ("drawn", "not_drawn"),
    [
        ("On pouvait refuser, alors je refuse.", "On pouvait refuser le devis, alors je refuse."),
        ("J'ai le droit de m'y opposer, donc je m'y oppose.", "J'ai le droit de m'y opposer ?"),
        ("On peut couper la bande, ben moi je refuse.", "On peut couper la bande, ben moi ça me va."),
        ("Y a quelqu'un qui écoute ? Ça, je veux pas.", "Y a quelqu'un qui écoute ? Ça, je veux bien."),
        ("C'est une ligne enregistrée, donc non.", "C'est une ligne enregistrée. L'option dentaire, donc non."),
        ("Vous enregistrez tout le monde, mais moi je veux pas.", "Vous enregistrez tout le monde, non ?"),
        ("Pour l'enregistrement, sans façon.", "Pour le fromage, sans façon."),
        ("C'est enregistré, alors coupez.", "C'est enregistré, alors coupez la musique."),
    ],
)  # fmt: skip
def test_what_was_named_decides_what_a_stand_is_about(drawn: str, not_drawn: str) -> None:
    assert borne_out(drawn)
    assert not borne_out(not_drawn)


def test_who_agrees_in_between_draws_nothing() -> None:
    assert not borne_out("Vous avez dit qu'on peut refuser, moi ça me va, alors non.")


def test_what_was_named_long_ago_draws_nothing() -> None:
    assert not borne_out("Vous enregistrez. Ma fille est à Brest. Mon fils est à Lyon. Alors je refuse.")


@pytest.mark.parametrize(
    ("text", "opposed"),
    [
        ("Je veux pas de quelqu'un qui écoute.", True),
        ("Sans être écouté, s'il vous plaît.", True),
        ("J'ai l'impression qu'on m'écoute sans m'entendre.", False),
        ("Gardez mes papiers, mais pas ma voix.", True),
        ("Je n'ai plus de voix, j'ai trop chanté.", False),
        ("J'exige la suppression de l'enregistrement.", True),
        ("C'est sans engagement, votre affaire ?", False),
        ("Si vous ne voulez pas que l'appel soit enregistré, dites-le à votre conseiller.", False),
    ],
)
def test_listeners_and_voices_are_opposed_as_recordings_are(text: str, opposed: bool) -> None:
    assert borne_out(text) is opposed
