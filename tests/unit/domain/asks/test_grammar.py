"""The small words of asking: counts of digits, words around a place, and what lies between an act and a thing."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from ivr.domain.asks.classifier import ask_probability, features
from ivr.domain.asks.detector import AskDetector
from ivr.domain.asks.grammar import HAVE, ends, ends_soon, ours, own_object, short, words_back, words_on
from ivr.domain.asks.parts import Cue, Thing, collected, describes, reaches
from ivr.domain.asks.phrase_bank import Family, Mention, ReaderWeights, SpeechAct
from ivr.settings.phrases import load_phrases

ROOT = Path(__file__).parents[4]
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


def test_words_back_and_on() -> None:
    text = "un deux trois quatre cinq"
    assert [text[words_back(text, 14, n) :].strip() for n in range(4)] == [
        "trois quatre cinq",
        "deux trois quatre cinq",
        "un deux trois quatre cinq",
        "un deux trois quatre cinq",
    ]
    assert [words_back(text, 14, n) for n in range(4)] == [7, 2, 0, 0]
    assert [words_back(text, 0, 2), words_back("", 0, 2), words_back(" a b", 3, 1)] == [0, 0, 0]
    assert [words_on(text, 2, n) for n in range(5)] == [2, 7, 13, 20, 25]
    assert [words_on(text, 25, 2), words_on("a b", 0, 1)] == [25, 1]


def test_ends_and_lengths() -> None:
    assert [ends(text) for text in ("a .", "a ! ", "a ?", "a …", "a ,", "a", "")] == [True] * 4 + [False] * 3
    assert [ours(text) for text in ("votre rib", "vos rib", "donnez le", "dites le", "vous me direz", "mon rib")] == [
        *[True] * 5, False,
    ]  # fmt: skip
    assert [ends_soon("dites le moi ?", at) for at in (0, 5, 8, 14)] == [False, False, True, True]
    assert [short(" ".join("a" * n)) for n in (1, 14, 15)] == [True, True, False]
    assert [own_object(text, 3) for text in ("ab votre rib", "ab  le dossier", "ab le numero", "ab moi")] == [
        True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "verb",
    ["avez", "as", "vous", "tu", "auriez", "aviez", "avais", "connaissez", "connais", "voyez", "trouvez", "retrouvez"],
)
def test_these_say_that_somebody_has_a_thing(verb: str) -> None:
    assert verb in HAVE


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


def test_the_second_reader_sees_runs_stems_acts_and_denials() -> None:
    text = "donnez 12 rib carte"
    things = [Thing(RIB, 10, 13, True), Thing(RIB, 14, 19, False)]
    cues = [
        Cue(SpeechAct.GIVE, 0, 6, True),
        Cue(None, 14, 19, False),
        Cue(SpeechAct.NEED, 7, 11, False),
        Cue(SpeechAct.WANT, 8, 12, True),
    ]
    assert features(text, things, cues, [Mention.NEGATION, Mention.REPORT]) == {
        *("w<s>", "wdonnez", "w<N>", "w<V>", "w<H>", "w</s>"),
        *("w<s> donnez", "wdonnez <N>", "w<N> <V>", "w<V> <H>", "w<H> </s>"),
        *("w<s> donnez <N>", "wdonnez <N> <V>", "w<N> <V> <H>", "w<V> <H> </s>"),
        *("s<s>", "sdonn", "s<N>", "s<V>", "s<H>", "s</s>"),
        *("s<s> donn", "sdonn <N>", "s<N> <V>", "s<V> <H>", "s<H> </s>"),
        *("s<s> donn <N>", "sdonn <N> <V>", "s<N> <V> <H>", "s<V> <H> </s>"),
        *("Cgive1", "Pgive1b", "Ctell0", "Ptell0a", "Cneed0", "Pneed0b", "Cwant1", "Pwant1a"),
        *("Mnegation", "Mreport"),
    }
    assert features("a", [], [Cue(SpeechAct.GIVE, 0, 1, True)], []) >= {"Pgive1a", "w<s> a </s>"}


def test_the_second_reader_sees_which_mentions_deny_and_no_others() -> None:
    detector = AskDetector(load_phrases(ROOT / "config" / "phrases"))
    denied = {one.value for one in (Mention.NEGATION, Mention.REPORT, Mention.REDIRECT, Mention.THEIRS)}
    for text, mention in (
        ("nous ne vous demanderons jamais votre rib .", "negation"),
        ("un escroc demande votre rib .", "report"),
        ("votre rib se depose dans votre espace adherent .", "redirect"),
        ("mon rib .", "theirs"),
        ("nous avons bien recu votre rib .", None),
    ):
        shown = detector.shown(text, None)
        assert shown is not None
        seen = {feature[1:] for feature in shown if feature[0] == "M"}
        assert seen <= denied
        assert mention is None or mention in seen
        assert mention is not None or not seen


def test_the_second_reader_is_as_sure_as_its_weights() -> None:
    learnt = ReaderWeights(0.5, 0.8, 0.1, {"a": 2.0, "b": -1.0})
    seen = frozenset({"a", "b", "c", "d"})
    assert ask_probability(seen, learnt) == pytest.approx(1 / (1 + math.exp(-(0.5 + 1.0 / 2))))
    assert ask_probability(frozenset({"c"}), learnt) == pytest.approx(1 / (1 + math.exp(-0.5)))
    assert ask_probability(frozenset({"a"}), learnt) > 0.9
