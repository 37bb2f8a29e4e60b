"""A second reader: weighs the words around a thing, where the grammar of asking has no wording for them. Pure.

The grammar (ivr.domain.asks.detector) knows which wordings ask. People have others; this reader was trained on
sentences of both kinds, with each thing levelled to a sign, so that what it learnt of a RIB holds for a card. It votes
only where a thing is spoken of. `python -m benchmarks.guard_train` makes its weights:
config/phrases/asks_weights.json.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ivr.domain.asks.parts import Cue, Thing
from ivr.domain.asks.phrase_bank import Mention, ReaderWeights, SpeechAct

_STEM = 4
_VALUE, _HOLDER, _NUMBER, _BEGIN, _END = "<V>", "<H>", "<N>", "<s>", "</s>"
_ACTS = {act: act.value for act in SpeechAct} | {None: "tell"}

#: What of the mentions it looks at.
UNDOING = (Mention.NEGATION, Mention.REPORT, Mention.REDIRECT, Mention.THEIRS)


def features(text: str, things: Sequence[Thing], cues: Sequence[Cue], mentions: Iterable[Mention]) -> frozenset[str]:
    """Return what a levelled sentence shows: runs of its words and stems with things as signs, acts, and denials.

    `mentions` are those of `UNDOING` that stand in it.
    """
    words = _signs(text, things)
    # No sign is longer than a stem.
    found = [*_runs("w", words), *_runs("s", [word[:_STEM] for word in words])]
    for cue in cues:
        act = f"{_ACTS[cue.act]}{int(cue.live)}"
        found.append(f"C{act}")
        found.append(f"P{act}{'b' if things and cue.end <= things[0].start + 1 else 'a'}")
    found += [f"M{mention.value}" for mention in mentions]
    return frozenset(found)


def ask_probability(seen: frozenset[str], learnt: ReaderWeights) -> float:
    """Return how likely a sentence with these features asks for the thing it speaks of, 0…1."""
    # An exact sum does not depend on the order of a set.
    weight = math.fsum(filter(None, map(learnt.weights.get, seen)))
    return 1.0 / (1.0 + math.exp(-(learnt.bias + weight / math.sqrt(len(seen)))))


def _signs(text: str, things: Sequence[Thing]) -> list[str]:
    words = [_BEGIN]
    at = 0
    for thing in things:
        words += _numbered(text[at : thing.start])
        words.append(_VALUE if thing.value else _HOLDER)
        at = thing.end
    words += _numbered(text[at:])
    words.append(_END)
    return words


def _numbered(text: str) -> list[str]:
    return [_NUMBER if word.isdigit() else word for word in text.split()]


def _runs(kind: str, words: Sequence[str]) -> list[str]:
    found = [kind + word for word in words]
    pairs = map(" ".join, zip(found, words[1:], strict=False))
    return [*found, *pairs, *map(" ".join, zip(found, words[1:], words[2:], strict=False))]
