"""Words that sound alike have one key; words that do not have keys that are less alike."""

from __future__ import annotations

import pytest

from ivr.domain.text.phonetic_key import key, likeness


@pytest.mark.parametrize(
    "words",
    [
        ("faure", "faur", "fort", "for", "fore"),
        ("philippe", "filipe", "filippe"),
        ("chat", "chas", "schat"),
        ("quatre", "katre", "catre"),
        ("coq", "coc", "koq"),
        ("guy", "gui", "guie"),
        ("guerin", "guerrin", "guerain"),
        ("georges", "jorge"),
        ("pigeon", "pijon"),
        ("gerard", "jerard"),
        ("girard", "jirard"),
        ("celine", "seline", "selline"),
        ("cyrille", "syrille"),
        ("thomas", "toma", "tomas"),
        ("henri", "enri", "anri", "hanri"),
        ("rose", "roze"),
        ("xavier", "xavie", "xaviez", "xavies", "xaviet"),
        ("roger", "rogez", "rojer", "rogee"),
        ("huber", "hubez", "hubet"),
        ("vincen", "vinsen"),
        ("guido", "guidau"),
        ("maxime", "maksime"),
        ("reno", "renaud", "renaux", "reneau"),
        ("beau", "bo", "baux"),
        ("leuleu", "lele"),
        ("soeur", "seur", "ser"),
        ("loup", "lout", "louz"),
        ("benoit", "benoi", "benoy"),
        ("martin", "martain", "martein", "martun", "martim", "martym"),
        ("simple", "saimple", "sinple"),
        ("julien", "juljin"),
        ("laurant", "lorant", "loramt", "loremt"),
        ("bonbon", "bombom"),
        ("chaine", "cheine", "chene"),
        ("lay", "ley", "lai", "lei"),
        ("agnes", "agne"),
        ("lucas", "luca", "lukas"),
        ("anna", "ana"),
        ("yves", "ive", "yve"),
        ("marie", "mari"),
        ("legrand", "legran", "legrant"),
        ("parlent", "parle"),
        ("montrent", "montre"),
    ],
)
def test_these_sound_alike(words: tuple[str, ...]) -> None:
    assert {word: key(word) for word in words} == dict.fromkeys(words, key(words[0]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("chat", "cas"),
        ("champagne", "champanne"),
        ("agneau", "anneau"),
        ("agnes", "aines"),
        ("gare", "jare"),
        ("guy", "juy"),
        ("car", "sar"),
        ("ruse", "russe"),
        ("martin", "martine"),
        ("bon", "bonne"),
        ("an", "ane"),
        ("julien", "julienne"),
        ("loup", "lop"),
        ("roi", "ro"),
        ("moment", "mome"),
        ("souvent", "souv"),
        ("le", "l"),
        ("as", "a"),
        ("taxe", "tase"),
        ("neuf", "nuf"),
    ],
)
def test_these_do_not(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize("word", ["", "a", "et", "ou", "un", "y", "h"])
def test_the_shortest_words_have_keys_too(word: str) -> None:
    assert len(key(word)) <= 2


@pytest.mark.parametrize(
    ("one", "other"),
    [("pato", "bato"), ("toto", "dodo"), ("kar", "gar"), ("fol", "vol"), ("sel", "zel"), ("Sat", "jat"),
     ("tO", "tA"), ("tI", "tA"), ("tU", "to"), ("tW", "ta"), ("siN", "sin")],
)  # fmt: skip
def test_what_a_telephone_line_confuses_is_half_alike(one: str, other: str) -> None:
    different = sum(a != b for a, b in zip(one, other, strict=True)) / len(one)
    assert likeness(one, other) == pytest.approx(1 - different / 2)


@pytest.mark.parametrize(("one", "other"), [("nation", "nassion"), ("bastien", "bastiin"), ("attention", "attansion")])
def test_these_sound_nearly_alike(one: str, other: str) -> None:
    assert likeness(key(one), key(other)) >= 0.8


def test_alike_is_all_and_strange_is_nothing() -> None:
    assert likeness("bato", "bato") == 1.0
    assert likeness("bbb", "lll") == 0.0
    assert likeness("kal", "kar") == pytest.approx(2 / 3)
