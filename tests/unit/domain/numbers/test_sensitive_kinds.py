"""The ways people tell a forbidden number that shape alone does not show: corrections, names said later, parts, talk.

Beside each kind stand the harmless sentences that come nearest to it.
"""

from __future__ import annotations

import pytest

from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.sensitive import sensitive_spans
from ivr.domain.numbers.spoken_digits import digit_runs

# 1 85 05 78 006 084 has the key 91; 4970 1012 3456 7893 its check digit; the account its RIB key and ISO 13616 digits.


def told(text: str) -> str:
    return " ".join(dict.fromkeys(span.kind for span in sensitive_spans(text)))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # Taken back, or said again.
        (
            "un quatre-vingt-cinq zéro cinq, oups, mince, soixante-dix-huit zéro zéro six zéro quatre-vingt-quatre",
            "nir",
        ),
        ("1 85 05 77, rectification, 78 006 084 91", "nir"),
        ("1 85 05, non pardon je me suis trompée je recommence, 1 85 05 78 006 084", "nir"),
        ("1 85 05 78, je répète, 1 85 05 78, 006 084 91", "nir"),
        ("1 85 05, on voit mal, 78, ou 78, 006 084 91", "nir"),
        # So often.
        ("un 85 05 78 double zéro six zéro huit quatre quatre-vingt-onze", "nir"),
        ("4970, 1012, trois, quatre, cinq six, sept huit neuf trois", "card"),
        ("cinquante et un zéro zéro, deux fois un deux fois huit, deux fois quatre deux fois cinq, 0002", "card"),
        ("4970 zéro deux fois sept deux fois 4455 0000, ma carte bancaire", "card"),
        # Talk between the groups, longer than anybody needs to breathe.
        ("1 85 05, ne quittez pas mon fils me parle dans l'autre oreille, voilà, 78 006 084 91", "nir"),
        ("1 85 05 78, attendez il y a quelqu'un qui sonne à la porte, 006 084 91", "nir"),
        ("4970, ça c'est la première ligne et la deuxième ligne maintenant, 1012 3456 7893", "card"),
        ("un deux devant, ensuite 85 05 78 006 084, et la clé à la fin 41", "nir"),
        # Its places by name.
        ("sexe 1, né en 85, au mois 05, département 78, commune 006, ordre 084", "nir"),
        ("mon année c'est le 1 85, mon mois le 05, mon département le 78, puis 006 084", "nir"),
        ("les quatre premiers 4970, les quatre suivants 1012, les quatre derniers 3456, 7893", "card"),
        # Its name, or its key, later.
        ("482915, c'est le code du texto", "otp"),
        ("j'ai 482915, voilà le code", "otp"),
        ("1 85 05 78, c'est ma sécu", "nir"),
        ("elle finit par 78 93 ma carte bleue", "card"),
        ("la clé de ma carte Vitale, je la lis à part, 91", "nir"),
        ("voici mon numéro de sécu 1 85 05 78 006 084, vous notez aussi la clé, 91", "nir"),
        ("ma clé RIB c'est 06", "iban"),
        # A part of it.
        ("ma carte finit par soixante-dix-huit quatre-vingt-treize", "card"),
        ("les deux derniers chiffres de mon compte, 48", "iban"),
        ("expiration 04/28", "card"),
        ("expire 04 28 et le code 123", "card cvv"),
        ("valable jusqu'en 04 28, ma visa", "card"),
        ("les chiffres du dos, 123", "cvv"),
        # Accounts by other words, letters and places.
        ("F comme Fernand, R comme Renée, 76 3000 6000 0112 3456 7890 189", "iban"),
        ("effe erre soixante-seize, 3000, 6000, 0112, 3456, 7890, 189", "iban"),
        ("France 76, 3000 6000 0112 3456 7890 189", "iban"),
        ("FR76, et ensuite, 3000 6000 0112 3456 7890 189", "iban"),
        ("30006 00001 12345678901 89", "iban"),
        ("mon compte chez eux, 12345678901", "iban"),
        ("au guichet 00001, le 12345678901", "iban"),
        ("FR76 3000 6000 0112 3456 A 026, clé 89", "iban"),
        # Codes and passwords by other words.
        ("mon pin c'est 4 5 1 2", "password"),
        ("le code de mon espace, 451278", "password"),
        ("mon code d'accès 451278", "password"),
        ("le numéro qu'ils m'ont envoyé sur mon portable, 482915", "otp"),
        ("pour le mot de passe j'ai mis bretagne35", "password"),
        ("j'ai reçu 482 915, ça y est", "otp"),
        ("482915 c'est ce que j'ai reçu sur le portable", "otp"),
        ("ça dit : votre code est 482915", "otp"),
        ("4970, chut, je suis au téléphone avec la mutuelle, 1012 3456 7893", "card"),
        ("mon ancienne carte, le 4970 1012 3456 7890", "card"),
        ("il me faut rentrer un code, le 482915", "otp"),
        ("482915, je l'ai reçu ce matin par texto", "otp"),
        ("mot de passe provisoire, Paquerette12", "password"),
        ("toujours le même code, 4 5 1 2", "otp"),
        ("le code confirmation, 482915", "otp"),
        ("dans mon espace je tape 4512", "password"),
        ("le mdp c'est marguerite12", "password"),
        ("j'ai un texto avec 482915", "otp"),
        ("FR7630006000011234567890189", "iban"),
        ("ma carte, elle se termine en 7893", "card"),
        ("au verso je lis 123", "cvv"),
        ("4970 1012 34 56, non, 88 99, non, 34 56, et 78 93", "card"),
        ("le pin de ma carte, 4512", "password"),
        ("date de fin 04 28, pour ma carte bleue", "card"),
        ("mon compte postal, 12345678901", "iban"),
        # Hundreds by eleven to nineteen.
        ("ma carte bancaire c'est le quinze cents, mille douze", "card"),
    ],
)
def test_a_number_is_known_however_it_is_told(text: str, kind: str) -> None:
    assert told(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "le 12, non pardon le 13, ou le 14, oui le 14 mars",
        "06 12, je répète, 06 12, 34 56 78",
        "je recommence, dossier 45 12 78",
        "deux fois quarante, et trois fois vingt",
        "sept, deux fois, et huit une fois",
        "il y a quelqu'un au 12 et quelqu'un au 14",
        "je suis né au mois de juin 1942, département 46, commune de Cahors",
        "69003, c'est le code",
        "12 rue du Moulin, c'est le code postal 69003",
        "mon téléphone finit par 22 18",
        "ma carte de mutuelle finit par 66 12",
        "les deux derniers chiffres de mon dossier, 12",
        "la clé du 12, pas celle du 14",
        "mon bail expire en juin 2027",
        "le contrat expire le 31 12 2026",
        "la carte de tiers payant, validité 12 26",
        "le compte est bon : 25, 50, 75, 100",
        "je compte 12, 13, 14, 15, 16 factures",
        "compte rendu du 14 mai 2026, page 12",
        "facture FR 2026 001245",
        "France 98, trois à zéro, puis 2018",
        "j'ai reçu 64 euros 20 le 12",
        "j'ai reçu 2450 le 12",
        "4970, mon téléphone 1012, et 3456 7893",
        "la carte d'invalidité, jusqu'au 30 06 2027",
        "ma carte de famille nombreuse, numéro 45 12 78",
        "on m'a demandé les 16 chiffres, j'ai raccroché",
        "le 02 40, non, le 02 41, 12 13 14",
        "le code de la porte, 4512",
        "ce code ne marche plus depuis 2024",
        "code du travail, article 1226",
        "le code APE, 4512",
        "le code postal c'est 69003",
        "FR4512789630",
        "le 12 rue du Pin, 31000 Toulouse",
        "12 pour cent, puis 15 pour cent",
        "rappelez le 09 70 80 90 10, c'est le message",
    ],
)
def test_other_numbers_told_the_same_way_are_left_alone(text: str) -> None:
    assert told(text) == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sept deux fois", ["77"]),
        ("12, deux fois", ["1212"]),
        ("sept deux fois le huit", ["788", "7288"]),
        ("zéro deux fois, quatre", ["004"]),
        ("deux fois un deux fois huit", ["1188"]),
        ("quadruple zéro", ["0000"]),
        ("quinze cents", ["1500"]),
        ("dix-neuf cent cinquante", ["1950"]),
        ("12, oui, 12, 34", ["1234"]),
    ],
)
def test_digits_that_are_said_so_often_or_twice_have_a_reading(text: str, wanted: list[str]) -> None:
    runs = digit_runs(tokens(text))
    readings = {reading.text for run in runs for reading in (run, *run.readings)}
    assert readings.intersection(wanted)
