"""Digits said in French are read, with every way to understand them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.spoken_numbers import below_hundred, below_thousand
from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.spoken_digits import digit_runs, filler_before, words_beside


def read(text: str) -> set[str]:
    (run,) = digit_runs(tokens(text))
    return {run.text, *(reading.text for reading in run.readings)}


@pytest.mark.parametrize("swiss", [False, True])
def test_every_number_below_a_thousand_is_read(swiss: bool) -> None:
    for number in range(1, 1000):
        assert str(number) in read(below_thousand(number, swiss)), number


@given(st.integers(1, 99), st.integers(1, 99), st.booleans())
def test_two_numbers_apart_by_a_comma_are_two(first: int, second: int, swiss: bool) -> None:
    assert f"{first}{second}" in read(f"{below_hundred(first, swiss)}, {below_hundred(second, swiss)}")


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("quarante quatre-vingt-douze", {"4092"}),
        ("quarante quatre vingt douze", {"442012", "4092"}),
        ("zéro sept", {"07"}),
        ("mille neuf cent cinquante-huit", {"1958"}),
        ("deux zéro un deux A zéro quatre", {"2011904"}),
        ("douze non pardon treize", {"1213", "13"}),
        ("soixante et onze", {"71"}),
        ("12 euh 34 alors 56", {"123456"}),
    ],
)
def test_a_run_is_read_in_every_way_it_can_be_meant(text: str, readings: set[str]) -> None:
    assert readings <= read(text)


def test_an_amount_is_no_run() -> None:
    assert digit_runs(tokens("deux cent trente euros par mois")) == []


def test_each_digit_knows_its_place() -> None:
    text = "le 12 et quatre-vingt-deux"
    (run,) = digit_runs(tokens(text))
    assert [text[a:b] for a, b in zip(run.starts, run.ends, strict=True)] == [
        "1",
        "2",
        "quatre-vingt-deux",
        "quatre-vingt-deux",
    ]


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for run in digit_runs(tokens(text)):
        assert len(run.text) == len(run.starts) == len(run.ends)
        assert run.text.isdigit()


ALL = "all of it"


@pytest.mark.parametrize(
    ("text", "groups", "readings", "place"),
    [
        ("deux fois le douze", "1212", "", ALL),
        ("deux fois douze", "1212", "", ALL),
        ("trois fois un", "111", "", ALL),
        ("double sept", "77", "", ALL),
        ("triple zéro", "000", "", ALL),
        ("trois zéros", "000", "", ALL),
        ("deux uns", "11", "", ALL),
        ("vingt et un", "21", "", ALL),
        ("soixante et onze", "71", "", ALL),
        ("quatre vingt et un", "81", "421", ALL),
        ("quatre-vingt-onze", "91", "", ALL),
        ("quatre vingts", "80", "420", ALL),
        ("septante et un", "71", "", ALL),
        ("nonante neuf", "99", "", ALL),
        ("octante deux", "82", "", ALL),
        ("huitante trois", "83", "", ALL),
        ("dix sept", "17", "", ALL),
        ("dix-huit", "18", "", ALL),
        ("dix, sept", "10 7", "", ALL),
        ("cent", "100", "", ALL),
        ("cents", "100", "", ALL),
        ("deux cents", "200", "", ALL),
        ("dix cent", "10 100", "", ALL),
        ("onze cent", "11 100", "1100", ALL),
        ("neuf cent un", "901", "", ALL),
        ("cent, un", "100 1", "", ALL),
        ("mille", "1000", "", ALL),
        ("mil neuf cent", "1900", "", ALL),
        ("deux mille", "2000", "", ALL),
        ("deux mille, trois", "2000 3", "", ALL),
        ("trois mille quatre cent douze", "3412", "", ALL),
        ("quarante quatre vingt", "44 20", "4080 40420", ALL),
        ("quarante-quatre vingt", "44 20", "4080 40420", ALL),
        ("soixante quatre cent", "64 100", "60400", ALL),
        ("soixante-deux mille", "62000", "602000 621000", ALL),
        ("zéro six cent", "0 600", "06100", ALL),
        ("zéro deux cents", "0 200", "02100", ALL),
        ("cinquante-trois mille neuf cent", "53900", "503900 531900", ALL),
        ("attendez deux secondes", "", "", ""),
        ("douze deux secondes treize", "12 13", "", ALL),
        ("un instant", "", "", ""),
        ("2A", "19", "", ALL),
        ("1 2a 3", "1 19 3", "", ALL),
        ("2b033", "18033", "", ALL),
        ("deux A", "2", "", "deux"),
        ("un deux B zéro", "1 18 0", "", ALL),
        ("12 non 13", "12 13", "13", ALL),
        ("1 2 3 non 4", "1 2 3 4", "124 14 4", ALL),
        ("12 34 56 pardon 78", "12 34 56 78", "123478 1278", ALL),
        ("un deux trois quatre cinq non six", "1 2 3 4 5 6", "12346 1236 126 16", ALL),
        ("douze euros", "", "", ""),
        ("12 euros", "", "", ""),
        ("12345678 euros", "12345678", "", "12345678"),
        ("1234567 euros", "", "", ""),
        ("trois heures", "", "", ""),
        ("12 oh là là 13", "12 13", "", ALL),
        ("12 euh 13", "12 13", "", ALL),
        ("12 euh bon voilà alors donc et 13", "12 13", "", ALL),
        ("12 euh bon voilà alors donc et puis 13", "12 | 13", "", "12 | 13"),
        ("12 et", "12", "", "12"),
        ("12. 34", "12 34", "", ALL),
        ("12-34", "12 34", "", ALL),
        ("12,34", "12 34", "", ALL),
        ("un", "1", "", ALL),
        ("une", "1", "", ALL),
        ("quatre-vingt", "80", "", ALL),
        ("quatre, vingt", "4 20", "", ALL),
        ("quatre vingt", "80", "420", ALL),
        ("vingt quatre cent", "24 100", "20400", ALL),
        ("vingt quatre cents", "24 100", "20400", ALL),
        ("trente mille", "30000", "301000", ALL),
        ("soixante dix mille", "70000", "701000", ALL),
        ("quatre-vingt-un", "81", "", ALL),
        ("quatre-vingt-dix-sept", "97", "", ALL),
        ("soixante-dix", "70", "", ALL),
        ("soixante-dix-sept", "77", "", ALL),
        ("soixante quinze", "75", "", ALL),
        ("quatre-vingt-quinze", "95", "", ALL),
        ("vingt-deux", "22", "", ALL),
        ("trente et un", "31", "", ALL),
        ("trente et une", "31", "", ALL),
        ("soixante et un", "61", "", ALL),
        ("cinquante et onze", "50 11", "", ALL),
        ("vingt, et un", "20 1", "", ALL),
        ("zéro zéro sept", "0 0 7", "", ALL),
        ("un zéro", "1 0", "", ALL),
        ("six cent soixante-six", "666", "", ALL),
        ("neuf cent quatre-vingt-dix-neuf", "999", "", ALL),
        ("cent un", "101", "", ALL),
        ("deux cent, trois", "200 3", "", ALL),
        ("mille un", "1001", "", ALL),
        ("deux mille vingt-six", "2026", "", ALL),
        ("dix mille", "10000", "101000", ALL),
        ("dix-neuf mille cents", "19100", "191100", ALL),
        ("mille neuf cent quatre-vingt-dix-neuf", "1999", "", ALL),
        ("quatre-vingt mille", "80000", "801000", ALL),
        ("trente quatre-vingt", "30 80", "", ALL),
        ("trente quatre-vingt-deux", "30 82", "", ALL),
        ("soixante-dix quatre-vingt-deux", "70 82", "", ALL),
        ("deux fois le", "", "", ""),
        ("deux fois", "", "", ""),
        ("trois fois le douze", "121212", "", ALL),
        ("quatre fois douze", "12121212", "", ALL),
        ("double", "", "", ""),
        ("triple", "", "", ""),
        ("triple sept", "777", "", ALL),
        ("double douze", "12", "", "douze"),
        ("deux zéros", "00", "", ALL),
        ("trois uns", "111", "", ALL),
        ("quatre zéros", "0000", "", ALL),
        ("zéro zéros", "0", "", "zéro"),
        ("12 deux secondes", "12", "", "12"),
        ("12 une minute 13", "12 13", "", ALL),
        ("12 un petit instant 13", "12 13", "", ALL),
        ("12 une seconde", "12", "", "12"),
        ("douze pourcent", "", "", ""),
        ("12 pour", "12", "", "12"),
        ("12 pour cent", "", "", ""),
        ("12 mois", "", "", ""),
        ("12 ans", "", "", ""),
        ("12 jours", "", "", ""),
        ("12 heures", "", "", ""),
        ("12 heure", "", "", ""),
        ("12 minutes", "", "", ""),
        ("12 kilomètres", "", "", ""),
        ("12 mètres", "", "", ""),
        ("12 fois", "", "", ""),
        ("12 centimes", "", "", ""),
        ("une fois", "", "", ""),
        ("12 34 fois", "", "", ""),
        ("12 chat 34", "12 | 34", "", "12 | 34"),
        ("1 2 3 4 5 pardon 6 7", "1 2 3 4 5 6 7", "123467 12367 1267 167", ALL),
        ("12 3 4 non 5", "12 3 4 5", "1235 125", ALL),
        ("1 a comme Anatole", "1", "", "1"),
        ("2 A comme Anatole", "19", "", ALL),
        ("deux B comme Berthe", "18", "", ALL),
        ("12 2 B 33", "12 18 33", "", ALL),
        ("deux a zéro trois trois", "19 0 3 3", "", ALL),
        ("2a comme anatole 33", "19 33", "", ALL),
        ("22 B 033", "218 033", "", ALL),
        ("3 A 12", "3 12", "", ALL),
        ("2 c 12", "2 12", "", ALL),
    ],
)
def test_digits_are_read_in_groups_with_their_other_readings_and_place(
    text: str, groups: str, readings: str, place: str
) -> None:
    runs = digit_runs(tokens(text))
    assert " | ".join(" ".join(run.groups) for run in runs) == groups
    assert " ".join(reading.text for run in runs for reading in run.readings) == readings
    assert " | ".join(text[run.start : run.end] for run in runs) == (text if place is ALL else place)
    assert [run.text for run in runs] == groups.replace(" ", "").split("|")[: len(runs)]


@pytest.mark.parametrize(
    "filler",
    [
        "euh",
        "heu",
        "euhm",
        "hum",
        "ben",
        "hein",
        "oh",
        "bon",
        "oui",
        "ok",
        "voilà",
        "attendez",
        "attends",
        "puis",
        "ensuite",
        "après",
        "alors",
        "donc",
        "et",
        "avec",
        "suivi de",
        "virgule",
        "tiret",
        "espace",
        "point",
        "c'est",
        "le",
        "plus",
        "la clé",
        "ça",
        "je",
        "je cherche",
        "je regarde",
        "je lis",
        "je relis",
        "je vois",
        "voyons",
        "je reprends",
        "je continue",
        "je retrouve",
        "et pis",
        "hm",
        "mm",
        "il y a",
        "on",
        "c'est marqué",
        "c'est écrit",
        "bougez pas",
        "hop",
        "la suite",
        "vous notez",
        "suivez",
        "madame",
        "monsieur",
        "maintenant",
        "un instant",
        "bien sûr",
        "d'accord",
        "deux secondes",
        "une petite minute",
        "trois minutes",
        "un petit instant",
        ", ",
    ],
)
def test_what_only_fills_a_pause_ends_no_number(filler: str) -> None:
    text = f"10 {filler} 34"
    (run,) = digit_runs(tokens(text))
    assert (run.groups, run.readings, run.start, run.end) == (("10", "34"), (), 0, len(text))
    assert words_beside(tokens(text), [run]) == 0
    assert words_beside(tokens(f"{text} chat noir"), [run]) == 2


@pytest.mark.parametrize(
    "taken_back",
    ["non", "pardon", "erreur", "plutôt", "enfin", "excusez-moi", "excuse", "désolé", "désolée", "je me trompe",
     "trompée", "je recommence"],
)  # fmt: skip
def test_what_was_said_before_a_correction_may_not_count(taken_back: str) -> None:
    (run,) = digit_runs(tokens(f"10 {taken_back} 34"))
    assert [run.groups, *(reading.groups for reading in run.readings)] == [("10", "34"), ("34",)]


@pytest.mark.parametrize(
    "what",
    ["euro", "euros", "centimes", "pourcent", "mois", "ans", "jours", "heures", "heure", "minutes",
     "kilomètres", "mètres", "fois"],
)  # fmt: skip
def test_what_is_counted_is_no_number_of_a_person_unless_it_is_long(what: str) -> None:
    assert digit_runs(tokens(f"10 {what}")) == []
    assert digit_runs(tokens(f"1234567 {what}")) == []
    assert [run.text for run in digit_runs(tokens(f"12345678 {what}"))] == ["12345678"] or what == "minutes"
    assert [run.text for run in digit_runs(tokens(f"10 chats {what}"))] == ["10"]


@pytest.mark.parametrize(
    ("text", "at", "count"),
    [("fr attendez 76", 2, 1), ("fr 76", 1, 0), ("euh voilà 76", 2, 2), ("76", 0, 0), ("a b c d e euh 76", 6, 1),
     ("euh " * 9 + "76", 9, 6), ("non pardon secondes 76", 3, 3)],
)  # fmt: skip
def test_words_that_fill_a_pause_before_a_number_are_counted(text: str, at: int, count: int) -> None:
    assert filler_before(tokens(text), at) == count


def test_no_more_readings_than_anybody_needs() -> None:
    (run,) = digit_runs(tokens(" ".join(["quarante quatre vingt"] * 6)))
    assert len(run.readings) == 47
