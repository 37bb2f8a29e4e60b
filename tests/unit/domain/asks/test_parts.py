"""What an act of asking reaches, what only describes a thing, and how many digits may be keyed."""

from __future__ import annotations

import re

import pytest

from ivr.domain.asks.parts import Cue, Thing, collected, describes, reaches
from ivr.domain.asks.phrase_bank import Family, SpeechAct

NEVER = re.compile("(?!)")
RIB = Family("bank", "RIB", True, NEVER, NEVER, NEVER, "")
BORN = Family("birth_date", "date", False, NEVER, NEVER, NEVER, "")


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("tapez les 3 chiffres", False),
        ("tapez les trois petits chiffres", False),
        ("tapez les 3 chiffres du code postal", True),
        ("les trois chiffres du departement", True),
        *((f"les {n} chiffres", n in (1, 2, 4, 5, 6, 7, 8, 9, 10)) for n in range(1, 30)),
        *((f"les {n} chiffres de votre contrat", n <= 10) for n in range(1, 30)),
        *(
            (f"les {word} {what}", False)
            for word in ("onze", "douze", "treize", "quatorze", "quinze", "seize", "dix sept", "dix neuf", "vingt",
                         "vingt trois", "vingt sept")
            for what in ("chiffres", "derniers caracteres du contrat", "touches du telephone", "numeros")
        ),
        ("les 4 chiffres puis les 16 chiffres", False),
        ("les 16 lettres", True),
        ("le 16 a 10 heures", True),
        ("votre numero", True),
    ],
)  # fmt: skip
def test_so_many_digits_are_free_to_be_keyed(text: str, free: bool) -> None:
    assert collected(text, ()) == (None if free else ())
    assert collected(text, (BORN,)) == (None if free else ())
    assert collected(text, (BORN, RIB)) == (RIB,)


def lying(words: str, *, act: SpeechAct | None = SpeechAct.NEED, value: bool = True, inner: int = 0) -> bool:
    """Whether "donnez <words> RIB" reaches the RIB; `inner` other things stand first among the words."""
    text = f"donnez {words} rib"
    thing = Thing(RIB, len(text) - 3, len(text), value)
    others = [Thing(BORN, 7, 8, True)] * inner
    return reaches(text, Cue(act, 0, 6, True), thing, [*others, thing])


@pytest.mark.parametrize(
    ("act", "value", "most"),
    [
        (SpeechAct.NEED, True, 16),
        (SpeechAct.NEED, False, 16),
        (SpeechAct.GIVE, False, 16),
        (SpeechAct.AVAILABLE, True, 6),
        (SpeechAct.AVAILABLE, False, 6),
        (SpeechAct.WHICH, True, 6),
        (SpeechAct.WHICH, False, 4),
    ],
)
def test_an_act_reaches_so_many_words(act: SpeechAct, value: bool, most: int) -> None:
    assert lying(" ".join("x" * most), act=act, value=value)
    assert not lying(" ".join("x" * (most + 1)), act=act, value=value)


def test_each_thing_between_makes_an_act_reach_further_and_a_list_any_way() -> None:
    assert lying(" ".join("x" * 22), inner=1)
    assert not lying(" ".join("x" * 23), inner=1)
    assert lying(" ".join("x" * 28), inner=2)
    assert not lying(" ".join("x" * 29), inner=2)
    assert lying(" ".join("x" * 40) + " et votre")
    assert lying(" ".join("x" * 40) + ",")
    assert not lying("x " * 7 + ", votre", act=SpeechAct.WHICH)


def test_another_object_takes_the_act_away_unless_it_is_told_in_passing_or_needed() -> None:
    assert not lying("un rendez vous a propos du", act=SpeechAct.GIVE)
    assert lying("moi , a ce sujet , le", act=SpeechAct.GIVE)
    assert lying("a ce sujet le", act=SpeechAct.NEED)
    assert not lying("la date du", act=SpeechAct.NEED)
    assert not lying("savoir si le", act=SpeechAct.NEED)
    assert not lying("a ce sujet le", act=SpeechAct.GIVE)


def described(before: str, word: str) -> bool:
    """Whether `word`, which stands behind "rib" and some words, only says which RIB is meant."""
    text = f"le rib {before}{word}"
    return describes(text, len(text) - len(word), len(text), [Thing(RIB, 3, 6, True)])


def test_a_participle_behind_a_thing_says_which_one_is_meant() -> None:
    assert described("", "recu")
    assert described("bleu ", "recu")
    assert not described("bleu ciel ", "recu")
    assert not described("est ", "recu")
    assert not described("", "mange")
    assert described("que vous avez ", "mange")
    assert described("bleu ciel de la banque que vous avez ", "mange")
    assert not described("bleu ciel de la banque du nord que vous avez ", "mange")
    assert not describes("recu le rib", 0, 4, [Thing(RIB, 8, 11, True)])
    assert not describes("que vous avez recu le rib", 14, 18, [Thing(RIB, 22, 25, True)])
