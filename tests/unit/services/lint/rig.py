"""The shipped law and phrases, and what `ivr lint` says of a script under them."""

from __future__ import annotations

from pathlib import Path

from ivr.domain.call.party import Direction
from ivr.services.lint.lint import Finding, lint_paths
from ivr.settings import load_settings
from ivr.settings.phrases import load_phrases

CONFIG = Path(__file__).parents[4] / "config"
SETTINGS = load_settings(CONFIG, {})
PHRASES = load_phrases(CONFIG / "phrases")


def lint(folder: Path, text: str, *, name: str = "script.md", direction: Direction | None = None) -> list[Finding]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return lint_paths([path], direction, profile=SETTINGS.profile, phrases=PHRASES)


def lines(findings: list[Finding]) -> list[int]:
    return [finding.line for finding in findings]
