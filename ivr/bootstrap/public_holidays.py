"""French public holidays as data, for opening hours: computed here alone, by the library that knows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from ivr.domain.menu.opening import OpeningHours
from ivr.settings import Settings


def holidays_for(hours: OpeningHours | None, year: int) -> Mapping[date, str]:
    """Return the public holidays that close a menu in a year, with their French names; none where none count."""
    return public_holidays(hours.region, year) if hours is not None and hours.region else {}


def warm_holidays(settings: Settings, now: datetime) -> None:
    """Compute the holidays of the menus that programs name, before a caller would wait for it."""
    for program in settings.programs.values():
        if program.menu:
            holidays_for(settings.menu(program.menu).hours, now.year)


@lru_cache(maxsize=64)
def public_holidays(region: str, year: int) -> Mapping[date, str]:
    """Return the public holidays of a region (one of REGIONS) in a year, with their French names."""
    # A fifth of a second: whoever asks for no holidays does not wait for it.
    from holidays import country_holidays

    subdivision = None if region == "FR" else region
    found = country_holidays("FR", subdiv=subdivision, years=year, language="fr")
    return {day: found[day] for day in sorted(found)}
