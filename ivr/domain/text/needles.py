"""What a text must hold before a regular expression can find anything in it, and how that begins. Pure.

Looking at each word once is many times faster than trying hundreds of wordings at each place of a text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

# The standard library's own reader of patterns. Whether its types are known hangs on what else is installed.
code: Any = vars(re)["_constants"]
parser: Any = vars(re)["_parser"]
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
    if pattern.flags & re.IGNORECASE:
        return None
    return _worth_seeking(_required(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)))


class Way(NamedTuple):
    """One of the alternatives of a pattern: how the words (or marks) begin with which it begins (None: in another
    way, or within a word), and words one of which it needs (None: that cannot be told)."""

    heads: frozenset[str] | None
    needles: tuple[str, ...] | None


def ways(pattern: re.Pattern[str]) -> tuple[Way, ...]:
    """Return the alternatives of a pattern of whole words; any other pattern is one alternative."""
    return _ways_of(pattern.pattern, pattern.flags & ~re.UNICODE)


@lru_cache(maxsize=256)
def _ways_of(pattern: str, flags: int) -> tuple[Way, ...]:
    if flags & re.IGNORECASE:
        return (Way(None, None),)
    tree = list(parser.parse(pattern, flags))
    if not pattern.startswith(_AT_WORD):
        return (Way(None, _worth_seeking(_required(tree))),) if _heads(tree) else ()
    if len(tree) > 1 and tree[1][0] is code.BRANCH:
        return tuple(_way([*alternative, *tree[2:]]) for alternative in tree[1][1][1])
    return (_way(tree[1:]),)


def _way(alternative: Sequence[Any]) -> Way:
    heads = frozenset(head for head, _ in _heads(alternative))
    if not all(map(_TOKEN.match, heads)):
        return Way(None, _worth_seeking(_required(alternative)))
    # The heads are looked up anyway: what stands behind them tells more.
    return Way(heads, _worth_seeking(_required(_behind_first_word(alternative)) or _required(alternative)))


def _behind_first_word(sequence: Sequence[Any]) -> Sequence[Any]:
    for at, (operator, argument) in enumerate(sequence):
        if operator is not code.LITERAL:
            return sequence[max(at, 1) :]
        if not chr(argument).isalnum():
            return sequence[at:]
    return ()


def _worth_seeking(found: frozenset[str] | None) -> tuple[str, ...] | None:
    if found is None or len(found) > _MOST:
        return None
    return tuple(sorted(one for one in found if not any(other in one for other in found if other != one)))


class Read(NamedTuple):
    """A text whose words were looked up: which alternatives of patterns may be found in it, and the places where they
    may begin. An alternative is a bit."""

    text: str
    bits: int
    places: Sequence[tuple[int, int]]


class Sought:
    """A pattern that is tried only where it can be found; it finds what the pattern finds.

    `bits` are its alternatives, of which those `anywhere` may begin within words.
    """

    def __init__(self, pattern: re.Pattern[str], bits: int, anywhere: int) -> None:
        self.pattern = pattern
        self.bits = bits
        self._anywhere = anywhere

    def may_match(self, read: Read) -> bool:
        """Return False when the pattern certainly finds nothing in what was read."""
        return bool(read.bits & self.bits)

    def finditer(self, read: Read, text: str | None = None) -> Iterable[re.Match[str]]:
        """Find all; in `text`, if given, which is what was read with some of its words blanked."""
        possible = read.bits & self.bits
        if not possible:
            return ()
        text = read.text if text is None else text
        if possible & self._anywhere:
            return self.pattern.finditer(text)
        found: list[re.Match[str]] = []
        end = 0
        for at, begins in read.places:
            if begins & possible and at >= end:
                match = self.pattern.match(text, at)
                if match:
                    found.append(match)
                    end = match.end()
        return found

    def search(self, read: Read, begin: int = 0, text: str | None = None) -> re.Match[str] | None:
        """Find the first from `begin` on; `text` as for `finditer`."""
        possible = read.bits & self.bits
        if not possible:
            return None
        text = read.text if text is None else text
        if possible & self._anywhere:
            return self.pattern.search(text, begin)
        for at, begins in read.places:
            if begins & possible and at >= begin:
                match = self.pattern.match(text, at)
                if match:
                    return match
        return None


class Sieve:
    """Patterns that are sought together: each word of a text is looked up once for all of them.

    Words are remembered, save those with digits: they may be somebody's.
    """

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        self._heads: dict[str, int] = defaultdict(int)
        self._anywhere = 0
        pieces: dict[str, int] = defaultdict(int)
        bit = 1
        sought = []
        for pattern in patterns:
            bits = anywhere = 0
            for way in ways(pattern):
                for head in way.heads or ():
                    self._heads[_first_word(head)] |= bit
                for needle in way.needles or ("",):
                    pieces[_piece(needle)] |= bit
                bits |= bit
                anywhere |= bit if way.heads is None else 0
                bit <<= 1
            sought.append(Sought(pattern, bits, anywhere))
            self._anywhere |= anywhere
        self.sought = tuple(sought)
        self._always = pieces.pop("", 0)
        self._pieces: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for piece, bits in pieces.items():
            self._pieces[piece[:_SHORTEST]].append((piece, bits))
        self._longest = max(map(len, self._heads), default=0)
        self._known: dict[str, tuple[int, int]] = {}

    def read(self, text: str) -> Read:
        """Look up the words of a levelled text, which one space separates; other texts are read too, slower."""
        holding, beginning, places = self._always, 0, []
        known = self._known.get
        at = 0
        for word in text.split(" "):
            looked_up = known(word)
            if looked_up is not None:
                holding |= looked_up[0]
                if looked_up[1]:
                    beginning |= looked_up[1]
                    places.append((at, looked_up[1]))
            else:
                for begin, holds, begins in self._parts(word):
                    holding |= holds
                    beginning |= begins
                    places.append((at + begin, begins))
            at += len(word) + 1
        return Read(text, holding & (beginning | self._anywhere), places)

    def _parts(self, written: str) -> Iterator[tuple[int, int, int]]:
        """Yield for each word of what stands between two spaces: where it begins, and how it was looked up."""
        for found in _TOKEN.finditer(written):
            word = found.group()
            looked_up = self._looked_up(word)
            if word == written and (len(word) == 1 or word.isalpha()):
                if len(self._known) >= _WORDS_REMEMBERED:
                    self._known.clear()
                self._known[word] = looked_up
            yield found.start(), *looked_up

    def _looked_up(self, word: str) -> tuple[int, int]:
        """Return which alternatives want something that the word holds, and which may begin with it."""
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
        ended = {head for head in going if len(head) >= _HEAD_MAX or (head and not head[-1].isalnum())}
        done.update((head, False) for head in ended)
        going -= ended
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
