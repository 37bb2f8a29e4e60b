# Lists of words read better in one line.
# ruff: noqa: SIM905
"""Whole numbers said with words between their groups ("un, oh là là, quatre-vingt-cinq, il y a zéro sept…"). Pure.

Any few words may lie between, so only what its key, check digit or ISO 13616 digits prove counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product

from stdnum import iban, luhn

from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers import nir
from ivr.domain.numbers.spoken_digits import DigitRun, Token

_CARD = re.compile(r"[3-6]\d{15}")
_WORDS_BETWEEN_MAX = 7
_RUNS_MAX = 12
_DIGITS_MAX = 25
_READINGS_PER_RUN = 3
_READINGS_MAX = 64
#: Words that say that the next digits are another number.
_PARTS = frozenset(
    "euro euros centimes heures heure ans mois jours telephone portable fixe adherent dossier contrat reference facture"
    " devis postal naissance siret siren finess janvier fevrier mars avril mai juin juillet aout septembre octobre"
    " novembre decembre rue avenue".split()
)


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
    for last in range(begin + 1, min(len(runs), begin + _RUNS_MAX)):
        between = [token.text for token in spoken[runs[last - 1].last : runs[last].first]]
        if len(between) > _WORDS_BETWEEN_MAX or not _PARTS.isdisjoint(between):
            break
        joined = runs[begin : last + 1]
        if min(len(reading.text) for reading in (joined[0], *joined[0].readings)) > _DIGITS_MAX:
            break
        kind = _kind(spoken, joined)
        if kind:
            best = kind, last + 1
    return best


def _kind(spoken: Sequence[Token], runs: Sequence[DigitRun]) -> str:
    choices = [[run.text, *(r.text for r in run.readings[: _READINGS_PER_RUN - 1])] for run in runs]
    account = _country(spoken, runs[0])
    for digits in islice(product(*choices), _READINGS_MAX):
        text = "".join(digits)
        if nir.is_whole(text):
            return "nir"
        if _CARD.fullmatch(text) and luhn.is_valid(text):
            return "card"
        if account and iban.is_valid(account + text):
            return "iban"
    return ""


def _country(spoken: Sequence[Token], run: DigitRun) -> str:
    words = " ".join(token.text for token in spoken[max(0, run.first - _WORDS_BETWEEN_MAX) : run.first])
    return "FR" if re.search(r"\b(?:fr|f r)\b", words) else ""
