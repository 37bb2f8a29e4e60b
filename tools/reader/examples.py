"""What the second reader learns from and is measured on: typed sentences, and the recogniser's transcripts of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.domain.hearing.verdict import Label
from ivr.speech.understanding import Hypothesis
from tools.corpus.sentences import Sentence
from tools.mill.sentences import HARMLESS, OPPOSING, held_out_family, written
from tools.training.mishearing import bare

_SOURCE_WEIGHT = {"seed": 2.0, "free": 2.0, "grammar": 0.5}
# Of the sentences that a person wrote: how many are also learnt without punctuation, and within a longer turn.
_BARE, _LONGER = 0.15, 0.15
# Of those that a pattern made.
_OF_GRAMMAR = 0.25
# Each pattern of the mill is also learnt as typed, in so many variants.
_VARIANTS = 4


@dataclass(frozen=True)
class Example:
    """A text with its label. Everything of one `group` is learnt, or nothing is (`held_out`).

    `hypotheses` are there for transcripts: best first, as the ear would judge them.
    """

    text: str
    label: Label
    group: str
    held_out: bool
    weight: float
    kind: str
    hypotheses: tuple[Hypothesis, ...] = ()


def typed(sentences: Sequence[Sentence], *, seed: int) -> Iterator[Example]:
    """Yield the corpus as written and without punctuation, some of it in a longer turn, and the mill's patterns."""
    random_ = random.Random(seed)
    calm = [one.text for one in sentences if one.label is Label.NONE and not _held(one)]
    for one in sentences:
        weight, held = _SOURCE_WEIGHT[one.source], _held(one)
        if one.source == "grammar" and not held and random_.random() >= _OF_GRAMMAR:
            continue
        yield Example(one.text, one.label, one.meaning, held, weight, f"typed {one.source}")
        if held or one.source == "grammar":
            continue
        if random_.random() < _BARE:
            yield Example(bare(one.text), one.label, one.meaning, held, weight * 0.5, f"typed {one.source}")
        if random_.random() < _LONGER:
            other = random_.choice(calm)
            turn = f"{other} {one.text}" if random_.random() < 0.5 else f"{one.text} {other}"
            yield Example(turn, one.label, one.meaning, held, weight * 0.5, f"typed {one.source}")
    for origin in (*written(HARMLESS), *written(OPPOSING)):
        for text in {origin.said(random_): None for _ in range(_VARIANTS)}:
            yield Example(text, origin.label, origin.group, origin.held_out, 1.0, "typed mill")


def heard(file: Path) -> Iterator[Example]:
    """Yield the mill's transcripts: the best hypothesis of each, and its rivals for judging."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                break
            row = json.loads(line)
            hypotheses = tuple(Hypothesis(*one) for one in row["hypotheses"])
            label, held = Label(row["label"]), bool(row["held_out"])
            kind = "heard partial" if row["partial"] else f"heard {row['source']}"
            if hypotheses[0].text.strip():
                yield Example(hypotheses[0].text, label, row["group"], held, 1.5, kind, hypotheses)


def _held(one: Sentence) -> bool:
    return held_out_family(one.meaning, one.split)
