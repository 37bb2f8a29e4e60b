"""Parses config/phrases into the domain's PhraseBank; a misspelt key or pattern is a ConfigurationError."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ivr.domain.asks.phrase_bank import Family, Mention, PhraseBank, ReaderWeights, ScriptWords, SpeechAct, wording
from ivr.errors import ConfigurationError
from ivr.settings.source import Section, parse, read_toml

ASKS_FILE = "asks.toml"
WEIGHTS_FILE = "asks_weights.json"
#: What ASK-001 and ASK-002 name: a file without one of them is refused. A house may add kinds of its own.
BY_LAW = ("nir", "bank", "card", "secret", "birth_date", "contract", "guarantee", "medical", "identity")

FamilyId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]


class _Family(Section):
    forbidden: Literal["always", "outbound"]
    name: str = Field(min_length=1)
    values: tuple[str, ...] = Field(min_length=1)
    holders: tuple[str, ...]
    direct: tuple[str, ...]
    suggestion: str = Field(min_length=1)
    confirmable: bool = False


class _Acts(Section):
    to_us: tuple[str, ...] = Field(min_length=1)
    give: tuple[str, ...] = Field(min_length=1)
    need: tuple[str, ...] = Field(min_length=1)
    want: tuple[str, ...] = Field(min_length=1)
    which: tuple[str, ...] = Field(min_length=1)
    available: tuple[str, ...] = Field(min_length=1)
    collect: tuple[str, ...] = Field(min_length=1)
    collected: tuple[str, ...] = ()
    please: tuple[str, ...] = Field(min_length=1)
    keys: tuple[str, ...] = Field(min_length=1)


class _Mentions(Section):
    no_negation: tuple[str, ...]
    polite_no: tuple[str, ...]
    negation: tuple[str, ...] = Field(min_length=1)
    report: tuple[str, ...]
    redirect: tuple[str, ...]
    telling: tuple[str, ...]
    theirs: tuple[str, ...]


class _Scripts(Section):
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    forbidden_headings: tuple[str, ...]
    outbound: tuple[str, ...]
    inbound: tuple[str, ...]


class _AsksFile(Section):
    version: str = Field(min_length=1)
    macros: dict[str, str]
    abbreviations: dict[str, str]
    families: dict[FamilyId, _Family]
    acts: _Acts
    mentions: _Mentions
    scripts: _Scripts


class _Weights(Section):
    bias: float
    ask_above: float = Field(gt=0, lt=1)
    clear_below: float = Field(ge=0, lt=1)
    weights: dict[str, float]


def load_phrases(folder: Path) -> PhraseBank:
    """Read the phrase bank of a config folder's `phrases`; raises ConfigurationError naming file, key and fix."""
    path = folder / ASKS_FILE
    table = parse(_AsksFile, read_toml(path), file=str(path))
    _check_families(table.families, str(path))

    def compiled(key: str, patterns: tuple[str, ...], *, over_commas: bool = False) -> re.Pattern[str]:
        try:
            return wording(patterns, table.macros, over_commas=over_commas)
        except ValueError as error:
            raise ConfigurationError(
                str(error), file=str(path), key=key, remedy="correct the pattern, or add the macro under [macros]"
            ) from None

    families = tuple(
        Family(
            id=name,
            name=family.name,
            always=family.forbidden == "always",
            values=compiled(f"families.{name}.values", family.values),
            holders=compiled(f"families.{name}.holders", family.holders),
            direct=compiled(f"families.{name}.direct", family.direct, over_commas=True),
            suggestion=family.suggestion,
            confirmable=family.confirmable,
        )
        for name, family in table.families.items()
    )
    scripts = table.scripts
    return PhraseBank(
        version=table.version,
        abbreviations=table.abbreviations,
        families=families,
        acts={act: compiled(f"acts.{act.value}", getattr(table.acts, act.value)) for act in SpeechAct},
        mentions={m: compiled(f"mentions.{m.value}", getattr(table.mentions, m.value)) for m in Mention},
        scripts=ScriptWords(
            frozenset(scripts.ours),
            frozenset(scripts.theirs),
            compiled("scripts.forbidden_headings", scripts.forbidden_headings),
            compiled("scripts.outbound", scripts.outbound),
            compiled("scripts.inbound", scripts.inbound),
        ),
        learnt=_learnt(folder / WEIGHTS_FILE),
    )


def _check_families(found: Collection[str], file: str) -> None:
    missing = [name for name in BY_LAW if name not in found]
    for name in found if missing else ():
        if name not in BY_LAW and (close := get_close_matches(name, missing, n=1, cutoff=0.5)):
            raise ConfigurationError(
                "there is no such key", file=file, key=f"families.{name}", remedy=f"did you mean '{close[0]}'?"
            )
    if missing:
        raise ConfigurationError("this key is missing", file=file, key=f"families.{missing[0]}", remedy="add it")


def _learnt(path: Path) -> ReaderWeights:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"the second reader's weights cannot be read: {error}",
            file=str(path),
            remedy="restore the file, or make it anew with python -m benchmarks.guard_train",
        ) from None
    return ReaderWeights(**parse(_Weights, read, file=str(path)).model_dump())
