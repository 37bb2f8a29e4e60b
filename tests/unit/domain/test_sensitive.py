"""Forbidden data is found in figures and in words; other numbers are left alone."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.domain.sensitive import sensitive_spans
from ivr.domain.spoken_digits import digit_runs, tokens


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in sensitive_spans(text)]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("mon numéro c'est le 1 85 07 75 116 002 46 voilà", "nir", "1 85 07 75 116 002 46"),
        ("c'est le 2 85 07 2A 116 002", "nir", "2 85 07 2A 116 002"),
        (
            "alors un quatre-vingt-cinq euh zéro sept soixante-quinze et puis cent seize zéro zéro deux",
            "nir",
            "un quatre-vingt-cinq euh zéro sept soixante-quinze et puis cent seize zéro zéro deux",
        ),
        ("mon numéro de sécu commence par 2 85 07", "nir", "2 85 07"),
        ("ma carte bleue c'est 4970 1012 3456 7890", "card", "4970 1012 3456 7890"),
        ("le 4111 1111 1111 1111 expire en mai", "card", "4111 1111 1111 1111"),
        ("FR76 3000 6000 0112 3456 7890 189", "iban", "FR76 3000 6000 0112 3456 7890 189"),
        ("mon IBAN c'est F R soixante-seize trente mille six", "iban", "F R soixante-seize trente mille six"),
        ("le cryptogramme c'est 123", "cvv", "123"),
        ("les trois chiffres au dos c'est cent vingt-trois", "cvv", "cent vingt-trois"),
        ("j'ai reçu le code par SMS c'est 482913", "otp", "482913"),
        ("mon mot de passe c'est soleil", "password", "soleil"),
    ],
)
def test_forbidden_data_is_found_with_its_words(text: str, kind: str, words: str) -> None:
    assert (kind, words) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "mon téléphone c'est le 06 12 34 56 78",
        "zéro six douze trente-quatre cinquante-six soixante-dix-huit",
        "je suis né le douze mars mille neuf cent quarante-cinq",
        "ça fait cent quarante-cinq euros et vingt centimes",
        "mon numéro d'adhérent c'est le 12345678",
        "le numéro de ma carte mutuelle c'est le 12345678",
        "j'habite au 12 rue des Lilas 49000 Angers",
        "la facture 20240312 de 1 250 euros",
        "j'ai oublié mon mot de passe",
        "le mot de passe ne marche pas",
        "mon mot de passe est expiré",
        "ma carte bleue est refusée depuis le 12",
        "rendez-vous le 15 mars à 14 heures 30",
        "",
    ],
)
def test_other_numbers_and_mentions_are_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("soixante et onze", "71"),
        ("quatre-vingt-dix-neuf", "99"),
        ("septante-huit nonante", "7890"),
        ("deux mille vingt-quatre", "2024"),
        ("cent seize zéro zéro deux", "116002"),
        ("dix-sept dix", "1710"),
        ("vingt et un", "21"),
    ],
)
def test_french_numbers_are_read_as_digits(words: str, digits: str) -> None:
    assert "".join(run.text for run in digit_runs(tokens(words))) == digits


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="0123456789 abcéunsix-'.,", max_size=60))
def test_spans_lie_in_the_text_in_order_and_apart(text: str) -> None:
    spans = sensitive_spans(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
