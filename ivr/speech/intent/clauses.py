"""Long turns cut into stretches: an objection is often one clause of many."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.speech.intent.words import Word

_WHOLE_WORDS = 9
_STRETCH_WORDS = 14
_SHORT_CLAUSE_WORDS = 3
_OPENERS = frozenset({"mais", "donc", "alors", "et", "parce", "car", "puis", "sinon", "bon", "voila", "ensuite", "par"})
_SUBJECTS = frozenset({"je", "j", "vous", "on", "c", "il", "elle", "ca", "mon", "ma", "nous"})
_RUN_ON_WORDS = 8
_GREETING = frozenset(
    {"oui", "bonjour", "bonsoir", "allo", "excusez", "moi", "pardon", "madame", "monsieur", "s", "il", "vous", "plait"}
)
_THANKS = frozenset(
    {"merci", "beaucoup", "bien", "c", "est", "gentil", "tres", "madame", "monsieur", "je", "vous", "remercie"}
    | {"au", "revoir", "bonne", "journee", "soiree"}
)

_COURTESY = (
    _GREETING
    | _THANKS
    | {"souhaite", "une", "bon", "fin", "de", "d", "apres", "midi", "week", "end", "a", "bientot", "aussi"}
    | {"egalement", "pareillement", "courage", "avance", "pour", "tout", "votre", "aide", "accueil", "patience"}
    | {"mademoiselle", "messieurs", "dames", "ok", "d", "accord", "parfait", "entendu", "et", "continuation"}
)


def _cuts(words: Sequence[Word]) -> list[int]:
    """Return the indices at which a new clause begins."""
    cuts = [0]
    for at in range(1, len(words)):
        since = at - cuts[-1]
        broken = words[at - 1].pause in (".", "?") or (words[at - 1].pause == "," and since >= _SHORT_CLAUSE_WORDS)
        opened = words[at].text in _OPENERS and since >= _SHORT_CLAUSE_WORDS
        ran_on = since >= _RUN_ON_WORDS and words[at].text in _SUBJECTS and not _bound(words[at - 1].text)
        if broken or opened or ran_on:
            cuts.append(at)
    return cuts


def _bound(word: str) -> bool:
    """Tell whether what follows `word` cannot begin a clause (que je, si vous, quand on…)."""
    return word in (
        "que",
        "qu",
        "si",
        "s",
        "quand",
        "qui",
        "dont",
        "ou",
        "de",
        "d",
        "pour",
        "a",
        "sans",
        "n",
        "ne",
        "pas",
    )


def stretches(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Return [first, last) word ranges to be judged: the whole turn first, then runs of clauses of a long one."""
    found = [(0, len(words))]
    if len(words) <= _WHOLE_WORDS:
        return found
    cuts = [*_cuts(words), len(words)]
    for k in range(len(cuts) - 1):
        last = k + 1
        while last + 1 < len(cuts) and cuts[last + 1] - cuts[k] <= _STRETCH_WORDS:
            last += 1
        if k and cuts[last] == found[-1][1] and cuts[last] - cuts[k] < _SHORT_CLAUSE_WORDS:
            continue
        found.append((cuts[k], cuts[last]))
    return found


def core(words: Sequence[Word]) -> tuple[int, int]:
    """Return the [first, last) words that a greeting before and thanks after them leave: all, when there is neither."""
    first, last = 0, len(words)
    for at in range(1, len(words)):
        if words[at - 1].text not in _GREETING:
            break
        if words[at - 1].pause:
            first = at
    for at in range(len(words) - 1, first, -1):
        if words[at].text not in _THANKS:
            break
        if words[at - 1].pause in (".", "?"):
            last = at
    return first, last


def only_courteous(words: Sequence[Word]) -> bool:
    """Tell whether nothing is said but greetings and thanks: those who refuse take leave with the same words."""
    return bool(words) and all(word.text in _COURTESY for word in words)
