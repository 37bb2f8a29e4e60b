"""A NIR of Corsica is a NIR however its letter is spelled: whole, in pieces, and in writing."""

from __future__ import annotations

import pytest

from ivr.domain.hearing.transcript_window import HeardPiece
from ivr.domain.numbers.sensitive import sensitive_spans
from ivr.domain.numbers.spelled_letter import spelled_letter
from ivr.domain.numbers.watch import NumberWatch
from ivr.domain.redaction.redactor import REDACTOR

BEFORE = ["{}", "la lettre {}", "{} majuscule", "lettre {} majuscule", "grand {}", "petit {}", "un grand {}"]
BEFORE += ["avec la lettre {}", "puis un {} majuscule", "et {} capitale"]
AFTER_A = [
    "A comme Anatole",
    "A, comme Alpha",
    "A d'Anatole",
    "A de Alfa",
    "A pour Alain",
    "A alpha",
    "A, A comme Avion",
]
AFTER_A += ["A comme Ana Tolle", "A comme un natole", "A Corse du Sud", "à comme Anatole", "Anatole", "alpha", "ah"]
AFTER_B = ["B comme Berthe", "B comme bravo", "B comme Bernard", "B de Bastia", "B bravo", "bé", "bé comme Berthe"]
AFTER_B += ["B, B comme Bravo", "B comme verte", "B Haute Corse", "bravo", "Berthe"]
SPELLED = [("A", form.format(letter)) for form in BEFORE for letter in ("A", "a")]
SPELLED += [("B", form.format(letter)) for form in BEFORE for letter in ("B", "b")]
SPELLED += [("A", form) for form in AFTER_A] + [("B", form) for form in AFTER_B]
FRAMES = [
    ("1 85 07 2", "116 001 42"),
    ("un quatre-vingt-cinq zéro sept deux", "cent seize zéro zéro un"),
    ("1 85 07 deux", "116 001"),
]


@pytest.mark.parametrize(("letter", "spelled"), SPELLED)
@pytest.mark.parametrize(("before", "after"), FRAMES)
@pytest.mark.parametrize("comma", [" ", ", "])
def test_the_number_is_found_whole_and_never_written(
    before: str, after: str, letter: str, spelled: str, comma: str
) -> None:
    said = f"{before}{comma}{spelled}{comma}{after}"
    text = f"alors c'est le {said}, voilà"
    assert [(span.kind, text[span.start : span.end]) for span in sensitive_spans(text)] == [("nir", said)]
    assert REDACTOR.text(text) == "alors c'est le <nir>, voilà"


@pytest.mark.parametrize(
    "number",
    [
        "1 85 12 2 euh A 123 456 78",
        "1 85 12 2 A euh 123 456 78",
        "1 85 12 2, heu, B 033 004",
        "1 85 12 2 alors A 123 456 78",
        "1 85 07 2 A hum comme euh Anatole 116 001",
        "1 85 07 2A euh comme Anatole 116 001",
        "1 85 12 deux ben la lettre B 033",
    ],
)
def test_who_thinks_beside_the_letter_says_the_same_number(number: str) -> None:
    text = f"alors c'est le {number}"
    assert [(span.kind, text[span.start : span.end]) for span in sensitive_spans(text)] == [("nir", number)]


@pytest.mark.parametrize(
    "text", ["2 85 07 2A comme Anatole 116 001", "185072B comme Berthe 033112", "1 62 12 2-A 033 112"]
)
def test_a_letter_that_stands_beside_its_digit_may_be_spelled_once_more(text: str) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in sensitive_spans(text)] == [("nir", text)]
    assert REDACTOR.text(text) == "<nir>"


@pytest.mark.parametrize(
    "pieces",
    [
        ["un quatre-vingt-cinq", "zéro sept", "deux A comme Anatole", "cent seize", "zéro zéro un"],
        ["un quatre-vingt-cinq zéro sept", "deux", "A comme Anatole", "cent seize zéro zéro un"],
        ["un quatre-vingt-cinq zéro sept deux", "la lettre B", "cent seize", "zéro zéro un"],
        ["un quatre-vingt-cinq zéro sept deux B", "comme Berthe", "cent seize", "zéro zéro un"],
        ["un quatre-vingt-cinq zéro sept deux B comme", "Berthe", "cent seize", "zéro zéro un"],
        ["1 85 07", "2 a majuscule", "116", "001", "42"],
        ["un quatre-vingt-cinq", "zéro cinq", "Corse du Sud", "zéro trente-trois", "cent douze"],
        ["un quatre-vingt-cinq zéro cinq", "deux comme la ville d'Ajaccio", "zéro trente-trois", "cent douze"],
        ["un quatre-vingt-cinq zéro cinq", "département 2 A", "zéro trente-trois", "cent douze"],
    ],
)
def test_a_number_said_in_pieces_is_masked_in_each_and_held_meanwhile(pieces: list[str]) -> None:
    watch, told = NumberWatch(), []
    for number, text in enumerate(pieces):
        told.append(watch.feed(HeardPiece(text, number * 3000, number * 3000 + 2000)))
    masked = {span.start for span in told[-1].spans if span.kind == "nir"}
    assert masked == {number * 3000 for number in range(len(pieces))}
    assert all(one.pending is not None or one.spans for one in told)


@pytest.mark.parametrize(
    ("department", "letter"),
    [
        ("département 2 A", "A"),
        ("dans le département deux B", "B"),
        ("département de la Haute-Corse", "B"),
        ("Corse du Sud", "A"),
        ("Corse-du-Sud, 2 A", "A"),
        ("la Haute-Corse deux B", "B"),
        ("2 B Haute-Corse", "B"),
        ("2 A en Corse du Sud", "A"),
        ("2A comme la ville d'Ajaccio", "A"),
        ("deux A comme la ville d'Aix", "A"),
        ("2 B comme le prénom Bernard", "B"),
        ("2 B comme la ville de Bastia", "B"),
        ("deux comme la ville d'Ajaccio", "A"),
        ("deux, comme Bastia", "B"),
        ("2 Ajaccio", "A"),
        ("Bastia", "B"),
    ],
)
@pytest.mark.parametrize(
    ("before", "after"),
    [("1 85 05", "033 112 {key}"), ("un, quatre-vingt-cinq, zéro cinq", "zéro trente-trois, cent douze, {said}")],
)
def test_a_department_that_is_named_is_a_part_of_the_number_though_nothing_else_names_it(
    before: str, after: str, department: str, letter: str
) -> None:
    key, said = {"A": ("70", "soixante-dix"), "B": ("97", "quatre-vingt-dix-sept")}[letter]
    number = f"{before}, {department}, {after.format(key=key, said=said)}"
    for whole in (number, number.removesuffix(key).removesuffix(said).rstrip(", ")):
        text = f"alors c'est le {whole}, voilà"
        assert [(span.kind, text[span.start : span.end]) for span in sensitive_spans(text)] == [("nir", whole)]
        assert REDACTOR.text(text) == "alors c'est le <nir>, voilà"


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("a", ("a", 1, False)),
        ("la lettre a", ("a", 3, True)),
        ("et puis la lettre a", ("a", 5, True)),
        ("et puis la lettre grand a", None),
        ("la lettre", None),
        ("et puis la lettre", None),
        ("le a", None),
        ("", None),
    ],
)
def test_at_most_four_words_lead_to_a_letter(words: str, read: tuple[str, int, bool] | None) -> None:
    assert spelled_letter(words.split(), str.isdigit) == read


def test_the_word_department_parts_no_number_of_anywhere() -> None:
    text = "c'est le 1 85 05, dans le département 75, 116 001 22"
    assert REDACTOR.text(text) == "c'est le <nir>"


@pytest.mark.parametrize(
    "text",
    [
        "J'ai deux appartements à Ajaccio depuis 2001.",
        "Nous sommes deux à la maison, le 116 rue Anatole France.",
        "Le deux a commencé à dix heures.",
        "La lettre A du formulaire 2035, c'est la case 12.",
        "On habite au 2 B rue des Lilas, 75011 Paris.",
        "Le bâtiment 2 B comme Berthe, appartement 33.",
        "Bravo, deux bravos même, pour les 25 ans de Berthe.",
        "Il y en a deux, un grand et un petit, à 120 euros.",
        "le lot deux a comme prix cent euros",
        "Les vols 2 A et 2 B partent à 10 h 15.",
        "Mon contrat c'est le 2 A 4711.",
        "call 2a b5 019ab3c4d5e6f708192a3b4c5d6e7f80 took 112 ms",
        "2026-11-21 line 2 b 033 port 5062 rtp 10000",
        "Je suis né le 12 05 85 à Ajaccio, département 2 A.",
        "En 2001 nous étions deux à Bastia et trois en Corse du Sud.",
        "Le 11 05, Bastia, vol 112.",
        "Il y a 185 agences dans le département 33.",
        "Le dossier 118 12, Haute-Corse ou Corse du Sud, 2026.",
    ],
)
def test_letters_and_twos_without_such_a_number_hold_nothing(text: str) -> None:
    assert sensitive_spans(text) == ()
    assert REDACTOR.text(text) == text
