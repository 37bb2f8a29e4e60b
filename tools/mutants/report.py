"""The score of the mutants that were tried, file by file, and the survivors as diffs."""

from __future__ import annotations

import difflib
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.mutants.operators import Mutant
from tools.mutants.trial import INVALID, KILLED, NO_TEST, SURVIVED, TIMEOUT

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
_COLUMNS = (KILLED, TIMEOUT, SURVIVED, NO_TEST, "equivalent", INVALID)
#: What says nothing of the tests: nobody can tell the mutant from the code, or it could not be put in place.
_UNCOUNTED = ("equivalent", INVALID)


@dataclass
class Score:
    """Of one file. `equivalent` survived too, and equivalent.toml says why nobody can tell."""

    mutants: int = 0
    results: Counter[str] = field(default_factory=Counter)

    @property
    def tried(self) -> int:
        return sum(self.results.values())

    @property
    def percent(self) -> float:
        counted = self.tried - sum(self.results[one] for one in _UNCOUNTED)
        return 100 * (self.results[KILLED] + self.results[TIMEOUT]) / counted if counted else 100.0


def write_report(place: Path, mutants: Mapping[str, Mutant], known: Mapping[str, list[str]]) -> None:
    """Print the table, and write it with all survivors beside the results."""
    scores: dict[str, Score] = {}
    diffs: list[str] = []
    reasons = _equivalents()
    for name, mutant in mutants.items():
        score = scores.setdefault(mutant.path, Score())
        score.mutants += 1
        result = known.get(name, [""])[0]
        if not result:
            continue
        if result in (SURVIVED, NO_TEST):
            source = Path(mutant.path).read_text("utf-8")
            before, after = source.splitlines(), mutant.apply(source).splitlines()
            diff = list(difflib.unified_diff(before, after, mutant.path, mutant.path, n=1, lineterm=""))
            reason = reasons.get((mutant.path, *_changed(diff)), "")
            result = "equivalent" if reason else result
            told = f" ({reason})" if reason else ""
            diffs.append("\n".join([f"# {result}: {mutant.path} {mutant.owner}{told}", *diff[2:]]))
        score.results[result] += 1
    table = _table(scores)
    print(table)
    (place / "report.md").write_text(table + "\n", "utf-8")
    (place / "survivors.diff").write_text("\n\n".join(diffs) + "\n", "utf-8")
    print(f"\nsurvivors as diffs: {place / 'survivors.diff'}")


def _table(scores: Mapping[str, Score]) -> str:
    lines = [
        "| file | mutants | tried | killed | timeout | survived | no test | equivalent | invalid | score |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    groups: dict[str, Score] = {"`ivr/domain`": Score(), "`ivr/services`": Score(), "**all**": Score()}
    for path, score in sorted(scores.items()):
        for group in (f"`{'/'.join(path.split('/')[:2])}`", "**all**"):
            groups[group].mutants += score.mutants
            groups[group].results += score.results
        lines.append(_row(f"`{path}`", score))
    return "\n".join([*lines, *(_row(name, score) for name, score in groups.items())])


def _row(name: str, score: Score) -> str:
    counts = " | ".join(str(score.results[column]) for column in _COLUMNS)
    percent = f"{score.percent:.1f} %" if score.tried else ""
    return f"| {name} | {score.mutants} | {score.tried} | {counts} | {percent} |"


def _equivalents() -> dict[tuple[str, str, str], str]:
    """Why a change makes no difference that anybody can see, by file, lines before and lines after."""
    entries = tomllib.loads(EQUIVALENT.read_text("utf-8")).get("mutant", [])
    return {(one["file"], one["before"].strip(), one["after"].strip()): one["reason"] for one in entries}


def _changed(diff: list[str]) -> tuple[str, str]:
    before = " ".join(line[1:].strip() for line in diff[2:] if line.startswith("-"))
    after = " ".join(line[1:].strip() for line in diff[2:] if line.startswith("+"))
    return before, after
