"""The second reader of asks: what it sees of a sentence, and how sure it is."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from ivr.domain.asks.classifier import ask_probability, features
from ivr.domain.asks.detector import AskDetector
from ivr.domain.asks.parts import Cue, Thing
from ivr.domain.asks.phrase_bank import Family, Mention, ReaderWeights, SpeechAct
from ivr.settings.phrases import load_phrases

ROOT = Path(__file__).parents[4]
NEVER = re.compile("(?!)")
RIB = Family("bank", "RIB", True, NEVER, NEVER, NEVER, "")


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
