"""What a caller says, and exactly the words of it that may not be kept."""

from __future__ import annotations

import re

import pytest

from benchmarks.other_numbers import harmless
from benchmarks.spoken_numbers import forbidden
from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers.sensitive import announced, asks_for_other_number, long_digit_spans, sensitive_spans


def shown(text: str, spans: tuple[SensitiveSpan, ...]) -> str:
    return "; ".join(f"{span.kind}: {text[span.start : span.end]}" for span in spans)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("1 85 07 75 116 001 91", "nir: 1 85 07 75 116 001 91"),
        ("2 85 13 75 116 001", ""),
        ("3 85 07 75 116 001", ""),
        ("mon nir 3 85 07 75 116 001", "nir: 3 85 07 75 116 001"),
        ("9 1 85 07 75 116 001", "nir: 1 85 07 75 116 001"),
        ("1 85 07 75 116 001 4", "nir: 1 85 07 75 116 001 4"),
        ("mon numéro de sécu 1 85 07 75 116 001 4", "nir: 1 85 07 75 116 001 4"),
        ("1 85 07 75 116", "nir: 1 85 07 75 116"),
        ("1 85 07 75", "nir: 1 85 07 75"),
        ("1 85 07 7", ""),
        ("1850775", ""),
        ("185077511", "nir: 185077511"),
        ("1 8 5 0 7 7 5", "nir: 1 8 5 0 7 7 5"),
        ("1 8 5 0 7 7 5 1 1", "nir: 1 8 5 0 7 7 5 1 1"),
        ("mon suivi 1 85 07 75 116 001", ""),
        ("mon siret 1 85 07 75 116 001 42", ""),
        ("4970 1012 3456", "card: 4970 1012 3456"),
        ("4970 1012 3456 7893", "card: 4970 1012 3456 7893"),
        ("4970 1012 3456 7894", "card: 4970 1012 3456 7894"),
        ("3782 822463 10005", "card: 3782 822463 10005"),
        ("3700 000000 00000", ""),
        ("6011 0009 9013 9424", "card: 6011 0009 9013 9424"),
        ("6011 0009 9013 9425", ""),
        ("mon dossier 4970 1012 3456", ""),
        ("le cryptogramme 12", ""),
        ("le cryptogramme 123", "cvv: 123"),
        ("le cryptogramme 1234", "cvv: 1234"),
        ("le cryptogramme 12345", ""),
        ("123 au dos", "cvv: 123"),
        ("1234 au dos", "cvv: 1234"),
        ("12345 au dos", ""),
        ("le code reçu 123", ""),
        ("le code reçu 1234", "otp: 1234"),
        ("le code reçu 12345678", "otp: 12345678"),
        ("le code reçu 123456789", ""),
        ("1234 par SMS", "otp: 1234"),
        ("123 par sms", ""),
        ("12345678 par texto", "otp: 12345678"),
        ("123456789 par texto", ""),
        ("mon dossier 1234 par sms", ""),
        ("mon code secret 123", ""),
        ("mon code secret 1234", "password: 1234"),
        ("iban 1234", ""),
        ("iban 12345", "iban: 12345"),
        ("ma carte bleue 123", "card: 123"),
        ("ma carte bleue 12", ""),
        ("ma sécu 12", ""),
        ("ma sécu 123", "nir: 123"),
        ("ma sécu 323", ""),
        ("ma sécu 3646", ""),
        ("FR76 3000 6000 0112 3456 7890 189", "iban: FR76 3000 6000 0112 3456 7890 189"),
        ("FR 76", ""),
        ("mon iban FR 76", "iban: FR 76"),
        ("mon iban FR 7", ""),
        ("FR 1234567890", "iban: FR 1234567890"),
        ("FR 123456789", ""),
        ("F R 76 30006", ""),
        ("mon rib F R 76 30006", "iban: F R 76 30006"),
        ("DE89 3704 0044 0532 0130 00", "iban: DE89 3704 0044 0532 0130 00"),
        ("DE89 3704 0044 0532 0130 01", ""),
        ("DE 89 3704 0044 0532 0130 00", "iban: DE 89 3704 0044 0532 0130 00"),
        ("ma carte expire en mars 2028", "card: mars 2028"),
        ("ma carte expire le 03 28", "card: 03 28"),
        ("ma carte expire 0328", "card: 0328"),
        ("ma carte expire 1328", ""),
        ("ma carte vitale expire 0328", ""),
        ("ma carte bancaire expire en mars 19", ""),
        ("mon contrat expire 0328", ""),
        ("mon mot de passe c'est Médor82", "password: Médor82"),
        ("mon mot de passe c'est oublié", ""),
        ("mon mot de passe Médor82", "password: Médor82"),
        ("mon mot de passe Médor 82", "password: Médor 82"),
        ("mot de passe : azerty12, merci", "password: azerty12"),
        ("mon mot de passe depuis 3 jours", ""),
        ("mon mot de passe bleu 82 fois", ""),
        ("mon nir 1 99 13 75 116 001", "nir: 1 99 13 75 116 001"),
        ("mon nir 1 99 40 75 116 001", "nir: 1 99 40 75 116 001"),
        ("ma sécurité sociale 1 85 07", "nir: 1 85 07"),
        ("ma carte vitale 1 85 07", "nir: 1 85 07"),
        ("mon numéro d'assuré 1 85 07", "nir: 1 85 07"),
        ("mon numéro social 1 85 07", "nir: 1 85 07"),
        ("ma carte de crédit 49701", "card: 49701"),
        ("ma carte de paiement 49701", "card: 49701"),
        ("numéro de carte 49701", "card: 49701"),
        ("par carte 49701", "card: 49701"),
        ("visa 49701", "card: 49701"),
        ("mastercard 51234", "card: 51234"),
        ("cb 49701", "card: 49701"),
        ("american express 37828", "card: 37828"),
        ("ma carte mutuelle 49701", ""),
        ("ma carte d'adhérent 49701", ""),
        ("la carte d'identité 49701", ""),
        ("la carte de tiers payant 49701", ""),
        ("le crypto 123", "cvv: 123"),
        ("le cvv 123", "cvv: 123"),
        ("le cvc 123", "cvv: 123"),
        ("les trois petits chiffres 123", "cvv: 123"),
        ("derrière la carte 123", "cvv: 123"),
        ("le code de sécurité 123", "cvv: 123"),
        ("le code au verso 123", "cvv: 123"),
        ("le code derrière 123", "cvv: 123"),
        ("le code de validation 1234", "otp: 1234"),
        ("le code de confirmation 1234", "otp: 1234"),
        ("le code de vérification 1234", "otp: 1234"),
        ("code à usage unique 1234", "otp: 1234"),
        ("code temporaire 1234", "otp: 1234"),
        ("le code sms 1234", "otp: 1234"),
        ("le code que j'ai reçu 1234", "otp: 1234"),
        ("le code que je viens de recevoir 1234", "otp: 1234"),
        ("le code que vous m'avez envoyé 1234", "otp: 1234"),
        ("code d'authentification 1234", "otp: 1234"),
        ("j'ai reçu un code 1234", "otp: 1234"),
        ("un code à six chiffres 123456", "otp: 123456"),
        ("otp 1234", "otp: 1234"),
        ("par texto 1234", "otp: 1234"),
        ("le sms dit 1234", "otp: 1234"),
        ("le message indique 1234", "otp: 1234"),
        ("la notification affiche 1234", "otp: 1234"),
        ("le code c'est 1234", "otp: 1234"),
        ("le code qui s'affiche 1234", "otp: 1234"),
        ("le code du texto 1234", "otp: 1234"),
        ("code confidentiel 1234", "password: 1234"),
        ("code pin 1234", "password: 1234"),
        ("code personnel 1234", "password: 1234"),
        ("code de ma carte 1234", "password: 1234"),
        ("mon code c'est 1234", "password: 1234"),
        ("mot de passe 1234", "password: 1234"),
        ("identifiant secret 1234", "password: 1234"),
        ("rib 30006", "iban: 30006"),
        ("le bon est valable jusqu'en 12 27", ""),
        ("ma visa est valable jusqu'en 12 27", "card: 12 27"),
        ("30006 00001 12345678901 89", "iban: 30006 00001 12345678901 89"),
        ("3000600001 12345678901 89", ""),
        ("30006 0000112345678901 89", ""),
        ("30006 00001 1234567890189", ""),
        ("FR76 30006 00001 K 7890 189", "iban: FR76 30006 00001; iban:  K 7890 189"),
        ("FR76 30006 00001 A comme Alain 7890 189", "iban: FR76 30006 00001; iban:  A comme Alain 7890 189"),
        ("FR76 30006 00001 A comme chez Alain 7890 189", "iban: FR76 30006 00001"),
        ("relevé d'identité bancaire 30006", "iban: 30006"),
        ("numéro de compte 30006", "iban: 30006"),
        ("compte bancaire 30006", "iban: 30006"),
        ("mon compte c'est 30006", "iban: 30006"),
        ("coordonnées bancaires 30006", "iban: 30006"),
        ("code banque 30006", "iban: 30006"),
        ("code guichet 30006", "iban: 30006"),
        ("elle expire 0328", "card: 0328"),
        ("date d'expiration 0328", "card: 0328"),
        ("date de validité 0328", "card: 0328"),
        ("date de fin de validité 0328", "card: 0328"),
        ("fin de validité 0328", "card: 0328"),
        ("expiration de ma carte 0328", "card: 0328"),
        ("ma carte est valable 03 2028", "card: 03 2028"),
        ("ma visa périme 03 28", "card: 03 28"),
        ("ma cb va jusqu'à mars 28", "card: mars 28"),
        ("ma carte expire 0323", ""),
        ("ma carte expire 0339", "card: 0339"),
        ("ma carte expire 0340", ""),
        ("ma carte expire 1228", "card: 1228"),
        ("ma carte expire en mars 2040", ""),
        ("mon téléphone 12345678", ""),
        ("mon adhérent 1 85 07 75", ""),
        ("mon dossier 1 85 07 75", ""),
        ("mon contrat 1 85 07 75", ""),
        ("ma référence 1 85 07 75", ""),
        ("ma facture 1 85 07 75", ""),
        ("mon devis 1 85 07 75", ""),
        ("mon client 1 85 07 75", ""),
        ("né le 1 85 07 75", ""),
        ("ma commande 1 85 07 75", ""),
        ("mon immatriculation 1 85 07 75", ""),
        ("finess 1 85 07 75 116 001", ""),
        ("tva 1 85 07 75 116 001", ""),
        ("rpps 1 85 07 75 116 001", ""),
        ("adeli 1 85 07 75 116 001", ""),
        ("colis 1 85 07 75 116 001", ""),
        ("recommandé 1 85 07 75 116 001", ""),
        ("code barre 1 85 07 75 116 001", ""),
        ("mon siret 1 85 07 75 116 001 91", "nir: 1 85 07 75 116 001 91"),
        ("mon siret 4970 1012 3456 7893", "card: 4970 1012 3456 7893"),
        ("ma sécu puis mon dossier 12345", ""),
        ("mon dossier puis ma sécu 12345", "nir: 12345"),
        ("1 85 07 75 c'est mon numéro de sécu", "nir: 1 85 07 75"),
        ("12345 c'est mon numéro de sécu", "nir: 12345"),
        ("1234 c'est mon numéro de sécu", ""),
        ("mon mot de passe est bleu", "password: bleu"),
        ("mon mot de passe s'appelle Médor", "password: Médor"),
        ("mon mot de passe c'est toujours", ""),
        ("mot de passe : lune!", "password: lune"),
        ("les mots de passe sont là", ""),
        ("euh 49 70 mot de passe", ""),
        ("15 1 85 07 75 116 001", "nir: 1 85 07 75 116 001"),
        ("49701012345678931", "card: 4970101234567893"),
        ("497010123456789312", "card: 4970101234567893"),
        ("4970101234567893123", ""),
        # Whole numbers with talk between their groups: only what their check digits prove.
        (
            "1, oh là là, 85, donc, 07, tiens, 75, regardez, 116, encore, 001",
            "nir: 1, oh là là, 85, donc, 07; nir: 75; nir: 116; nir: 001",
        ),
        ("1 85, tiens donc regardez, 07 75 116, tiens, 001 91", "nir: 1 85; nir: 07 75 116; nir: 001 91"),
        ("1 85, tiens donc regardez, 07 75, tiens, 116 001 92", ""),
        ("4970, tiens, 1012, tiens, 3456, tiens, 7893", "card: 4970; card: 1012; card: 3456; card: 7893"),
        ("4970, tiens, 1012, tiens, 3456, tiens, 7894", ""),
        ("4970, tiens, 1012, euros, 3456, tiens, 7893", ""),
        ("4970, mon téléphone, 1012, tiens, 3456, tiens, 7893", ""),
        (
            "4970, chat chat chat chat chat chat chat, 1012, chat, 3456, chat, 7893",
            "card: 4970; card: 1012; card: 3456; card: 7893",
        ),
        (
            f"4970, {'chat ' * 18}, 1012, chat, 3456, chat, 7893",
            "card: 4970; card: 1012; card: 3456; card: 7893",
        ),
        (f"4970, {'chat ' * 19}, 1012, chat, 3456, chat, 7893", ""),
        (f"49 7010, {'chat ' * 8}, 123, chat, 456, chat, 7893", ""),
        (f"49 7010, {'chat ' * 7}, 123, chat, 456, chat, 7893", "card: 49 7010; card: 123; card: 456; card: 7893"),
        (
            "FR, tiens, 76 3000 6000, tiens, 0112 3456 7890, tiens, 189",
            "iban: 76 3000 6000; iban: 0112 3456 7890; iban: 189",
        ),
        (
            "F R, tiens, 76 3000 6000, tiens, 0112 3456 7890, tiens, 189",
            "iban: 76 3000 6000; iban: 0112 3456 7890; iban: 189",
        ),
        ("76 3000 6000, tiens, 0112 3456 7890, tiens, 189", ""),
    ],
)
def test_just_these_words_are_hidden(text: str, hidden: str) -> None:
    assert shown(text, sensitive_spans(text)) == hidden


@pytest.mark.parametrize("first", range(0, 1000, 50))
def test_each_dictated_number_is_found_whole_and_nothing_else(first: int) -> None:
    for said in list(forbidden(1000, SEED))[first : first + 50]:
        spans = sensitive_spans(said.text)
        assert {span.kind for span in spans} == {said.kind}, said
        left = said.text
        for span in reversed(spans):
            assert _DIGIT.match(said.text, span.start) or said.kind == "password", (said, span)
            left = left[: span.start] + left[span.end :]
        assert not re.search(r"\d{2}", left), (said, left)


SEED = 77
_DIGIT = re.compile(
    r"\d|(?:un|deux|double|triple|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt"
    r"|trente|quarante|cinquante|soixante|septante|huitante|octante|nonante|cent|mille?|zéro|F|D|B|janvier|février|mars"
    r"|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("first", range(0, 1000, 50))
def test_not_one_other_number_is_taken_for_a_forbidden_one(first: int) -> None:
    for said in list(harmless(1000, 4242))[first : first + 50]:
        assert sensitive_spans(said.text) == (), said


@pytest.mark.parametrize(
    ("text", "before", "hidden"),
    [
        ("123", "le cryptogramme", "cvv: 123"),
        ("123", "le cryptogramme  ", "cvv: 123"),
        ("123", "  ", ""),
        ("c'est 123 voilà", "le cryptogramme ?", "cvv: 123"),
        ("75 116 001", "1 85 07", "nir: 75 116 001"),
        ("bonjour", "1 85 07 75 116 001", ""),
        ("12345", "votre dossier", ""),
        ("12345", "votre sécu", "nir: 12345"),
        ("Médor82", "mon mot de passe c'est", "password: Médor82"),
    ],
)
def test_what_was_said_before_gives_meaning_and_is_not_hidden(text: str, before: str, hidden: str) -> None:
    assert shown(text, sensitive_spans(text, before=before)) == hidden


@pytest.mark.parametrize(
    ("text", "before", "hidden"),
    [
        ("12345678901", "", "number: 12345678901"),
        ("1234567890", "", ""),
        ("c'est 1 2345 678 901 voilà", "", "number: 1 2345 678 901"),
        ("mon dossier 12345678901", "", ""),
        ("mon dossier 12345678901234567", "", ""),
        ("mon dossier 123456789012345678", "", "number: 123456789012345678"),
        ("mon siret 81234567800012", "", ""),
        ("12345678901", "mon dossier", ""),
        ("12345678901", "bonjour", "number: 12345678901"),
        ("8901", "1234567", "number: 8901"),
        ("bonjour", "12345678901", ""),
        ("06 12 34 56 78", "", ""),
        ("06 12 34 56 78 07 12 34 56 78", "", ""),
        ("06 12 34 56 78 12345678901", "", "number: 12345678901"),
        ("06 12 34 56 78 1234567890", "", ""),
        ("06 12 34 56 78 07 12", "", ""),
        ("06 12 34 5 6 7 8 9 1", "", ""),
    ],
)
def test_more_digits_than_may_be_told_are_hidden(text: str, before: str, hidden: str) -> None:
    assert shown(text, long_digit_spans(text, before=before)) == hidden


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ma sécu", "nir: sécu"),
        ("voici ma sécurité sociale alors", "nir: sécurité sociale"),
        ("ma carte bancaire", "card: carte bancaire"),
        ("ma carte", None),
        ("ma carte vitale", "nir: carte vitale"),
        ("mon numéro de carte mutuelle", None),
        ("mon RIB", "iban: RIB"),
        ("mon RIB puis ma sécu", "nir: sécu"),
        ("ma sécu puis mon RIB", "iban: RIB"),
        ("ma sécu puis mon dossier", None),
        ("mon dossier puis ma sécu", "nir: sécu"),
        ("bonjour", None),
        ("", None),
    ],
)
def test_the_number_named_last_is_told_with_its_place(text: str, named: str | None) -> None:
    found = announced(text)
    assert (f"{found[0]}: {text[found[1] : found[2]]}" if found else None) == named


@pytest.mark.parametrize(
    ("prompt", "other"),
    [
        ("Votre numéro d'adhérent ?", True),
        ("Votre code postal", True),
        ("Né le", True),
        ("Votre NIR", False),
        ("", False),
    ],
)
def test_a_prompt_asks_for_a_number_that_may_be_told(prompt: str, other: bool) -> None:
    assert asks_for_other_number(prompt) is other


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, "card") for name in ("carte", "carte bancaire", "carte bleue", "cb", "visa", "mastercard")]
    + [(name, "iban") for name in ("compte", "compte courant", "iban", "rib")]
    + [(name, "nir") for name in ("sécu", "sécurité sociale")],
)
@pytest.mark.parametrize(
    "form", ["ma {} finit par 12", "les derniers chiffres de ma {} c'est 12", "{} commençant par 12"]
)
def test_however_short_a_part_is_it_is_of_what_it_is_said_of(name: str, kind: str, form: str) -> None:
    text = form.format(name)
    assert shown(text, sensitive_spans(text)) == f"{kind}: 12"
