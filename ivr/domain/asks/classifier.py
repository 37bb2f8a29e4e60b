"""A second reader: weighs the words around a thing, where the grammar of asking has no wording for them. Pure.

The grammar (ivr.domain.asks.detector) knows which wordings ask. People have others; this reader was trained on
sentences of both kinds, with each thing levelled to a sign, so that what it learnt of a RIB holds for a card. It votes
only where a thing is spoken of. `python -m benchmarks.guard_train` makes its weights:
config/phrases/asks_weights.json.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ivr.domain.asks.parts import Cue, Thing
from ivr.domain.asks.phrase_bank import Mention, PhraseBank, ReaderWeights

_STEM = 4
_VALUE, _HOLDER, _NUMBER, _BEGIN, _END = "<V>", "<H>", "<N>", "<s>", "</s>"
_UNDOING = (Mention.NEGATION, Mention.REPORT, Mention.REDIRECT, Mention.THEIRS)


def features(text: str, calm: str, things: Sequence[Thing], cues: Sequence[Cue], bank: PhraseBank) -> frozenset[str]:
    """Return what a levelled sentence shows: runs of its words and stems with things as signs, acts, and denials."""
    words = [_BEGIN, *_signs(text, things), _END]
    # No sign is longer than a stem.
    stems = [word[:_STEM] for word in words]
    found = set(_runs("w", words)) | set(_runs("s", stems))
    for cue in cues:
        act = f"{cue.act.value if cue.act else 'tell'}{int(cue.live)}"
        found.add(f"C{act}")
        found.add(f"P{act}{'b' if things and cue.end <= things[0].start + 1 else 'a'}")
    found.update(f"M{mention.value}" for mention in _UNDOING if bank.mentions[mention].search(calm))
    return frozenset(found)


def ask_probability(seen: frozenset[str], learnt: ReaderWeights) -> float:
    """Return how likely a sentence with these features asks for the thing it speaks of, 0…1."""
    weight = sum(learnt.weights[feature] for feature in sorted(seen & learnt.weights.keys()))
    return 1.0 / (1.0 + math.exp(-(learnt.bias + weight / math.sqrt(len(seen)))))


def _signs(text: str, things: Sequence[Thing]) -> Iterator[str]:
    at = 0
    for thing in things:
        yield from _numbers(text[at : thing.start])
        yield _VALUE if thing.value else _HOLDER
        at = thing.end
    yield from _numbers(text[at:])


def _numbers(text: str) -> Iterator[str]:
    for word in text.split():
        yield _NUMBER if word.isdigit() else word


def _runs(kind: str, words: Sequence[str]) -> Iterator[str]:
    for word in words:
        yield kind + word
    for first, second in pairwise(words):
        yield f"{kind}{first} {second}"
    for first, second, third in zip(words, words[1:], words[2:], strict=False):
        yield f"{kind}{first} {second} {third}"
