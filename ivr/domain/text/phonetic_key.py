"""A phonetic key for French: words that sound alike over a telephone get keys that are alike.

Written for transcripts of a small speech model on narrow-band audio, where "l'enregistrement" comes back as
"l'angissement" or "en registre ment". It is a key for comparison, not a transcription.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

# Applied in order to a levelled word (no accents). Capitals stand for sounds that one letter cannot write:
# A, O, I the nasal vowels, U ou, S ch, N gn, W oi.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"(?<=[a-z])(?:ent)$(?<=[lrstvzpb]ent)(?<!ment)(?<!vent)", ""),
        (r"tion", "sjO"),
        (r"ph", "f"),
        (r"sch|ch", "S"),
        (r"gn", "N"),
        (r"qu?", "k"),
        (r"gu(?=[eiy])", "g"),
        (r"ge(?=[ao])", "j"),
        (r"g(?=[eiy])", "j"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"h", ""),
        (r"(?<=[aeiouy])s(?=[aeiouy])", "z"),
        (r"x(?=.)", "ks"),
        (r"e?aux?|au", "o"),
        (r"oeu|eu", "e"),
        (r"ou", "U"),
        (r"oi|oy", "W"),
        (r"(?:[ae]in|[aey]im|in|im|yn|ym|un|um)(?![aeiouymn])", "I"),
        (r"ien(?![aeioumn])", "jI"),
        (r"(?:an|am|en|em)(?![aeiouymn])", "A"),
        (r"(?:on|om)(?![aeiouymn])", "O"),
        (r"ai|ei|ay|ey", "e"),
        (r"er$|ez$|es$|et$", "e"),
        (r"(?<=[A-Za-z]{2})[tdspxz]+$", ""),
        (r"([a-zA-Z])\1+", r"\1"),
        (r"y", "i"),
        (r"(?<=[A-Za-z]{2})e$", ""),
    )
)
# Sounds that a telephone line confuses: voicing of stops and fricatives, the nasal vowels, l/r.
_COARSE = str.maketrans("bdgvzjAOIUWN", "ptkfsSAAAoan")


@lru_cache(maxsize=20_000)
def key(word: str) -> str:
    """Return the phonetic key of one levelled word."""
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    return word


@lru_cache(maxsize=20_000)
def likeness(one: str, other: str) -> float:
    """Return how alike two keys sound, 0..1: the mean of a fine and a coarse comparison."""
    fine = Levenshtein.normalized_similarity(one, other)
    coarse = Levenshtein.normalized_similarity(one.translate(_COARSE), other.translate(_COARSE))
    return float((fine + coarse) / 2)
