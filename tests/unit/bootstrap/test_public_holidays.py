"""Public holidays of the places of France, by the library; those of the whole of France are the law's own table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ivr.bootstrap.public_holidays import holidays_for, public_holidays
from ivr.domain.menu.opening import REGIONS, OpeningHours
from ivr.domain.rights.working_days import working_days
from tests.retention_rig import settings

DAYS = working_days(settings().profile)


@pytest.mark.parametrize("year", range(2024, 2051))
def test_the_librarys_holidays_of_france_are_those_of_the_law(year: int) -> None:
    """Two tables that are one: a period of law ends by TIM-002, a menu closes by the library."""
    found = public_holidays("FR", year)
    day = date(year, 1, 1)
    while day.year == year:
        if day.weekday() < 5:
            assert (day in found) != DAYS.is_working(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize("region", REGIONS)
def test_every_place_is_known_to_the_library_and_has_those_of_france(region: str) -> None:
    assert public_holidays("FR", 2027).keys() <= public_holidays(region, 2027).keys()


@pytest.mark.parametrize(
    ("region", "more"),
    [
        ("57", {date(2027, 3, 26): "Vendredi saint", date(2027, 12, 26): "Saint-Étienne"}),
        ("6AE", {date(2027, 3, 26): "Vendredi saint", date(2027, 12, 26): "Saint-Étienne"}),
        ("973", {date(2027, 6, 10): "Abolition de l'esclavage"}),
        ("974", {date(2027, 12, 20): "Abolition de l'esclavage"}),
        ("976", {date(2027, 4, 27): "Abolition de l'esclavage"}),
        ("NC", {date(2027, 9, 24): "Fête de la Citoyenneté"}),
        ("PM", {}),
    ],
)
def test_what_a_place_has_besides(region: str, more: dict[date, str]) -> None:
    found = public_holidays(region, 2027)
    assert {day: found[day] for day in found.keys() - public_holidays("FR", 2027).keys()} == more


def test_where_none_count_there_are_none() -> None:
    assert holidays_for(None, 2027) == {}
    assert holidays_for(OpeningHours("Europe/Paris", {}, region=""), 2027) == {}
    assert holidays_for(OpeningHours("Europe/Paris", {}), 2027)[date(2027, 7, 14)] == "Fête nationale"
