"""Breaks the code that keeps the five promises, one small change at a time, and tells which changes no test notices.

`make mutants` for all of it (an hour or more), `make mutants QUICK=1` for a sample; docs/mutants.md has the last score.
Interrupted, the next run goes on. Results are in var/mutants: report.md, and survivors.diff.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tools.mutants.operators import Mutant, mutants_of
from tools.mutants.report import write_report
from tools.mutants.trial import NO_TEST, SURVIVED, Reach, Trace, Trials, everything

HERE = Path(__file__).parent
PLACE = Path("var/mutants")
QUICK_PER_FILE = 10
#: Files of tests whose reach is learnt in one process, and kept when it ends.
FILES_AT_ONCE = 20
TARGETS = tomllib.loads((HERE / "targets.toml").read_text("utf-8"))
SELECTION = [*TARGETS["tests"]["folders"], "-k", TARGETS["tests"]["without"]]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument("--per-file", type=int, metavar="N", help="a sample of N mutants of each file (default: all)")
    parser.add_argument("--quick", action="store_true", help=f"the same as --per-file {QUICK_PER_FILE}")
    parser.add_argument("--seed", default="ivr", help="which sample; a larger one of a seed holds the smaller")
    parser.add_argument("--files", nargs="*", default=["*"], metavar="GLOB", help="only mutants of these files")
    parser.add_argument("--budget", type=float, default=20.0, metavar="S", help="seconds of tests for one mutant (20)")
    parser.add_argument("--first", nargs="*", default=[], metavar="TEST", help="tests that each mutant meets first")
    parser.add_argument("--again", action="store_true", help="only what survived or met no test, once more")
    parser.add_argument("--report", action="store_true", help="run nothing; report what is known")
    parser.add_argument("--trace", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    PLACE.mkdir(parents=True, exist_ok=True)
    if given.trace is not None:
        return trace(json.loads(given.trace))
    paths = sorted(str(path) for pattern in TARGETS["files"] for path in Path().glob(pattern))
    mutants = {key(one): one for path in paths for one in _mutants(path)}
    if not given.report:
        per_file = QUICK_PER_FILE if given.quick else given.per_file
        chosen = sample(mutants, given.seed, per_file, given.files)
        run([mutants[one] for one in chosen], _known(), budget_s=given.budget, again=given.again, first=given.first)
    write_report(PLACE, mutants, _known())
    return 0


def _mutants(path: str) -> list[Mutant]:
    return mutants_of(path, Path(path).read_text("utf-8"))


def key(mutant: Mutant) -> str:
    """The same for the same change of the same lines of a function, wherever the function stands."""
    source = Path(mutant.path).read_text("utf-8").splitlines()
    lines = "\n".join(source[mutant.lines[0] - 1 : mutant.lines[1]])
    place = (mutant.start[0] - mutant.first_line, mutant.start[1], mutant.end[1])
    what = f"{mutant.path} {mutant.owner} {place} {mutant.before!r} {mutant.after!r} {lines}"
    return hashlib.sha256(what.encode()).hexdigest()[:20]


def sample(mutants: dict[str, Mutant], seed: str, per_file: int | None, files: Sequence[str]) -> list[str]:
    """Keys of the mutants to try: of each file those with the lowest hashes, the files in turn."""
    of_file: dict[str, list[str]] = {}
    for one in sorted(mutants, key=lambda one: hashlib.sha256(f"{seed} {one}".encode()).digest()):
        if any(fnmatch(mutants[one].path, pattern) for pattern in files):
            of_file.setdefault(mutants[one].path, []).append(one)
    chosen = [(at, one) for of in of_file.values() for at, one in enumerate(of[:per_file])]
    return [one for _, one in sorted(chosen)]


def run(
    mutants: list[Mutant], known: dict[str, list[str]], *, budget_s: float, again: bool, first: Sequence[str]
) -> None:
    wanted = (SURVIVED, NO_TEST) if again else ("",)
    left = [one for one in mutants if known.get(key(one), [""])[0] in wanted]
    if not left:
        return
    reach = reach_of_tests()
    print(f"{len(left)} mutants", flush=True)
    results = (PLACE / "results.jsonl").open("a", encoding="utf-8")
    count = itertools.count(1)

    def told(mutant: Mutant, result: str, killer: str) -> None:
        results.write(json.dumps([key(mutant), result, killer]) + "\n")
        results.flush()
        print(f"{next(count)} {result} {mutant.path}:{mutant.start[0]} {mutant.owner}", flush=True)

    with results:
        everything(Trials(left, reach, told, budget_s=budget_s, first=first), SELECTION)


def _known() -> dict[str, list[str]]:
    """The last result of each mutant, and which test killed it."""
    try:
        lines = (PLACE / "results.jsonl").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return {one: rest for one, *rest in map(json.loads, lines)}


# ---- which test reaches which line


def reach_of_tests() -> Reach:
    """Learn it, in processes of their own: of all tests when the code has changed, else of those that have.

    What some files of tests reach is kept before the next are run, so that an interrupted run goes on.
    """
    paths = sorted(str(path) for pattern in TARGETS["files"] for path in Path().glob(pattern))
    code = _digests(paths)
    tests = _digests(sorted({str(one) for folder in TARGETS["tests"]["folders"] for one in _test_files(folder)}))
    place = PLACE / "reach.json"
    kept = json.loads(place.read_text("utf-8")) if place.exists() else {"code": {}}
    if kept["code"] != code:
        kept = {"code": code, "tests": {}, "lines": {}, "took_s": {}}
    _forget(kept, {one for one, digest in kept["tests"].items() if tests.get(one) != digest})
    left = [one for one in tests if one not in kept["tests"]]
    for at in range(0, len(left), FILES_AT_ONCE):
        some = left[at : at + FILES_AT_ONCE]
        print(f"what tests reach: file {at + 1} of {len(left)}", flush=True)
        _learn([*some, "-k", TARGETS["tests"]["without"]])
        _add(kept, json.loads((PLACE / "trace.json").read_text("utf-8")))
        kept["tests"] |= {one: tests[one] for one in some}
        new = place.with_suffix(".new")
        new.write_text(json.dumps(kept), "utf-8")
        new.replace(place)
    reach = Reach()
    reach.took_s = kept["took_s"]
    for path, lines in kept["lines"].items():
        for line, names in lines.items():
            reach.lines[path][int(line)] |= set(names)
    return reach


def _forget(kept: dict[str, Any], files: set[str]) -> None:
    """What tests of these files reach."""
    kept["tests"] = {one: digest for one, digest in kept["tests"].items() if one not in files}
    kept["took_s"] = {name: s for name, s in kept["took_s"].items() if name.partition("::")[0] not in files}
    for of_file in kept["lines"].values():
        for line, names in of_file.items():
            of_file[line] = [name for name in names if name.partition("::")[0] not in files]


def _add(kept: dict[str, Any], new: dict[str, Any]) -> None:
    kept["took_s"] |= new["took_s"]
    for path, lines in new["lines"].items():
        of_file = kept["lines"].setdefault(path, {})
        for line, names in lines.items():
            of_file[line] = sorted({*of_file.get(line, ()), *names})


def _learn(selection: Sequence[str]) -> None:
    subprocess.run([sys.executable, "-m", "tools.mutants", "--trace", json.dumps(selection)], check=True)


def trace(selection: Sequence[str]) -> int:
    paths = sorted(str(path) for pattern in TARGETS["files"] for path in Path().glob(pattern))
    plugin = Trace(paths)
    status = everything(plugin, selection)
    reach = plugin.reach
    lines = {path: {line: sorted(names) for line, names in of.items()} for path, of in reach.lines.items()}
    took_s = {name: s for name, s in reach.took_s.items() if name not in plugin.failed}
    (PLACE / "trace.json").write_text(json.dumps({"lines": lines, "took_s": took_s}), "utf-8")
    if plugin.failed:
        print(f"these fail without any mutant, and are left out: {', '.join(plugin.failed)}")
    return (
        0
        if status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
        else status
    )


def _test_files(folder: str) -> list[Path]:
    path = Path(folder)
    return sorted(path.rglob("test_*.py")) if path.is_dir() else [path]


def _digests(paths: Sequence[str]) -> dict[str, str]:
    return {path: hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16] for path in paths}


if __name__ == "__main__":
    sys.exit(main())
