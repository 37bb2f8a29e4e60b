"""How well forbidden questions and forbidden numbers are told from harmless ones, by family.

    python -m benchmarks.guard [--json] [--seed N] [--numbers N]

Questions come from `tests/data/guard/*.jsonl`, which the phrase bank and the second reader were fitted to: their
figures show that nothing known was lost. What unseen sentences gave, round by round before each was fitted, stands in
docs/never-ask.md. Spoken numbers come from a seeded grammar, by default with a seed that the rules were not tuned on.
Exit 1 when a target is missed: asks found ≥ 99 %, mentions taken for asks ≤ 2 %, numbers found
≥ 99 %, other numbers taken for forbidden ones ≤ 0.5 %.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.other_numbers import harmless
from benchmarks.spoken_numbers import forbidden
from ivr.domain.asks.detector import AskDetector
from ivr.domain.call.party import Direction
from ivr.domain.numbers.sensitive import sensitive_spans
from ivr.settings import default_config_dir
from ivr.settings.phrases import load_phrases

SENTENCES = Path(__file__).parent.parent / "tests" / "data" / "guard"
_UNSEEN_SEED = 20_261_121


@dataclass(frozen=True)
class Score:
    """`hits` of `total`: for what is sought, how much was found; for what is harmless, how much was taken for it."""

    part: str
    family: str
    harmless: bool
    hits: int
    total: int

    @property
    def rate(self) -> float:
        return self.hits / self.total if self.total else 0.0


def questions(path: Path, detector: AskDetector) -> list[Score]:
    """Return the scores of one file of sentences, by family; mentions under "mentions"."""
    hits: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        family = row["asks"] or "mentions"
        direction = Direction(row["direction"]) if row["direction"] else None
        totals[family] += 1
        hits[family] += bool(detector.asks(row["text"], direction))
    return _scores(path.stem, totals, hits, {"mentions"})


def numbers(count: int, seed: int) -> list[Score]:
    """Return the scores of spoken numbers, by family; a number found under another kind counts as found."""
    scores = []
    for harmless_ones, material in ((False, forbidden(count, seed)), (True, harmless(4 * count, seed + 1))):
        hits: Counter[str] = Counter()
        totals: Counter[str] = Counter()
        for said in material:
            totals[said.family] += 1
            hits[said.family] += bool(sensitive_spans(said.text))
        scores += _scores("numbers", totals, hits, set(totals) if harmless_ones else set())
    return scores


def _scores(part: str, totals: Counter[str], hits: Counter[str], harmless_ones: set[str]) -> list[Score]:
    return [Score(part, family, family in harmless_ones, hits[family], totals[family]) for family in totals]


def summary(scores: Iterable[Score]) -> dict[str, dict[str, float]]:
    """Return recall and false rate of each part."""
    rows = list(scores)
    found: dict[str, dict[str, float]] = {}
    for part in dict.fromkeys(row.part for row in rows):
        figures = {}
        for name, is_harmless in (("recall", False), ("false_rate", True)):
            chosen = [row for row in rows if row.part == part and row.harmless is is_harmless]
            total = sum(row.total for row in chosen)
            figures[name] = sum(row.hits for row in chosen) / total if total else 0.0
        found[part] = figures
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description="The guard, measured on text.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seed", type=int, default=_UNSEEN_SEED)
    parser.add_argument(
        "--numbers", type=int, default=3000, help="utterances with forbidden numbers; four times as many without"
    )
    options = parser.parse_args(arguments)
    detector = AskDetector(load_phrases(default_config_dir(os.environ) / "phrases"))
    scores = [score for path in sorted(SENTENCES.glob("*.jsonl")) for score in questions(path, detector)]
    scores += numbers(options.numbers, options.seed)
    parts = summary(scores)
    good = all(
        figures["recall"] >= 0.99 and figures["false_rate"] <= (0.005 if part == "numbers" else 0.02)
        for part, figures in parts.items()
    )
    if options.json:
        rows = [{**score.__dict__, "rate": score.rate} for score in scores]
        print(
            json.dumps(
                {"ok": good, "bank_version": detector.bank.version, "parts": parts, "families": rows},
                ensure_ascii=False,
            )
        )
        return 0 if good else 1
    table = Table("", "family", "found", "of", "rate", title="Forbidden questions and numbers, in text")
    for score in scores:
        name = f"{score.family} (harmless)" if score.harmless else score.family
        table.add_row(score.part, name, str(score.hits), str(score.total), f"{100 * score.rate:.1f} %")
    for part, figures in parts.items():
        table.add_row(
            part, "all", "", "", f"recall {figures['recall']:.1%}, false {figures['false_rate']:.2%}", style="bold"
        )
    Console().print(table)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
