"""The words of the pages in both languages: words.toml. What services tell is English, and French by `ivr.french`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ivr.french import french

LANGUAGES = ("fr", "en")
CATALOGUE = Path(__file__).with_name("words.toml")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """By dotted name: the text in each language."""
    return {
        f"{page}.{name}": texts
        for page, names in tomllib.loads(CATALOGUE.read_text("utf-8")).items()
        for name, texts in names.items()
    }


class Words:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]

    def __call__(self, name: str, **filled: object) -> str:
        """Return the text of this name. Raises KeyError for one that the catalogue does not have."""
        text = catalogue()[name][self.language]
        return text.format(**filled) if filled else text

    def of(self, group: str, name: str) -> str:
        """Return the text of what a row names (a cause, a kind, a party), or the group's `other`."""
        return self(f"{group}.{name}" if f"{group}.{name}" in catalogue() else f"{group}.other")

    def decimal(self, value: float, digits: int) -> str:
        """Return a number with so many digits behind the mark of this language."""
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if self.language == "fr" else text

    def told(self, text: str) -> str:
        """Return what a service told, an error or a sentence of the rules, in this language."""
        return french(text) if self.language == "fr" else text
