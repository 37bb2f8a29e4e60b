"""Levelled text, its sentences, and where each word of it stood in the original."""

from __future__ import annotations

import pytest

from ivr.domain.text.plain_text import level, plain_text

SHORT = {"n°": "numero", "rdv": "rendez vous", "svp": "s il vous plait"}


@pytest.mark.parametrize(
    ("written", "levelled"),
    [
        ("RIB", "rib"),
        ("Éléonore", "eleonore"),
        ("ÇA", "ca"),
        ("cœur", "coeur"),
        ("SŒUR", "soeur"),
        ("Lætitia", "laetitia"),
        ("où", "ou"),
        ("naïve", "naive"),
        ("12", "12"),
    ],
)
def test_a_word_is_levelled(written: str, levelled: str) -> None:
    assert level(written) == levelled


@pytest.mark.parametrize(
    ("written", "levelled"),
    [
        ("Votre N° de sécu, SVP !", "votre numero de secu , s il vous plait !"),
        ("L'adresse e-mail", "l adresse e mail"),
        ("l\u2019adresse", "l adresse"),
        ("**Votre RIB** ?", "votre rib ?"),
        ("le `code` ~secret~ __ici__", "le code secret ici"),
        ("NIR_13", "nir 13"),
        ("[ ] Votre RIB", "votre rib"),
        ("[x] Votre RIB", "x votre rib"),
        ("pre*nom", "pre nom"),
        ("« Le RIB »", "« le rib »"),
        ("Attendez...", "attendez . . ."),
        ("Attendez…", "attendez …"),
        ("(le RIB) ; puis : # “oui” ❌ 🚫", "( le rib ) ; puis : # “ oui ” ❌ 🚫"),
        ("a\u200bb", "a b"),
        ("%$ @", ""),
        ("", ""),
    ],
)
def test_a_text_is_levelled(written: str, levelled: str) -> None:
    assert plain_text(written, SHORT).text == levelled


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Bonjour. Votre RIB ? Merci !", ["bonjour .", "votre rib ?", "merci !"]),
        ("Bonjour madame", ["bonjour madame"]),
        ("Votre RIB ?! Merci", ["votre rib ? !", "merci"]),
        ("Alors... votre RIB… d'accord", ["alors . . .", "votre rib …", "d accord"]),
        ("Non !!! Jamais.", ["non ! ! !", "jamais ."]),
        ("Et ?… bien", ["et ? …", "bien"]),
        ("Un ; deux , trois : quatre", ["un ; deux , trois : quatre"]),
        ("... Oui.", ["oui ."]),
        ("? !", []),
        ("Oui. 7", ["oui .", "7"]),
        ("Oui. A ?", ["oui .", "a ?"]),
        ("Oui. A", ["oui .", "a"]),
        ("", []),
    ],
)
def test_a_text_has_these_sentences(text: str, sentences: list[str]) -> None:
    assert [one.text.strip() for one in plain_text(text, SHORT).sentences()] == sentences


@pytest.mark.parametrize(
    ("original", "part", "stood"),
    [
        ("Votre N° de sécu", "numero", "N°"),
        ("Votre N° de sécu", "numero de secu", "N° de sécu"),
        ("un RDV demain", "rendez", "RDV"),
        ("un RDV demain", "vous", "RDV"),
        ("un RDV demain", "vous demain", "RDV demain"),
        ("Le   cœur\n« bat »", "coeur", "cœur"),
        ("Le   cœur\n« bat »", "le coeur «", "Le   cœur\n«"),
        ("Le   cœur\n« bat »", "bat »", "bat »"),
        ("Oui. **Votre** RIB ?", "votre rib ?", "Votre** RIB ?"),
        ("é", "e", "é"),
    ],
)
def test_a_levelled_part_is_shown_as_it_was_written(original: str, part: str, stood: str) -> None:
    plain = plain_text(original, SHORT)
    at = plain.text.index(part)
    start, end = plain.source(at, at + len(part))
    assert original[start:end] == stood
    cut = plain.cut(at, len(plain.text))
    assert cut.text.startswith(part)
    assert cut.source(0, len(part)) == (start, end)
    assert cut.cut(0, len(part)).source(0, len(part)) == (start, end)


def test_a_space_between_words_is_where_the_next_one_begins() -> None:
    plain = plain_text("Le   RIB, merci", {})
    assert plain.source(2, 6) == (5, 8)
    assert plain.source(0, 3) == (0, 5)
    assert [one.source(0, len(one.text)) for one in plain_text("Oui.  Non.", {}).sentences()] == [(0, 4), (6, 10)]
