"""The small words of asking: words around a place, and what ends or owns one."""

from __future__ import annotations

import pytest

from ivr.domain.asks.grammar import HAVE, ends, ends_soon, ours, own_object, short, words_back, words_on


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
