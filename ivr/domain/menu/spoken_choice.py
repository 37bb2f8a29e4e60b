"""Which choice of a menu was said: by its key's name, or by words that sound like those of its examples. Pure.

A transcript of a telephone line is not the words of the file: words are compared by sound, and each counts for as much
as it tells the choices of this question apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ivr.domain.menu.menu import Choice
from ivr.domain.text.phonetic_key import key, likeness
from ivr.domain.text.plain_text import level

#: Words that sound as alike as this are one word.
ALIKE = 0.80
#: So much must speak for a choice, and so much more than for any other: the one word of an example counts 1.
ENOUGH, APART = 0.40, 0.20
#: Who says more words than this tells a story: nothing is chosen for them.
WORDS_MAX = 40
_SHORT_KEY = 2
#: What a word of the same family is worth, and how many sounds the two share at least.
_KIN, _STEM = 0.7, 4
_WORD = re.compile(r"[a-z]+|\d+|[*#]")
_KEY_NAMES = {
    "zero": "0", "un": "1", "une": "1", "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "six": "6", "sept": "7",
    "huit": "8", "neuf": "9", "etoile": "*", "diese": "#",
    "zeros": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "seven": "7", "eight": "8",
    "nine": "9", "star": "*", "hash": "#", "pound": "#",
}  # fmt: skip
#: What may stand around the name of a key.
_AROUND_KEY = frozenset((
    "alors", "appuyez", "ben", "bon", "choisis", "choix", "euh", "il", "je", "key", "la", "le", "merci", "number",
    "numero", "option", "oui", "plait", "please", "prends", "press", "s", "sur", "tapez", "the", "touche", "voila",
    "vous",
))  # fmt: skip
#: Words that tell no choice from another.
_IDLE = frozenset((
    "a", "about", "ah", "ai", "allo", "alors", "an", "and", "appeler", "appelle", "apres", "as", "au", "aussi", "aux",
    "avais", "avec", "avez", "avoir", "ben", "bien", "bon", "bonjour", "c", "ca", "ce", "cela", "ces", "cette",
    "chez", "comme", "concernant", "d", "dans", "de", "des", "dire", "dites", "donc", "du", "elle", "en", "enfin",
    "est", "et", "etait", "etre", "eu", "euh", "faire", "fait", "faut", "for", "have", "i", "il", "ils", "is", "it",
    "j", "je", "l", "la", "le", "les", "leur", "like", "lui", "m", "ma", "madame", "mais", "me", "merci", "mes",
    "mon", "monsieur", "my", "n", "ne", "need", "non", "nos", "notre", "nous", "of", "on", "ont", "or", "ou", "oui",
    "par", "parce", "pas", "plait", "please", "plus", "plutot", "pour", "pourrais", "pourriez", "pouvez", "puis",
    "qu", "quand", "que", "quel", "quelle", "question", "qui", "s", "sa", "sais", "salut", "savoir", "se", "ses",
    "si", "sinon", "sir", "soit", "son", "suis", "sujet", "sur", "svp", "t", "ta", "te", "tes", "the", "to", "toi",
    "ton", "tout", "tres", "tu", "un", "une", "va", "vais", "veux", "voila", "voir", "vos", "votre", "voudrais",
    "voulais", "vouloir", "vous", "want", "with", "would", "y", "you",
))  # fmt: skip
#: "Pas pour ma carte" takes the card back; "je n'ai pas ma carte" is about it, and so is "pas reçu".
_DENIES = frozenset(("pas", "not"))
_BEFORE_A_LACK = frozenset(
    ("ai", "a", "as", "avons", "avez", "ont", "avais", "avait", "trouve", "retrouve", "vois", "have")
)
_BEFORE_A_NOUN = frozenset(
    ("un", "une", "le", "la", "les", "l", "de", "du", "des", "d", "mon", "ma", "mes", "ce", "cette", "pour", "a", "my",
     "for")
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What was understood: the choice, or None with `why`: `unclear` (nothing fits) or `ambiguous` (two fit).

    `score` says how well the best one fits, 0..1. It holds no words.
    """

    choice: Choice | None
    score: float
    why: str = ""


def said_choice(words: str, choices: Sequence[Choice], *, never: frozenset[str] = frozenset()) -> Said:
    """Return the choice that was said. A name of a key of `never` (the objection keys) chooses nothing."""
    heard = tuple(_WORD.findall(level(words)))
    if not heard or len(heard) > WORDS_MAX:
        return Said(None, 0.0, "unclear")
    named = _named_key(heard)
    if named:
        choice = next((one for one in choices if one.key == named and named not in never), None)
        return Said(choice, 1.0 if choice else 0.0, "" if choice else "unclear")
    told = _told(heard)
    weights = _weights(tuple(choice.phrases for choice in choices), tuple(choice.to for choice in choices))
    scores = [_score(told, weights[at]) for at in range(len(choices))]
    ranked = sorted(zip(scores, range(len(choices)), strict=True), key=lambda pair: (-pair[0], pair[1]))
    if not ranked or ranked[0][0] < ENOUGH:
        return Said(None, min(1.0, ranked[0][0]) if ranked else 0.0, "unclear")
    best, at = ranked[0]
    rival = next((score for score, other in ranked[1:] if choices[other].to != choices[at].to), 0.0)
    found = min(1.0, best)
    return Said(choices[at], found) if best - rival >= APART else Said(None, found, "ambiguous")


def _named_key(heard: Sequence[str]) -> str:
    left = [word for word in heard if word not in _AROUND_KEY]
    if len(left) != 1:
        return ""
    return left[0] if len(left[0]) == 1 and not left[0].isalpha() else _KEY_NAMES.get(left[0], "")


def _told(heard: Sequence[str]) -> tuple[str, ...]:
    """Return the keys of the words that tell something, each once, without what a denial takes back."""
    told: dict[str, None] = {}
    denied = False
    for at, word in enumerate(heard):
        if word in _DENIES:
            before, after = heard[at - 1] if at else "", heard[at + 1] if at + 1 < len(heard) else ""
            denied = before not in _BEFORE_A_LACK and after in _BEFORE_A_NOUN
        elif word not in _IDLE:
            if not denied:
                told[key(word)] = None
            denied = False
    return tuple(told)


def _keys(phrase: str) -> tuple[str, ...]:
    """Return the keys of the words of an example that tell something; nobody denies in one."""
    return tuple(dict.fromkeys(key(word) for word in _WORD.findall(level(phrase)) if word not in _IDLE | _DENIES))


@lru_cache(maxsize=256)
def _weights(examples: tuple[tuple[str, ...], ...], ways: tuple[str, ...]) -> tuple[Mapping[str, float], ...]:
    """Return for each choice how much each word of its examples speaks for it, 0..1.

    That is how much of an example the word makes, or how many of the examples have it; shared among the places to which
    choices with this word lead.
    """
    having: dict[str, set[str]] = {}
    central: list[dict[str, float]] = []
    for phrases, to in zip(examples, ways, strict=True):
        keys = [found for phrase in phrases if (found := _keys(phrase))]
        count = Counter(word for found in keys for word in found)
        share = {word: number / len(keys) for word, number in count.items()}
        central.append(
            {word: max([share[word], *(1 / len(found) for found in keys if word in found)]) for word in count}
        )
        for word in count:
            having.setdefault(word, set()).add(to)
    return tuple({word: much / len(having[word]) for word, much in words.items()} for words in central)


def _score(told: Sequence[str], weights: Mapping[str, float]) -> float:
    """Return how much of what was said speaks for a choice; each word of it counts for its best likeness alone."""
    return sum(max((_alike(one, word) * much for word, much in weights.items()), default=0.0) for one in told)


def _alike(one: str, other: str) -> float:
    if min(len(one), len(other)) <= _SHORT_KEY:
        return float(one == other)
    alike = likeness(one, other)
    return alike if alike >= ALIKE else _KIN * _kin(one, other)


def _kin(one: str, other: str) -> bool:
    """Whether two words begin as one family does: résilier and résiliation, opérer and opération."""
    shared = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= _STEM and min(len(one), len(other)) - shared <= 1
