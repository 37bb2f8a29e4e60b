"""The corpus: sentences with labels, from the seed, the free sentences and the grammar. Only training reads it."""

from __future__ import annotations

import hashlib
import json
import random
import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.domain.hearing.verdict import Label
from ivr.errors import ConfigurationError

SPLITS = ("train", "dev", "test")
_TRIES_PER_SENTENCE = 12


@dataclass(frozen=True)
class Sentence:
    """One labelled sentence. `meaning` is its family, wholly in one `split`; `source` is seed, free or grammar."""

    text: str
    label: Label
    meaning: str
    split: str
    source: str


def expand(pattern: str, slots: Mapping[str, list[str]], random_: random.Random) -> str:
    """Return one sentence of `pattern`: (a|b) chooses, {SLOT} is an entry of a slot, both nest."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char in "({":
            end = _closing(pattern, at)
            inside = pattern[at + 1 : end]
            chosen = random_.choice(slots[inside]) if char == "{" else random_.choice(_branches(inside))
            out.append(expand(chosen, slots, random_))
            at = end + 1
        else:
            out.append(char)
            at += 1
    return "".join(out)


def _closing(pattern: str, start: int) -> int:
    opening, closing = pattern[start], {"(": ")", "{": "}"}[pattern[start]]
    depth = 0
    for at in range(start, len(pattern)):
        depth += (pattern[at] == opening) - (pattern[at] == closing)
        if depth == 0:
            return at
    raise ConfigurationError(f"'{opening}' is never closed in: {pattern}", remedy="balance the brackets")


def _branches(inside: str) -> list[str]:
    branches, depth, last = [], 0, 0
    for at, char in enumerate(inside):
        depth += (char in "({") - (char in ")}")
        if char == "|" and depth == 0:
            branches.append(inside[last:at])
            last = at + 1
    return [*branches, inside[last:]]


def _elided(text: str) -> str:
    """Close up spaces and elide what French elides: "me embête" is "m'embête"."""
    text = " ".join(text.split()).replace("' ", "'")
    return re.sub(r"\b(me|de|je|ne|le|se|te|que) (?=[aeiouyéèêàîô])(?!oui\b|y a)", lambda m: m[1][:-1] + "'", text)


def _grammar(file: Path) -> Iterator[Sentence]:
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    for family in tables["family"]:
        random_ = random.Random(zlib.crc32(family["meaning"].encode()))
        seen: dict[str, None] = {}
        for _ in range(family["count"] * _TRIES_PER_SENTENCE):
            if len(seen) == family["count"]:
                break
            text = expand(random_.choice(family["say"]), tables["slots"], random_)
            seen[_elided(text)] = None
        for text in seen:
            yield Sentence(text, Label(family["label"]), family["meaning"], family["split"], "grammar")


def free_sentences(file: Path) -> Iterator[Sentence]:
    """Yield the sentences of one file of `corpus/free`. Raises ConfigurationError with the line that is wrong."""
    heading: list[str] = []
    for number, written in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        line = written.strip()
        if line.startswith("## "):
            heading = line[3:].split()
            if len(heading) != 3 or heading[2] not in SPLITS:
                raise ConfigurationError(
                    "a heading is '## label meaning split'", file=f"{file.name}:{number}", remedy="write all three"
                )
        elif line and not line.startswith("#"):
            if not heading:
                raise ConfigurationError("a sentence stands before any heading", file=f"{file.name}:{number}")
            yield Sentence(line, Label(heading[0]), heading[1], heading[2], "free")


def _seed(file: Path) -> Iterator[Sentence]:
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Sentence(row["text"], Label(row["label"]), row["meaning"], row["split"], "seed")


def corpus_files(folder: Path) -> list[Path]:
    """Return every file of the corpus that holds sentences, in a fixed order."""
    return sorted(
        [
            *folder.glob("*.jsonl"),
            *folder.glob("grammar/*.toml"),
            *folder.glob("free/*.txt"),
            *folder.glob("test/*.txt"),
        ]
    )


def read_corpus(folder: Path) -> list[Sentence]:
    """Return all sentences in a fixed order, each text once per label. Raises ConfigurationError for bad data."""
    files = corpus_files(folder)
    if not files:
        raise ConfigurationError("no corpus here", file=str(folder), remedy="give the folder that holds seed.jsonl")
    readers = {".jsonl": _seed, ".toml": _grammar, ".txt": free_sentences}
    found: dict[tuple[str, str], Sentence] = {}
    for file in files:
        for sentence in readers[file.suffix](file):
            if "test" in file.parts[-2:-1] and sentence.split != "test":
                raise ConfigurationError("everything under corpus/test is of split test", file=str(file))
            found.setdefault((sentence.text.casefold(), sentence.label.value), sentence)
    return list(found.values())


def digest(folder: Path) -> str:
    """Return the SHA-256 (hex) over the names and bytes of all corpus files."""
    total = hashlib.sha256()
    for file in corpus_files(folder):
        total.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()
