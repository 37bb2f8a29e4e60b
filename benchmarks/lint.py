"""What `ivr lint` costs in processor time: its start, and a megabyte of text of each kind, no line of it twice.

    python -m benchmarks.lint [--json] [--megabytes N] [--seed N]

Harmless text is what people say on the phone (corpus/), dense text asks for something forbidden on nearly every line
(tests/data/guard); both come in the shapes of scripts: speakers, lists, tables, headings, quotes. Exit 1 when a kind
takes more than 2 s per megabyte. The start is what `ivr lint` of one short text takes, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ivr.services.lint.lint import lint_paths
from ivr.settings import default_config_dir, load_settings
from ivr.settings.phrases import load_phrases

ROOT = Path(__file__).parent.parent
_MOST_S_PER_MB = 2.0
_NAMES = ("Lefèvre", "Moreau", "Nguyen", "Garcia", "Benali", "Le Goff", "Schmitt", "Da Silva", "Rousseau", "Œuvrard")
_OPENINGS = ("Madame {name}, ", "Alors, monsieur {name}, ", "{name} : ", "Bien. ", "Dossier {n}, ", "", "", "")
_CLOSINGS = ("", "", "", " Merci.", " C'est noté pour le {n}.", " Je suis {name}.", " Vous êtes {n}e dans la file.")
_SHAPES = (
    "{said}", "{said}", "{said}", "Conseiller : {said}", "Client : {said}", "- {said}", "{n}. {said}", "> {said}",
    "[09:41] {said}", "| Conseiller | {said} |", "## Étape {n} : {said}", "« {said} »", "**{said}**", "{said}\n",
)  # fmt: skip


def sentences(kind: str) -> list[str]:
    """Return the sentences of the repository that are `harmless` or `dense`."""
    if kind == "dense":
        lines = (ROOT / "tests/data/guard/asks_dev.jsonl").read_text("utf-8").splitlines()
        return [row["text"] for row in map(json.loads, lines) if row["asks"]]
    files = sorted((ROOT / "corpus" / "free").glob("*.txt"))
    lines = [line.strip() for file in files for line in file.read_text("utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def text_of(kind: str, size: int, rng: random.Random) -> str:
    """Return `size` bytes or a little more of lines, each different."""
    stock = sentences(kind)
    return "\n".join(_until(size, _lines(stock, rng)))


def _lines(stock: Sequence[str], rng: random.Random) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        words = {"n": rng.randint(1, 99_999), "name": rng.choice(_NAMES)}
        said = rng.choice(_OPENINGS).format(**words) + rng.choice(stock) + rng.choice(_CLOSINGS).format(**words)
        line = rng.choice(_SHAPES).format(said=said, **words)
        if line not in seen:
            seen.add(line)
            yield line


def _until(size: int, lines: Iterator[str]) -> Iterator[str]:
    while size > 0:
        line = next(lines)
        size -= len(line.encode()) + 1
        yield line


def start_s() -> float:
    """Return the processor time of `ivr lint` of one short text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.txt"
        path.write_text("Bonjour, merci de votre appel.\n", "utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "ivr", "lint", str(path)], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def s_per_mb(text: str) -> float:
    """Return the processor time of a check of `text` in this process, per megabyte."""
    config = default_config_dir({})
    settings, phrases = load_settings(config, {}), load_phrases(config / "phrases")

    def check(path: Path, content: str) -> float:
        path.write_text(content, "utf-8")
        began = time.process_time()
        lint_paths([path], profile=settings.profile, phrases=phrases, controller=settings.controller.name)
        return time.process_time() - began

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.txt"
        check(path, "Votre RIB ?")
        return check(path, text) * 1e6 / len(text.encode())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lint")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--megabytes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    size = int(args.megabytes * 1_000_000)
    found = {kind: s_per_mb(text_of(kind, size, random.Random(args.seed))) for kind in ("harmless", "dense")}
    start = start_s()
    if args.json:
        print(json.dumps({"start_s": round(start, 2), "s_per_mb": {k: round(s, 2) for k, s in found.items()}}))
    else:
        print(f"start     {start:.2f} s")
        for kind, seconds in found.items():
            print(f"{kind:<9} {seconds:.2f} s/MB")
    sys.exit(any(seconds > _MOST_S_PER_MB for seconds in found.values()))


if __name__ == "__main__":
    main()
