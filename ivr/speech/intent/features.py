"""Sentence to features: concepts, bones, words and sounds, hashed into a fixed number of places."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from ivr.domain.text.phonetic_key import key
from ivr.speech.intent.concepts import Lexicon, Unit
from ivr.speech.intent.skeleton import PREDICATES, Node, about, skeleton
from ivr.speech.intent.stance import stances
from ivr.speech.intent.words import Word

PLACES = 1 << 16
_SKIPPED = frozenset({"FILLER"})
# What is written down of a sentence counts by how well it carries over to sentences never seen.
_WEIGHT = {"v": 2.0, "b": 1.0, "f": 1.0, "c": 0.7, "w": 0.5, "s": 0.25, "q": 0.5}


def _grams(items: Sequence[str], sizes: Iterable[int]) -> Iterable[str]:
    for size in sizes:
        for at in range(len(items) - size + 1):
            yield " ".join(items[at : at + size])


def _bones(nodes: Sequence[Node]) -> Iterable[str]:
    names = ["^"]
    for node in nodes:
        if node.kind in ("POLITE", "CONV"):
            continue
        names.append(node.name)
        if node.pause in (".", "?"):
            names.append("|" if node.pause == "." else "?")
    names.append("$")
    yield from _grams(names, (1, 2, 3, 4))
    flat = [name for name in names if name not in "^|$?"]
    yield from (f"_{gram}" for gram in _grams(flat, (2, 3)))
    for k, name in enumerate(flat):
        for later in flat[k + 2 : k + 5]:
            yield f"{name} .. {later}"


def _frames(nodes: Sequence[Node]) -> Iterable[str]:
    above = "0"
    for k, node in enumerate(nodes):
        if node.kind in PREDICATES:
            target = about(nodes, k)
            yield f"{node.name}:{target}"
            yield f"{node.name}:{target}:{node.who}"
            yield f"{node.name}:{target}:{node.form}:{node.who}"
            yield f"{above}>{node.name}:{target}"
            yield f"{above}>{node.name}:{target}:{node.who}"
            above = node.name
        elif node.kind in ("REC", "RECU", "RECX", "CONTACT", "KEEP", "LISTEN", "LIST"):
            yield f"{node.name}:{node.form}:{node.who}"
            yield f"{above}>{node.name}"
            yield f"{above}>{node.name}:{node.form}:{node.who}"
        elif node.kind in ("COND", "QUESTION", "SANS", "TIERS"):
            above = node.kind


def features(words: Sequence[Word], units: Sequence[Unit], *, classic: bool = False) -> Counter[str]:
    """Return the weighted features of one stretch of words.

    `classic` gives only character n-grams of the letters: the baseline that benchmarks compare with.
    """
    counts: Counter[str] = Counter()
    text = f" {' '.join(word.text for word in words)} "
    if classic:
        counts.update(text[at : at + size] for size in (2, 3, 4, 5) for at in range(len(text) - size + 1))
        return counts
    nodes = skeleton(units)
    present: dict[str, str] = {}
    for gram in _bones(nodes):
        present[f"b{gram}"] = "b"
    for gram in _frames(nodes):
        present[f"f{gram}"] = "f"
    for stance in stances(nodes):
        present[f"v{stance}"] = "v"
    concepts = ["^", *(unit.concept for unit in units if unit.concept not in _SKIPPED), "$"]
    for gram in _grams(concepts, (2, 3, 4)):
        present[f"c{gram}"] = "c"
    for gram in _grams([word.text for word in words], (1, 2, 3)):
        present[f"w{gram}"] = "w"
    sounds = "".join(key(word.text) for word in words)
    for gram in _grams(list(sounds), (4, 5)):
        present[f"s{gram}"] = "s"
    if any(word.pause == "?" for word in words):
        present["q?"] = "q"
    length = min(len(words) // 4, 6)
    present[f"qlength{length}"] = "q"
    if any(unit.weak for unit in units):
        present["qweak"] = "q"
    return Counter({name: _WEIGHT[kind] for name, kind in present.items()})


def places(counts: Counter[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Hash features into `PLACES` places: (indices, values), scaled to unit length."""
    merged: dict[int, float] = {}
    for name, value in counts.items():
        at = zlib.crc32(name.encode()) % PLACES
        merged[at] = merged.get(at, 0.0) + value
    indices = np.fromiter(merged, dtype=np.int64, count=len(merged))
    values = np.fromiter(merged.values(), dtype=np.float32, count=len(merged))
    return indices, values / max(float(np.sqrt((values**2).sum())), 1e-6)


def vectorise(
    words: Sequence[Word], lexicon: Lexicon, *, classic: bool = False
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the hashed features of a stretch of words."""
    units = [] if classic else lexicon.units(words)
    return places(features(words, units, classic=classic))
