"""What is given to `ivr lint` cannot keep it busy for ever: time grows with length, and length is bounded."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ivr.services.lint.lint import Finding, lint_paths
from ivr.settings import load_settings
from ivr.settings.phrases import load_phrases

ROOT = Path(__file__).parents[4]
SETTINGS = load_settings(ROOT / "config", {})
PHRASES = load_phrases(ROOT / "config" / "phrases")
SENTENCES = [
    json.loads(line)["text"] for line in (ROOT / "tests/data/guard/asks_dev.jsonl").read_text("utf-8").splitlines()
]


def lint(path: Path) -> list[Finding]:
    return lint_paths([path], profile=SETTINGS.profile, phrases=PHRASES, controller=SETTINGS.controller.name)


def cpu_s(path: Path, *, tries: int = 1) -> float:
    """The least of several: what else runs on the machine adds to a time, and never takes away."""
    least = float("inf")
    for _ in range(tries):
        began = time.process_time()
        lint(path)
        least = min(least, time.process_time() - began)
    return least


def script(path: Path, size: int) -> Path:
    text = "\n".join(SENTENCES)
    path.write_text((text * (size // len(text) + 1))[:size], "utf-8")
    return path


def tables(path: Path, size: int) -> Path:
    table = '[prompts.p{}]\nversion = "1"\ntext = "Merci de votre appel numéro {}. Au revoir."\n'
    text = "".join(table.format(n, n) for n in range(size // 70))
    path.write_text(text, "utf-8")
    return path


def keys(path: Path, size: int) -> Path:
    text = "".join(f'k{n} = "Merci de votre appel numéro {n}. Au revoir."\n' for n in range(size // 50))
    path.write_text(f"[menu]\n{text}", "utf-8")
    return path


@pytest.mark.parametrize(("make", "name"), [(script, "script.md"), (tables, "prompts.toml"), (keys, "menu.toml")])
def test_four_times_the_text_takes_about_four_times_as_long(tmp_path: Path, make, name: str) -> None:  # type: ignore[no-untyped-def]
    cpu_s(make(tmp_path / name, 20_000))
    short = cpu_s(make(tmp_path / name, 60_000), tries=3)
    long = cpu_s(make(tmp_path / name, 240_000), tries=3)
    # By its square it would take sixteen times as long.
    assert long < 10 * short + 0.5


_BAD = {
    "no end of sentence": "et puis alors le numéro de votre carte ",
    "open quotes": "« votre carte ",
    "straight quotes": 'un " deux ',
    "dashes": "-" * 5 + " ",
    "bars": "| x ",
    "marks": "?!… ",
    "digits": "1 2 3 4 5 6 7 8 9 0 ",
    "brackets": "[ ] ( ) ",
}


@pytest.mark.parametrize("kind", _BAD)
@pytest.mark.parametrize("lines", [1, 10])
def test_no_text_of_ten_lines_takes_minutes(tmp_path: Path, kind: str, lines: int) -> None:
    line = (_BAD[kind] * 10_000)[:9_990]
    path = tmp_path / "script.md"
    path.write_text(f"{line}x\n" * lines, "utf-8")
    # A tenth of a second a line; a pattern that tries each beginning with each end takes minutes.
    assert cpu_s(path) < 10.0 * lines


def test_a_question_is_found_in_a_text_without_an_end_of_sentence(tmp_path: Path) -> None:
    path = tmp_path / "script.md"
    filler = "nous allons voir ensemble la suite de cette affaire " * 60
    path.write_text(f"{filler}donnez-moi votre numéro de carte bancaire {filler}", "utf-8")
    assert [finding.rule for finding in lint(path)] == ["ASK-002"]
