"""What the mill grinds: sentences and turns with labels, each known to be for learning or held out for good.

Whether a sentence is held out hangs on the hash of the pattern or family it is drawn from, so that no sentence that
is measured differs from a learnt one by a name or a number only. The test parts of the corpus are held out whole.
"""

from __future__ import annotations

import random
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.domain.hearing.verdict import Label
from tools.corpus.sentences import expand, read_corpus

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "corpus"
HARMLESS, OPPOSING = Path(__file__).with_name("harmless.toml"), Path(__file__).with_name("opposing.toml")
# One group in so many is held out.
_ONE_IN_PATTERNS, _ONE_IN_FAMILIES = 3, 5
# How often something of each kind is drawn.
_SHARES = {"harmless": 52, "corpus harmless": 14, "opposing": 9, "corpus opposing": 19, "test": 6}
_TURNS = 0.3
_OPENINGS = ("Euh, ", "Alors, ", "Ben, ", "Oui, euh, ", "Bon, ", "Écoutez, ", "Allô, oui, ", "Donc, ", "Non mais, ")


@dataclass(frozen=True)
class Grist:
    """One thing to be said. `group` is what decides `held_out`: a pattern of the mill, or a family of the corpus."""

    text: str
    label: Label
    group: str
    source: str
    held_out: bool


@dataclass(frozen=True)
class Origin:
    """Where sentences come from: a pattern with its slots, or a sentence of the corpus, which draws itself alone."""

    pattern: str
    slots: Mapping[str, list[str]]
    label: Label
    topic: str
    group: str
    held_out: bool

    def said(self, random_: random.Random) -> str:
        """Return one sentence of it, with a capital and a full stop."""
        text = " ".join(expand(self.pattern, self.slots, random_).split()).replace(" ,", ",").replace(" .", ".")
        text = text[:1].upper() + text[1:]
        return text if text[-1] in ".?!…" else f"{text}."


def held_out(group: str, one_in: int) -> bool:
    """Whether sentences of `group` are never learnt from; hangs on its name alone."""
    return zlib.crc32(group.encode()) % one_in == 0


def held_out_family(meaning: str, split: str) -> bool:
    """The same for a family of the corpus."""
    return split == "test" or held_out(meaning, _ONE_IN_FAMILIES)


class Sentences:
    """Draws what is said: same seed and number, same sentence, as long as no file changes."""

    def __init__(self, seed: int, corpus: Path = CORPUS) -> None:
        self._seed = seed
        self._pools = _pools(corpus)
        self._calm = {
            side: [one for one in self._pools["harmless"] if one.held_out is side and one.label is Label.NONE]
            for side in (False, True)
        }

    def draw(self, number: int) -> Grist:
        """Return sentence `number`: three in ten lie within a longer turn, a fifth begins with a hesitation."""
        random_ = random.Random(f"{self._seed}/{number}")
        source = random_.choices(list(_SHARES), list(_SHARES.values()))[0]
        origin = random_.choice(self._pools[source])
        text = origin.said(random_)
        if random_.random() < 0.2:
            text = random_.choice(_OPENINGS) + text[:1].lower() + text[1:]
        if random_.random() < _TURNS and len(text) < 120:
            other = random_.choice(self._calm[origin.held_out]).said(random_)
            text = f"{other} {text}" if random_.random() < 0.5 else f"{text} {other}"
        return Grist(text, origin.label, origin.group, source, origin.held_out)


def _pools(corpus: Path) -> dict[str, list[Origin]]:
    pools: dict[str, list[Origin]] = {"harmless": written(HARMLESS), "opposing": written(OPPOSING)}
    calm = (Label.NONE, Label.QUESTION_RECORDING)
    for one in read_corpus(corpus):
        out = held_out_family(one.meaning, one.split)
        name = "test" if one.split == "test" else "corpus harmless" if one.label in calm else "corpus opposing"
        # Its text is no pattern: brackets in it are never expanded.
        if not set(one.text) & set("(){}|"):
            pools.setdefault(name, []).append(Origin(one.text, {}, one.label, one.meaning, one.meaning, out))
    return pools


def written(file: Path) -> list[Origin]:
    """Return every pattern of one of the mill's files."""
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return [
        Origin(
            pattern,
            tables["slots"],
            Label(family["label"]),
            family["topic"],
            pattern,
            held_out(pattern, _ONE_IN_PATTERNS),
        )
        for family in tables["family"]
        for pattern in family["say"]
    ]
