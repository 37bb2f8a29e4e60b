"""Dates as people say them: every way it can be meant, and none where there is no date."""

from __future__ import annotations

from datetime import date

import pytest

from ivr.domain.identity.spoken_date import READINGS_MAX, spoken_dates

MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905


def read(text: str) -> list[str]:
    return [one.isoformat() for one in spoken_dates(text)]


@pytest.mark.parametrize(("number", "name"), list(enumerate(MONTHS, 1)))
def test_every_month_is_known_by_its_name_its_number_and_nearly_its_name(number: int, name: str) -> None:
    assert read(f"le douze {name} mille neuf cent cinquante-huit") == [f"1958-{number:02}-12"]
    assert read(f"12 {number:02} 1958") == [f"1958-{number:02}-12"]
    assert read(f"12 {number} 1958") == [f"1958-{number:02}-12"]
    assert read(f"12{number:02}1958") == [f"1958-{number:02}-12"]
    misheard = name[:-1] + "x"
    assert read(f"12 {misheard} 1958") == ([f"1958-{number:02}-12"] if len(name) >= 6 else [])


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("le premier mai 1960", ["1960-05-01"]),
        ("le 1er mai 1960", ["1960-05-01"]),
        ("le 1re mai 1960", ["1960-05-01"]),
        ("le douze mais 1960", ["1960-05-12"]),
        ("le douze out 1960", ["1960-08-12"]),
        ("le douze aou 1960", ["1960-08-12"]),
        ("le douze mars 85", ["1985-03-12", "2085-03-12"]),
        ("12 03 85", ["1985-03-12", "2085-03-12"]),
        ("120385", ["1985-03-12", "2085-03-12"]),
        ("douze zéro trois quatre-vingt-cinq", ["1985-03-12", "2085-03-12"]),
        ("douze, trois, quatre-vingt-cinq", ["1985-03-12", "2085-03-12"]),
        ("12 3 85", ["1985-03-12", "2085-03-12"]),
        ("12/03/1985", ["1985-03-12"]),
        ("1 2 1985", ["1985-02-01"]),
        ("zéro un zéro deux 1985", ["1985-02-01"]),
        ("douze mars de l'année 1985", ["1985-03-12"]),
        ("douze mars de l'an de 1985", []),
        ("le douze, euh, euh, mars 1985", ["1985-03-12"]),
        ("le douze, le mois de mars 1985", []),
        ("le douze mars dix-neuf cent quatre-vingt-cinq", ["1985-03-12"]),
        ("douze, trois, dix-neuf cent quatre-vingt-cinq", ["1985-03-12"]),
        ("le douze mars dix-huit cent quatre-vingt-cinq", ["1885-03-12"]),
        ("le douze mars 1950 et 1", ["1951-03-12"]),
        ("le trente et un décembre 1999", ["1999-12-31"]),
        ("le 29 février 2000", ["2000-02-29"]),
        # The last one said counts.
        ("le onze, non, le douze mars 1985", ["1985-03-12"]),
        ("né le 1er mai 1960, non pardon le 2 juin 1961", ["1961-06-02"]),
        ("le 12 03 1985, enfin je veux dire le 13 04 1986", ["1986-04-13"]),
        ("né le 12 mai 1960 en mars", ["1960-05-12"]),
        ("12 et je crois bien que 03 et voilà 1985", ["1985-03-12"]),
        # No date.
        ("le 30 février 1985", []),
        ("le 29 février 1985", []),
        ("le 32 mars 1985", []),
        ("le 123 mars 1985", []),
        ("12 13 1985", []),
        ("0 03 1985", []),
        ("le douze mars", []),
        ("mars 1985", []),
        ("le douze mars 123", []),
        ("le douze mars 5", []),
        ("12 03 5", []),
        ("12 03", []),
        ("123 03 85", []),
        ("12 123 85", []),
        ("1203198", []),
        ("12 03 198512", []),
        ("mars", []),
        ("bonjour", []),
        ("", []),
    ],
)
def test_a_date_is_read_in_every_way_it_can_be_meant(text: str, dates: list[str]) -> None:
    assert read(text) == dates


def test_what_can_be_read_in_too_many_ways_is_no_date() -> None:
    for text in ("vingt trois quatre vingt dix neuf", "un deux trois quatre cinq six sept huit", "12 3 4 5 85"):
        assert len(spoken_dates(text)) <= READINGS_MAX == 8
    assert all(isinstance(one, date) for one in spoken_dates("12 03 85"))
