"""A date as people say it on the telephone: "le douze mars quatre-vingt-cinq", "12 03 85", eight digits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from rapidfuzz.distance import Levenshtein

from ivr.domain.numbers.number_words import Token, tokens
from ivr.domain.numbers.split_numbers import completed
from ivr.domain.numbers.spoken_digits import DigitRun, digit_runs

#: An answer that can be read in more ways is no answer.
READINGS_MAX = 8
_MONTHS = (
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
)
# What a speech model writes for the two shortest.
_MISHEARD = {"mais": 5, "out": 8, "aou": 8}
_FIRST = frozenset(["premier", "1er", "1re"])
#: "mars de l'année 85": so many words may stand between the month and the year.
_BEFORE_YEAR = 3
#: "le douze, euh, mars".
_HESITATIONS = 2
_CENTURIES = (1900, 2000)


def spoken_dates(text: str) -> tuple[date, ...]:
    """Return the dates that an answer may mean, the likeliest first; empty when it holds none.

    Day before month before year. A year of two digits stands for both centuries. When several dates are said the last
    one counts. More than READINGS_MAX readings give none.
    """
    spoken = [replace(token, text="1") if token.text in _FIRST else token for token in tokens(text)]
    months = [(at, number) for at, token in enumerate(spoken) if (number := _month(token.text))]
    for at, month in reversed(months):
        if found := _bounded(_around(spoken, at, month)):
            return found
    runs = digit_runs(spoken)
    for run in reversed(runs):
        if found := _bounded(_in_figures(run)):
            return found
    return _bounded(_grouped([group for run in runs for group in run.groups])) if len(runs) > 1 else ()


def _month(word: str) -> int:
    """Return the number of the month that a levelled word names, 0 when it names none."""
    if word in _MONTHS:
        return _MONTHS.index(word) + 1
    if len(word) >= 6:
        near = [n for n, name in enumerate(_MONTHS, 1) if Levenshtein.distance(word, name, score_cutoff=1) <= 1]
        return near[0] if len(near) == 1 else 0
    return _MISHEARD.get(word, 0)


def _around(spoken: Sequence[Token], at: int, month: int) -> Iterator[date]:
    before = [run for run in digit_runs(list(spoken[:at])) if at - run.last <= _HESITATIONS]
    after = digit_runs(list(spoken[at + 1 :]))
    if not before or not after or after[0].first > _BEFORE_YEAR:
        return
    days = [reading.text for reading in (before[-1], *before[-1].readings)]
    said = [reading.groups for reading in (after[0], *after[0].readings)]
    years = [*said, *map(completed, said)]
    for day in dict.fromkeys(days):
        for year in dict.fromkeys(years):
            if len(day) <= 2:
                yield from _dates(int(day), month, _years(year))


def _in_figures(run: DigitRun) -> Iterator[date]:
    for reading in (run, *run.readings):
        yield from _grouped(reading.groups)
        yield from _grouped(completed(reading.groups))


def _grouped(said: Sequence[str]) -> Iterator[date]:
    groups = _with_zeros(said)
    digits = "".join(groups)
    if len(groups) >= 3 and len(groups[0]) <= 2 and len(groups[1]) <= 2:
        yield from _dates(int(groups[0]), int(groups[1]), _years(groups[2:]))
    if len(digits) in (6, 8):
        yield from _dates(int(digits[:2]), int(digits[2:4]), _years((digits[4:],)))


def _with_zeros(said: Sequence[str]) -> list[str]:
    """Join a zero to the digit that follows it: "zéro trois" is the month of March."""
    groups: list[str] = []
    for group in said:
        if groups and groups[-1] == "0" and len(group) == 1:
            groups[-1] = "0" + group
        else:
            groups.append(group)
    return groups


def _years(groups: Sequence[str]) -> tuple[int, ...]:
    digits = "".join(groups)
    if len(digits) == 4:
        return (int(digits),)
    if len(digits) == 2:
        return tuple(century + int(digits) for century in _CENTURIES)
    # "dix-neuf cent quatre-vingt-cinq" is heard as 19 and 185.
    if len(groups) == 2 and groups[0] in ("18", "19") and len(groups[1]) == 3 and groups[1][0] == "1":
        return (int(groups[0]) * 100 + int(groups[1]) - 100,)
    return ()


def _dates(day: int, month: int, years: Iterable[int]) -> Iterator[date]:
    for year in years:
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _bounded(found: Iterable[date]) -> tuple[date, ...]:
    once = tuple(dict.fromkeys(found))
    return once if len(once) <= READINGS_MAX else ()
