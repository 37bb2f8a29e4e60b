"""How well French objections are understood: `python benchmarks/intent.py [--json] [--markdown FILE]`.

Prints act-or-ask, act, false act and false ask per split and source on perfect transcripts, the same on simulated
mishearing, beside the baseline (a linear classifier on character n-grams, same training sentences), and the time
of one judgement on five hypotheses. Nothing here is asserted; the targets stand in the project's issue on the ear.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ivr.domain.hearing.verdict import Band, Label, Thresholds
from ivr.speech.intent.concepts import shipped_lexicon
from ivr.speech.intent.features import vectorise
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.weights import LABELS, Weights
from ivr.speech.intent.words import words
from ivr.speech.understanding import Hypothesis, Reading
from tools.corpus.sentences import Sentence, read_corpus
from tools.training.fitting import Sample, fit
from tools.training.mishearing import bare, misheard
from tools.training.score import Judge, judge_of, rates

CORPUS = Path(__file__).parents[1] / "corpus"
SEED = 7
HYPOTHESES = 5
TIMED = 400
Row = dict[str, Any]


def parts(sentences: Sequence[Sentence]) -> dict[str, list[Sentence]]:
    """Group the sentences that no model was fitted to by where they come from.

    The lexicon was written by someone who had read the seed; only the last free part was unknown to it.
    """
    groups: dict[str, Callable[[Sentence], bool]] = {
        "test: seed": lambda s: s.split == "test" and s.source == "seed",
        "test: grammar": lambda s: s.split == "test" and s.source == "grammar",
        "test: free": lambda s: s.split == "test" and s.source == "free",
    }
    return {name: found for name, wanted in groups.items() if (found := [s for s in sentences if wanted(s)])}


def heard(sentences: Sequence[Sentence], level: float) -> list[Sentence]:
    """Return the sentences as a small model may transcribe them at a level of damage 0..1."""
    random_ = random.Random(SEED)
    return [replace(s, text=bare(misheard(s.text, random_, level=level))) for s in sentences]


def baseline(sentences: Sequence[Sentence]) -> Judge:
    """Train the baseline on the same training sentences and return its judge."""
    lexicon = shipped_lexicon()
    learnt = [Sample(s.text, s.label, 1.0) for s in sentences if s.split == "train"]
    weights: Weights = fit(learnt, lexicon, classic=True)

    def judge(text: str) -> Reading:
        indices, values = vectorise(words(text), lexicon, classic=True)
        odds = weights.probabilities(indices, values)
        at = int(np.argmax(odds))
        label, score = LABELS[at], float(odds[at])
        opposed = label in (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT)
        return Reading(label, Thresholds().band(score) if opposed else Band.CLEAR, score, None, ())

    return judge


def speed(model: IntentModel, sentences: Sequence[Sentence]) -> Row:
    """Return milliseconds per judgement of five hypotheses, with texts never judged before."""
    random_ = random.Random(SEED)
    taken: list[float] = []
    for sentence in random_.sample(list(sentences), TIMED):
        hypotheses = [Hypothesis(misheard(sentence.text, random_, level=0.6), -0.1 * k) for k in range(HYPOTHESES)]
        start = time.perf_counter()
        model.judge(hypotheses, last_prompt="", after_disclosure=False, thresholds={})
        taken.append((time.perf_counter() - start) * 1000)
    p50, p95 = np.percentile(taken, [50, 95])
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2), "n": TIMED}


def measure() -> Row:
    """Run everything and return one report."""
    sentences = read_corpus(CORPUS)
    model = IntentModel.load()
    judges: dict[str, Judge] = {"model": judge_of(model), "baseline": baseline(sentences)}
    rows: list[Row] = []
    for part, chosen in parts(sentences).items():
        for condition, texts in (
            ("perfect", chosen),
            ("no punctuation", [replace(s, text=bare(s.text)) for s in chosen]),
            ("misheard 0.4", heard(chosen, 0.4)),
            ("misheard 0.8", heard(chosen, 0.8)),
        ):
            for name, judge in judges.items():
                for label in (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT):
                    row = {"part": part, "condition": condition, "judge": name, "label": label.value}
                    rows.append({**row, **rates(judge, texts, label)})
    return {"rows": rows, "speed": speed(model, sentences), "sentences": len(sentences)}


def markdown(report: Row) -> str:
    """Return the report as a Markdown table."""
    lines = [
        "| part | condition | judge | label | act or ask | act | false act | false ask | n | calm |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {r['part']} | {r['condition']} | {r['judge']} | {r['label']} | {r['act_or_ask']:.3f} | {r['act']:.3f} "
        f"| {r['false_act']:.3f} | {r['false_ask']:.3f} | {r['n']} | {r['n_calm']} |"
        for r in report["rows"]
    ]
    pace = report["speed"]
    lines += ["", f"One judgement of {HYPOTHESES} hypotheses: p50 {pace['p50_ms']} ms, p95 {pace['p95_ms']} ms."]
    return "\n".join(lines)


def main() -> int:
    """Run the benchmark; exit code 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--markdown", type=Path, help="also write the table to this file")
    given = parser.parse_args()
    report = measure()
    if given.markdown:
        given.markdown.write_text(markdown(report) + "\n", encoding="utf-8")
    print(json.dumps(report) if given.json else markdown(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
