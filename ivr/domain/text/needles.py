"""What a text must hold before a regular expression can find anything in it, and how that begins. Pure.

Looking at each word once is many times faster than trying hundreds of wordings at each place of a text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

#: One letter stands in nearly every text.
_SHORTEST = 2
_MOST = 400
_MOST_HEADS = 1000
#: A head of so many letters tells words apart well enough.
_HEAD_MAX = 12
_LETTERS_MAX = 8
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORDS_REMEMBERED = 1 << 15
_AT_WORD = r"(?<!\w)"
_REPEATS = (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT)
#: How a match begins, and whether that is all of what was read: then what follows goes on from there.
_Head = tuple[str, bool]
_ANYTHING: frozenset[_Head] = frozenset({("", False)})


def needles(pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    """Return words one of which stands in every text in which `pattern` is found; None when that cannot be told."""
    return _analysed(pattern.pattern, pattern.flags & ~re.UNICODE)[0]


def beginnings(pattern: re.Pattern[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return how the words (or marks) begin with which `pattern` begins, and needles of what begins in another way.

    A pattern that is not of whole words may begin anywhere: the empty needle stands in every text.
    """
    return _analysed(pattern.pattern, pattern.flags & ~re.UNICODE)[1:]


@lru_cache(maxsize=256)
def _analysed(pattern: str, flags: int) -> tuple[tuple[str, ...] | None, frozenset[str], frozenset[str]]:
    anywhere = frozenset({""})
    if flags & re.IGNORECASE:
        return None, frozenset(), anywhere
    tree = list(parser.parse(pattern, flags))
    found = _required(tree)
    wanted = None
    if found is not None and len(found) <= _MOST:
        wanted = tuple(sorted(one for one in found if not any(other in one for other in found if other != one)))
    if not pattern.startswith(_AT_WORD):
        return wanted, frozenset(), anywhere if _heads(tree) else frozenset()
    return wanted, *_beginnings(tree[1:])


def _beginnings(tree: Sequence[Any]) -> tuple[frozenset[str], frozenset[str]]:
    begun: set[str] = set()
    otherwise: set[str] = set()
    for way in tree[0][1][1] if tree and tree[0][0] is code.BRANCH else [tree]:
        found = {head for head, _ in _heads(way)}
        if all(_TOKEN.match(head) for head in found):
            begun |= found
        else:
            otherwise |= _required(way) or {""}
    return frozenset(begun), frozenset(otherwise)


@dataclass(frozen=True, slots=True)
class Read:
    """A text whose words were looked up: which patterns may be found in it, which of them anywhere, and the places
    where the others may begin. A pattern is a bit."""

    text: str
    bits: int
    anywhere: int
    places: Sequence[tuple[int, int]]


class Sought:
    """A pattern that is tried only where it can be found; it finds what the pattern finds."""

    def __init__(self, pattern: re.Pattern[str], bit: int) -> None:
        self.pattern = pattern
        self.bit = bit

    def may_match(self, read: Read) -> bool:
        """Return False when the pattern certainly finds nothing in what was read."""
        return bool(read.bits & self.bit)

    def finditer(self, read: Read, text: str | None = None) -> Iterable[re.Match[str]]:
        """Find all; in `text`, if given, which is what was read with some of its words blanked."""
        if not read.bits & self.bit:
            return ()
        text = read.text if text is None else text
        if read.anywhere & self.bit:
            return self.pattern.finditer(text)
        found: list[re.Match[str]] = []
        end = 0
        for at, begins in read.places:
            if begins & self.bit and at >= end:
                match = self.pattern.match(text, at)
                if match:
                    found.append(match)
                    end = match.end()
        return found

    def search(self, read: Read, begin: int = 0, text: str | None = None) -> re.Match[str] | None:
        """Find the first from `begin` on; `text` as for `finditer`."""
        if not read.bits & self.bit:
            return None
        text = read.text if text is None else text
        if read.anywhere & self.bit:
            return self.pattern.search(text, begin)
        for at, begins in read.places:
            if begins & self.bit and at >= begin:
                match = self.pattern.match(text, at)
                if match:
                    return match
        return None


class Sieve:
    """Patterns that are sought together: each word of a text is looked up once for all of them.

    Words are remembered, save those with digits: they may be somebody's.
    """

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        self.sought = tuple(Sought(pattern, 1 << n) for n, pattern in enumerate(patterns))
        self._count = len(self.sought)
        self._heads: dict[str, int] = defaultdict(int)
        pieces: dict[str, int] = defaultdict(int)
        for one in self.sought:
            heads, otherwise = beginnings(one.pattern)
            for head in heads:
                self._heads[_first_word(head)] |= one.bit
            for needle in needles(one.pattern) or ("",):
                pieces[_piece(needle)] |= one.bit
            for needle in otherwise:
                pieces[_piece(needle)] |= one.bit << self._count
        self._always = pieces.pop("", 0)
        self._pieces: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for piece, bits in pieces.items():
            self._pieces[piece[:_SHORTEST]].append((piece, bits))
        self._longest = max(map(len, self._heads), default=0)
        self._known = lru_cache(maxsize=_WORDS_REMEMBERED)(self._looked_up)

    def read(self, text: str) -> Read:
        holding, beginning, places = self._always, 0, []
        for found in _TOKEN.finditer(text):
            word = found.group()
            holds, begins = self._known(word) if len(word) == 1 or word.isalpha() else self._looked_up(word)
            holding |= holds
            if begins:
                beginning |= begins
                places.append((found.start(), begins))
        anywhere = holding >> self._count
        return Read(text, holding & (beginning | anywhere), anywhere, places)

    def _looked_up(self, word: str) -> tuple[int, int]:
        """Return which patterns want something that the word holds, and which may begin with it."""
        spaced = f" {word} "
        holds = begins = 0
        for at in range(len(spaced) - 1):
            for piece, bits in self._pieces.get(spaced[at : at + _SHORTEST], ()):
                if spaced.startswith(piece, at):
                    holds |= bits
        for end in range(2, min(len(spaced), self._longest + 1) + 1):
            begins |= self._heads.get(spaced[1:end], 0)
        return holds, begins


def _piece(needle: str) -> str:
    """Return the longest part of a needle that one word must hold, with a space where the word ends; "" for none."""
    found = [
        " " * (word.start() > 0) + word.group() + " " * (word.end() < len(needle)) for word in _WORD.finditer(needle)
    ]
    best = max(found, key=len, default="")
    return best if len(best) >= _SHORTEST else ""


def _first_word(head: str) -> str:
    """Return how the first word, or mark, begins, with a space behind it where that is all of it."""
    word = _TOKEN.match(head)
    return f"{word.group()} " if word and word.end() < len(head) else head


def _required(sequence: Iterable[Any]) -> frozenset[str] | None:
    """Return the best choice among what the parts of a sequence demand: the longest words, then the fewest."""
    choices: list[frozenset[str]] = []
    run = ""
    parts = list(sequence)
    for operator, argument in parts:
        if operator is code.LITERAL:
            run += chr(argument)
            continue
        choices.append(frozenset({run}))
        run = ""
        inner = _inside(operator, argument)
        if inner is not None:
            choices.append(inner)
    choices.append(frozenset({run}))
    usable = [choice for choice in choices if min(map(len, choice), default=0) >= _SHORTEST]
    begins = [] if usable else [head for head, _ in _heads(parts)]
    if begins and min(map(len, begins)) >= _SHORTEST:
        return frozenset(begins)
    return max(usable, key=lambda choice: (min(map(len, choice)), -len(choice)), default=None)


def _inside(operator: Any, argument: Any) -> frozenset[str] | None:
    """Return what an operator that must match demands; None for what may match nothing, or anything."""
    if operator is code.SUBPATTERN:
        return None if argument[1] else _required(argument[-1])
    if operator is code.ATOMIC_GROUP:
        return _required(argument)
    if operator is code.ASSERT:
        return _required(argument[1]) if argument[0] > 0 else None
    if operator in _REPEATS:
        least, _, repeated = argument
        return _required(repeated) if least else None
    if operator is code.BRANCH:
        ways = [_required(way) for way in argument[1]]
        known = [way for way in ways if way is not None]
        return frozenset().union(*known) if len(known) == len(ways) else None
    return None


def _heads(sequence: Iterable[Any]) -> frozenset[_Head]:
    """Return how what a sequence matches may begin; nothing when it never matches."""
    done: set[_Head] = set()
    going = {""}
    for operator, argument in sequence:
        ways = _ways(operator, argument)
        if len(going) * len(ways) > _MOST_HEADS:
            break
        done.update((head + more, False) for head in going for more, whole in ways if not whole)
        going = {head + more for head in going for more, whole in ways if whole}
        # More than the first word tells no more.
        told = {head for head in going if len(head) >= _HEAD_MAX or (head and not head[-1].isalnum())}
        done.update((head, False) for head in told)
        going -= told
        if not going:
            break
    else:
        return frozenset(done | {(head, True) for head in going})
    return frozenset(done | {(head, False) for head in going})


def _ways(operator: Any, argument: Any) -> frozenset[_Head]:
    """Return how what an operator matches may begin."""
    if operator is code.LITERAL:
        return frozenset({(chr(argument), True)})
    if operator is code.IN and len(argument) <= _LETTERS_MAX and all(kind is code.LITERAL for kind, _ in argument):
        return frozenset((chr(letter), True) for _, letter in argument)
    if operator is code.SUBPATTERN:
        return _ANYTHING if argument[1] else _heads(argument[-1])
    if operator is code.ATOMIC_GROUP:
        return _heads(argument)
    if operator is code.BRANCH:
        return frozenset().union(*map(_heads, argument[1]))
    if operator in _REPEATS:
        least, most, repeated = argument
        inner = _heads(repeated)
        # What may come again is not all of it.
        begun = inner if most == 1 else frozenset((head, False) for head, _ in inner)
        return begun if least else begun | {("", True)}
    if operator is code.ASSERT and argument[0] > 0:
        # What is looked at ahead stands there too; what follows may overlap it.
        return frozenset((head, False) for head, _ in _heads(argument[1]))
    if operator is code.FAILURE or (operator is code.ASSERT_NOT and not argument[1]):
        return frozenset()
    if operator in (code.AT, code.ASSERT, code.ASSERT_NOT):
        return frozenset({("", True)})
    return _ANYTHING
