# Lists of words read better in one line.
# ruff: noqa: SIM905
"""The letter of a Corsican department (2A, 2B) as people spell it when they dictate a number. Pure.

"deux A", "la lettre A", "A majuscule", "un grand A", "B comme Berthe", "B, B de Bravo", "deux bravo": one letter, said
so that nobody mistakes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

_LETTERS = {
    **dict.fromkeys(("a", "ah", "ha"), "a"),
    **dict.fromkeys(("b", "be", "bee", "baie"), "b"),
}
#: Words of the usual alphabets that stand for the letter by themselves (French PTT, ICAO).
_ALPHABET = {
    **dict.fromkeys(("anatole", "alpha", "alfa"), "a"),
    **dict.fromkeys(("berthe", "bertha", "bravo"), "b"),
}
_BEFORE = frozenset("la le un une l et puis ensuite avec suivi de euh heu c est".split())
_NAMING = frozenset("lettre lettres majuscule majuscules capitale grand grande petit petite".split())
_AFTER = frozenset("majuscule majuscules minuscule capitale maj".split())
_LIKE = frozenset("comme pour de d".split())
#: "A comme la ville d'Aix", "B comme dans Bravo".
_LIKENED = frozenset("la le l ville prenom mot dans de d du".split())
_ISLAND = frozenset("corse haute".split())
_ISLAND_REST = frozenset("corse du sud de".split())
#: The departments and their prefectures, which name the letter without saying it.
_NAMES = {("corse", "du", "sud"): "a", ("haute", "corse"): "b", ("ajaccio",): "a", ("bastia",): "b"}
#: What may stand around such a name where a department is due: "dans le département 2 A, comme la ville d'Ajaccio".
_ABOUT = frozenset(
    "departement dans en a la le les l de d du c est comme ville deux 2 2a 2b b lettre euh alors".split()
)
_ABOUT_MAX = 10
_BEFORE_MAX = 4
#: A well-known word that the ear cut or misheard: "Ana Tolle", "vers tout".
_MISHEARD_MAX = 3


def spelled_letter(words: Sequence[str], is_number: Callable[[str], bool]) -> tuple[str, int, bool] | None:
    """Read a or b, spelled from the first word on; None when it is neither.

    Returns the letter, how many words it takes, and whether it was spelled out, so that it can be nothing else: a
    bare "a" may be a verb. Words are levelled: lower case, no accents.
    """
    named, place = False, 0
    while place < min(len(words), _BEFORE_MAX) and words[place] in _BEFORE | _NAMING:
        named = named or words[place] in _NAMING
        place += 1
    if letter := _in(words, place, _ALPHABET):
        return (letter, place + 1, named) if named or not place else None
    letter = _in(words, place, _LETTERS)
    if not letter:
        return None
    end, sure = _made_sure(words, place + 1, letter, is_number)
    if not sure and (again := spelled_letter(words[end:], is_number)) is not None:
        # "deux A, A comme Anatole".
        end, sure = (end + again[1], True) if again[0] == letter and again[2] else (end, sure)
    return (letter, end, named or sure) if named or sure or not place else None


def named_department(words: Sequence[str]) -> tuple[str, int] | None:
    """Read the department that the name of an island's half, or of its prefecture, says from the first word on.

    Returns its letter and how many words it takes; None where no such name stands, or both do. For where a department
    is due only: elsewhere these are places where people live.
    """
    letters, at, end = set(), 0, 0
    while at < min(len(words), _ABOUT_MAX):
        name = next((name for name in _NAMES if tuple(words[at : at + len(name)]) == name), None)
        if name is None and words[at] not in _ABOUT:
            break
        at += len(name or "1")
        if name is not None:
            letters.add(_NAMES[name])
            end = at
    return (letters.pop(), end) if len(letters) == 1 else None


def _made_sure(words: Sequence[str], at: int, letter: str, is_number: Callable[[str], bool]) -> tuple[int, bool]:
    """Where what follows the letter ends, and whether it spells it."""
    end = at + (at < len(words) and words[at] in _AFTER)
    if words[end:] == ["comme"]:
        # The word comes with the next piece.
        return end + 1, True
    if end < len(words) - 1 and words[end] in _LIKE:
        if words[end] == "comme":
            for length in range(1, _MISHEARD_MAX + 1):
                said, then = words[end + 1 : end + 1 + length], words[end + 1 + length : end + 2 + length]
                # "un natole": an article that nobody said.
                word = said[said[0] in ("un", "une") :]
                if then and is_number(then[0]) and word and not any(map(is_number, word)):
                    return end + 1 + length, True
        like = end + 1
        while like < len(words) - 1 and words[like] in _LIKENED:
            like += 1
        if words[like].startswith(letter):
            return like + 1, True
    if _in(words, end, _ALPHABET) == letter:
        return end + 1, True
    island = end
    while island < len(words) and words[island] in (_ISLAND if island == end else _ISLAND_REST):
        island += 1
    return island, island > at


def _in(words: Sequence[str], at: int, letters: Mapping[str, str]) -> str:
    return letters.get(words[at], "") if at < len(words) else ""
