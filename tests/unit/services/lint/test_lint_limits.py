"""What is given to `ivr lint` cannot keep it busy for ever: work grows with length, and length is bounded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.services.lint.lint import Finding, lint_paths
from ivr.settings import load_settings
from ivr.settings.phrases import load_phrases
from tests.calls_made import calls_made

ROOT = Path(__file__).parents[4]
SETTINGS = load_settings(ROOT / "config", {})
PHRASES = load_phrases(ROOT / "config" / "phrases")
SENTENCES = [
    json.loads(line)["text"] for line in (ROOT / "tests/data/guard/asks_dev.jsonl").read_text("utf-8").splitlines()
]


def lint(path: Path) -> list[Finding]:
    return lint_paths([path], profile=SETTINGS.profile, phrases=PHRASES, controller=SETTINGS.controller.name)


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
def test_four_times_the_text_is_about_four_times_the_work(tmp_path: Path, make, name: str) -> None:  # type: ignore[no-untyped-def]
    lint(make(tmp_path / name, 2_000))
    short, long = (calls_made(lint, make(tmp_path / name, size)) for size in (20_000, 80_000))
    # By its square it would be sixteen times as much.
    assert long < 6 * short


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


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", _BAD)
@pytest.mark.parametrize("lines", [1, 10])
def test_a_text_of_ten_long_lines_ends(tmp_path: Path, kind: str, lines: int) -> None:
    line = (_BAD[kind] * 10_000)[:9_990]
    path = tmp_path / "script.md"
    path.write_text(f"{line}x\n" * lines, "utf-8")
    # A tenth of a second a line; a pattern that tries each beginning with each end takes hours.
    lint(path)


def test_a_question_is_found_in_a_text_without_an_end_of_sentence(tmp_path: Path) -> None:
    path = tmp_path / "script.md"
    filler = "nous allons voir ensemble la suite de cette affaire " * 60
    path.write_text(f"{filler}donnez-moi votre numéro de carte bancaire {filler}", "utf-8")
    assert [finding.rule for finding in lint(path)] == ["ASK-002"]
