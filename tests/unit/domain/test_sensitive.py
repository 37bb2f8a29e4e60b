"""Forbidden numbers and secrets are found in French transcripts, and other numbers are left alone (ASK-003)."""

from __future__ import annotations

import pytest

from benchmarks.other_numbers import harmless
from benchmarks.spoken_numbers import forbidden
from ivr.domain.number_watch import NumberWatch, Watched
from ivr.domain.sensitive import sensitive_spans

SEED = 4242


def kinds(text: str) -> list[str]:
    return [span.kind for span in sensitive_spans(text)]


def test_dictated_numbers_are_found() -> None:
    material = list(forbidden(1000, SEED))
    missed = [said for said in material if not sensitive_spans(said.text)]
    assert len(missed) <= 0.01 * len(material), missed


def test_other_numbers_are_left_alone() -> None:
    material = list(harmless(3000, SEED))
    wrong = [said for said in material if sensitive_spans(said.text)]
    assert len(wrong) <= 0.005 * len(material), wrong


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("un quatre-vingt-cinq zéro sept soixante-quinze cent vingt-trois quatre cent cinquante-six", "nir"),
        ("deux nonante-deux zéro huit septante-cinq zéro douze trois cent quatre", "nir"),
        ("c'est 2 85 euh 07 euh 75 112 euh 308", "nir"),
        ("le numéro c'est 1 62 12 2B 033 112 clé 81", "nir"),
        ("je commence : un cinquante-huit zéro quatre treize", "nir"),
        ("ma sécu 1 58 04", "nir"),
        (
            "quatre mille neuf cent dix, mille douze, trois mille quatre cent cinquante, sept mille huit cent",
            "card",
        ),
        ("ma carte American Express 3782 822463 10005", "card"),
        ("FR76 3000 6000 0112 3456 7890 189", "iban"),
        ("F R soixante-seize, trois mille six, zéro zéro zéro un", "iban"),
        ("mon compte c'est le 30006 00001 12345678901 89", "iban"),
        ("le cryptogramme c'est sept cent douze", "cvv"),
        ("j'ai reçu 482 915 par SMS", "otp"),
        ("mon mot de passe c'est Marguerite44", "password"),
        ("mon code secret c'est 1 2 3 4", "password"),
        ("ma carte bancaire est valable jusqu'en mars 2028", "card"),
    ],
)
def test_what_people_say_is_understood(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Mon numéro c'est le 06 12 34 56 78.",
        "Je suis née le 14 mars 1952 à Brest.",
        "J'habite 125 rue du 8 mai 1945, 44000 Nantes.",
        "La référence du courrier c'est 2 85 07 44 112.",
        "Le SIRET de mon cabinet est 812 345 678 00012.",
        "Ma carte de mutuelle est valable jusqu'au 31 12 2026.",
        "J'ai oublié mon code secret, ça fait 3 fois.",
        "Mon mot de passe c'est compliqué à retenir.",
        "ordonnance du 12 12 2025 pour 30 séances",
        "Un, deux, trois, vous m'entendez ?",
        "",
    ],
)
def test_other_things_people_say_hold_nothing(text: str) -> None:
    assert kinds(text) == []


def test_what_was_asked_before_gives_a_number_its_meaning() -> None:
    assert sensitive_spans("4 5 6") == ()
    (span,) = sensitive_spans("4 5 6", before="Les trois chiffres au dos")
    assert (span.kind, span.start, span.end) == ("cvv", 0, 5)


def test_spans_cover_the_digits_and_nothing_before_them() -> None:
    text = "Bonjour, c'est le 1 85 07 75 123 456, merci."
    (span,) = sensitive_spans(text)
    assert text[span.start : span.end] == "1 85 07 75 123 456"


def watched(*utterances: str, pause_ms: int = 1000) -> list[Watched]:
    watch, at, answers = NumberWatch(), 0, []
    for text in utterances:
        answers.append(watch.feed(text, at, at + 2000))
        at += 2000 + pause_ms
    return answers


def test_a_number_said_in_pieces_is_masked_from_its_first_piece() -> None:
    answers = watched(
        "alors c'est un quatre-vingt-cinq",
        "zéro sept",
        "attendez je cherche mes lunettes",
        "soixante-quinze, cent vingt-trois",
        "quatre cent cinquante-six",
        "et la clé quarante-deux",
    )
    assert [answer.hold_from_ms for answer in answers] == [0] * 6
    masked = [(span.kind, span.start) for answer in answers for span in answer.spans]
    assert masked == [("nir", 0), ("nir", 3000), ("nir", 9000), ("nir", 12000), ("nir", 15000)]


def test_a_card_said_in_pieces_is_masked_whole() -> None:
    *before, last = watched("4970", "1012 3456", "7890")
    assert {span.start for answer in [*before, last] for span in answer.spans} == {0, 3000, 6000}


def test_a_phone_number_in_pieces_is_neither_held_nor_masked() -> None:
    answers = watched("mon téléphone c'est le zéro six", "douze trente-quatre", "cinquante-six soixante-dix-huit")
    assert answers == [Watched((), None)] * 3


def test_a_long_pause_ends_a_number() -> None:
    answers = watched("un quatre-vingt-cinq zéro sept", "soixante-quinze cent vingt-trois", pause_ms=20_000)
    assert [answer.spans for answer in answers] == [(), ()]


def test_a_piece_judged_again_is_told_once() -> None:
    watch = NumberWatch()
    first = watch.feed("1 85 07 75 123 456", 0, 3000)
    again = watch.feed("1 85 07 75 123 456", 0, 3000)
    assert len(first.spans) == 1
    assert again.spans == ()
