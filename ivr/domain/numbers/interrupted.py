# Lists of words read better in one line.
# ruff: noqa: SIM905
"""Whole numbers said with words between their groups ("un, oh là là, quatre-vingt-cinq, il y a zéro sept…"). Pure.

Any few words may lie between, so only what its key, check digit or ISO 13616 digits prove counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, product

from stdnum import iban, luhn

from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers import nir
from ivr.domain.numbers.number_words import Token
from ivr.domain.numbers.spoken_digits import DigitRun

_CARD = re.compile(r"[3-6]\d{15}")
_WORDS_BETWEEN_MAX = 7
#: With a right key, a check digit or ISO 13616 digits, people may have talked so long.
_TALK_BETWEEN_MAX = 18
_RUNS_MAX = 12
_DIGITS_MAX = 25
_READINGS_PER_RUN = 3
_READINGS_MAX = 128
_PLACES_NAMED = 2
_ARTICLES = ("un", "une")
#: Where the groups of a card end.
_CARD_PLACES = frozenset({4, 8, 12})
#: Words that say that the next digits are another number.
_PARTS = frozenset(
    "telephone portable fixe adherent dossier contrat reference facture"
    " devis postal naissance siret siren finess janvier fevrier mars avril mai juin juillet aout septembre octobre"
    " novembre decembre rue avenue".split()
)
#: "je suis au téléphone" names no number.
_ON_THE_PHONE = ("au", "telephone")
#: The places of a NIR ("au mois 12, département 75, commune 116"): two of them, and a month is one of its months.
_NIR_PLACES = frozenset("sexe annee mois departement commune ordre".split())
#: Right behind digits, they say what was counted.
_UNITS = frozenset("euro euros centimes heures heure ans mois jours".split())


def bridged_numbers(spoken: Sequence[Token], runs: Sequence[DigitRun]) -> Iterator[SensitiveSpan]:
    """Yield the runs of digits that make a NIR, a card or an account together, without the words between them."""
    begin = 0
    while begin < len(runs):
        found = _longest(spoken, runs, begin)
        if found is None:
            begin += 1
            continue
        kind, end = found
        yield from (SensitiveSpan(kind, run.start, run.end) for run in runs[begin:end])
        begin = end


def _longest(spoken: Sequence[Token], runs: Sequence[DigitRun], begin: int) -> tuple[str, int] | None:
    best: tuple[str, int] | None = None
    far = False
    places: set[str] = set()
    for last in range(begin + 1, min(len(runs), begin + _RUNS_MAX)):
        between = [token.text for token in spoken[runs[last - 1].last : runs[last].first]]
        labels = {
            word for before, word in zip(["", *between], between, strict=False) if (before, word) != _ON_THE_PHONE
        }
        if len(between) > _TALK_BETWEEN_MAX or not _PARTS.isdisjoint(labels) or not _UNITS.isdisjoint(between[:1]):
            break
        places.update(_NIR_PLACES.intersection(between))
        far = far or len(between) > _WORDS_BETWEEN_MAX or not _UNITS.isdisjoint(between)
        joined = runs[begin : last + 1]
        if min(len(reading.text) for reading in (joined[0], *joined[0].readings)) > _DIGITS_MAX:
            break
        kind = _kind(spoken, joined, far=far and len(places) < _PLACES_NAMED)
        if kind:
            best = kind, last + 1
    return best


def _kind(spoken: Sequence[Token], runs: Sequence[DigitRun], *, far: bool) -> str:
    choices = [_ways(spoken, run) for run in runs]
    if choices[0][0][:1] == ("1",) and spoken[runs[0].first].text in _ARTICLES:
        choices[0].append(choices[0][0][1:])
    account = _country(spoken, runs[0])
    for parts in islice(product(*choices), _READINGS_MAX):
        for groups in dict.fromkeys((tuple(group for part in parts for group in part), _said_once(parts))):
            kind = _kind_of(groups, account, far=far)
            if kind:
                return kind
    return ""


def _ways(spoken: Sequence[Token], run: DigitRun) -> list[tuple[str, ...]]:
    """Return the groups of a run, as they may be read; a lone "un" may be an article."""
    found = [run.groups, *(reading.groups for reading in run.readings[: _READINGS_PER_RUN - 1])]
    if run.text == "1" and spoken[run.first].text in _ARTICLES:
        found.append(())
    return found


def _said_once(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the groups of all parts; what a part begins with and was just said counts once ("24, ou 24, oui 24")."""
    kept: tuple[str, ...] = ()
    for part in parts:
        size = next((n for n in range(min(len(kept), len(part)), 0, -1) if kept[-n:] == part[:n]), 0)
        kept += part[size:]
    return kept


def _kind_of(groups: tuple[str, ...], account: str, *, far: bool) -> str:
    """Return what these groups make; `far`: so much was said between them that they must end where it has places."""
    text = "".join(groups)
    edges = set(accumulate(map(len, groups)))
    if nir.is_whole(text) and not (far and not (nir.has_key(text) and edges >= nir.PLACES)):
        return "nir"
    if _CARD.fullmatch(text) and luhn.is_valid(text) and not (far and not edges >= _CARD_PLACES):
        return "card"
    return "iban" if account and iban.is_valid(account + text) else ""


def _country(spoken: Sequence[Token], run: DigitRun) -> str:
    words = " ".join(token.text for token in spoken[max(0, run.first - _WORDS_BETWEEN_MAX) : run.first])
    return "FR" if re.search(r"\b(?:fr|f r|f (?:comme|de) \w+ (?:et )?r (?:comme|de) \w+|france)\b", words) else ""
