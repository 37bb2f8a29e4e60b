"""Forbidden numbers and secrets are found in French transcripts, and other numbers are left alone (ASK-003)."""

from __future__ import annotations

import pytest

from benchmarks.other_numbers import harmless
from benchmarks.spoken_numbers import forbidden
from ivr.domain.numbers.sensitive import long_digit_spans, sensitive_spans

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


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "un, chut le chien, quatre-vingt-cinq zéro sept, vous y êtes, soixante-quinze 116 zéro quarante-deux",
            "nir",
        ),
        ("4970, ma fille me le dicte, 1012 ouais 3412 nickel, 3457", "card"),
    ],
)
def test_words_between_the_groups_hide_no_number(text: str, kind: str) -> None:
    found = kinds(text)
    assert found, text
    assert set(found) == {kind}


def test_the_words_between_the_groups_are_not_part_of_the_number() -> None:
    text = "1 chut le chien 85 07 75 116 042"
    assert [text[s.start : s.end] for s in sensitive_spans(text)] == ["1", "85 07 75 116 042"]


@pytest.mark.parametrize("text", ["le numéro RPPS 10001234567", "TVA FR 40 303 265 045", "deux fois 12 euros"])
def test_numbers_of_other_registers_are_left_alone(text: str) -> None:
    assert kinds(text) == []


def test_repeated_digits_are_read_out() -> None:
    assert kinds("un, soixante-sept, zéro quatre, soixante-quinze, deux fois cent douze") == ["nir"]
    assert kinds("FR76 trois zéros, quarante et un, vingt, trente, quarante, cinquante, soixante, dix") == ["iban"]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("06 12 34 56 78 1 85 07 75 123 456", "nir", "1 85 07 75 123 456"),
        ("numéro d'adhérent 47382, et 1 85 07 75 123 456", "nir", "1 85 07 75 123 456"),
        ("né le 12 mars 1985, 1 85 03 75 123 456", "nir", "1 85 03 75 123 456"),
        ("06 12 34 56 78, 1 85 07 75 123", "nir", "1 85 07 75 123"),
        ("dossier 47382, 4970 1012 3456 7893", "card", "4970 1012 3456 7893"),
        ("06 12 34 56 78 et 4970 1012 3456", "card", "4970 1012 3456"),
        ("4970 1012 3456 7893 et le 06 12 34 56 78", "card", "4970 1012 3456 7893"),
    ],
)
def test_another_number_beside_it_hides_no_number(text: str, kind: str, said: str) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in sensitive_spans(text)] == [(kind, said)]


@pytest.mark.parametrize(
    "text",
    [
        "06 12 34 56 78 et le fixe 02 40 41 42 43",
        "le dossier 12 85 07, mon portable 06 12 34 56 78",
        "44000 Nantes, 06 12 34 56 78",
    ],
)
def test_two_other_numbers_make_no_forbidden_one(text: str) -> None:
    assert (kinds(text), long_digit_spans(text)) == ([], ())


def test_digits_that_are_too_many_after_a_telephone_number_are_told() -> None:
    text = "06 12 34 56 78 et le 1 85 77 75 123 456"
    (span,) = long_digit_spans(text)
    assert text[span.start : span.end] == "1 85 77 75 123 456"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ma sécu c'est un quatre-vingt-cinq", "nir"),
        ("les quatre derniers chiffres de ma carte bancaire c'est 7893", "card"),
        ("les quatre derniers chiffres de ma cb c'est 7893", "card"),
        ("ils m'ont envoyé un code, c'est 48 29 10", "otp"),
        ("je viens de recevoir un SMS, attendez, quatre huit deux neuf un zéro", "otp"),
        ("mon code c'est quatre sept trois un", "password"),
        ("mon mot de passe Médor82", "password"),
        ("mon mot de passe Médor 82", "password"),
        ("le mot de passe soleil31", "password"),
        ("le CCV c'est 123", "cvv"),
    ],
)
def test_parts_codes_and_passwords_are_found_in_common_words(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "mon code postal c'est 44000",
        "j'ai changé de mot de passe il y a 12 jours",
        "le mot de passe que j'ai depuis 12 jours ne marche plus",
        "j'ai appelé la sécu au 3646",
        "ma carte de mutuelle c'est 7893",
    ],
)
def test_words_like_these_without_a_secret_hold_nothing(text: str) -> None:
    assert kinds(text) == []
