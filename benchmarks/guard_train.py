"""Trains the second reader of asks from tests/data/guard: same sentences, same weights.

    python -m benchmarks.guard_train

Each sentence is taught as written and without its marks (as it is heard). Of a text with several sentences that speak
of a thing, the grammar says which one asks. A feature seen in one text only is not learnt. Writes
config/phrases/asks_weights.json; run it after every change of config/phrases/asks.toml.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.guard import SENTENCES
from ivr.domain.asks.detector import AskDetector
from ivr.domain.asks.phrase_bank import ReaderWeights
from ivr.domain.call.party import Direction
from ivr.domain.text.plain_text import plain_text
from ivr.settings import default_config_dir
from ivr.settings.phrases import WEIGHTS_FILE, load_phrases

_INVERSE_PENALTY = 30.0
_HEARD_WEIGHT = 0.4
_SEEN_MIN = 2
_ASK_ABOVE, _CLEAR_BELOW = 0.6, 0.1
_MARKS = re.compile(r" ?[.,;:?!…«»\"“”()]")

Row = tuple[str, str | None, str | None]
Lesson = tuple[frozenset[str], bool, float]


def rows(files: Iterable[Path]) -> list[Row]:
    """Return text, family asked for, and direction of each sentence of the files."""
    read = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    return [(row["text"], row["asks"], row["direction"]) for row in read]


def lessons(material: Sequence[Row], detector: AskDetector) -> list[Lesson]:
    """Return what each sentence shows, whether it asks, and how much it weighs; `detector` has no second reader."""
    found: list[Lesson] = []
    for text, family, said_direction in material:
        direction = Direction(said_direction) if said_direction else None
        spoken = [
            (plain.text.strip(), shown)
            for plain in plain_text(text, detector.bank.abbreviations).sentences()
            if (shown := detector.shown(plain.text.strip(), direction)) is not None
        ]
        if family and len(spoken) > 1:
            spoken = [(sentence, shown) for sentence, shown in spoken if detector.asks(sentence, direction)]
        for sentence, shown in spoken:
            found.append((shown, family is not None, 1.0))
            heard = detector.shown(_MARKS.sub("", sentence), direction)
            if heard:
                found.append((heard, family is not None, _HEARD_WEIGHT))
    return found


def trained(material: Sequence[Lesson]) -> ReaderWeights:
    """Return weights rounded to what matters; features seen in fewer than two texts are left out."""
    counts = Counter(feature for shown, _, weight in material if weight == 1.0 for feature in shown)
    names = sorted(feature for feature, count in counts.items() if count >= _SEEN_MIN)
    column = {name: at for at, name in enumerate(names)}
    points = [
        (line, column[name], len(shown))
        for line, (shown, _, _) in enumerate(material)
        for name in sorted(shown)
        if name in column
    ]
    values = [1.0 / math.sqrt(size) for _, _, size in points]
    table = csr_matrix((values, ([p[0] for p in points], [p[1] for p in points])), shape=(len(material), len(names)))
    model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=5000, solver="lbfgs")
    with threadpool_limits(limits=1):
        model.fit(table, np.array([asks for _, asks, _ in material]), sample_weight=[w for _, _, w in material])
    learnt = {name: round(float(w), 2) for name, w in zip(names, model.coef_[0], strict=True)}
    return ReaderWeights(
        bias=round(float(model.intercept_[0]), 3),
        ask_above=_ASK_ABOVE,
        clear_below=_CLEAR_BELOW,
        weights={name: weight for name, weight in learnt.items() if weight},
    )


def main() -> int:
    folder = default_config_dir(os.environ) / "phrases"
    bank = replace(load_phrases(folder), learnt=None)
    learnt = trained(lessons(rows(sorted(SENTENCES.glob("*.jsonl"))), AskDetector(bank)))
    head = {"bias": learnt.bias, "ask_above": learnt.ask_above, "clear_below": learnt.clear_below}
    text = json.dumps({**head, "weights": learnt.weights}, ensure_ascii=False, indent=0, sort_keys=True)
    (folder / WEIGHTS_FILE).write_text(text + "\n", encoding="utf-8")
    print(f"{len(learnt.weights)} features learnt")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
