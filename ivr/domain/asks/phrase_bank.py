"""The wordings by which forbidden questions are known, compiled from config/phrases. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ivr.domain.call.party import Direction

_MACRO = re.compile(r"\{([a-z_]+)\}")

#: A space between words, or a class of characters (whose spaces are left alone).
_SPACE = re.compile(r"\[[^\]]*\]| (?![?*+{])")


class SpeechAct(Enum):
    """A way of asking."""

    TO_US = "to_us"
    GIVE = "give"
    NEED = "need"
    WANT = "want"
    WHICH = "which"
    AVAILABLE = "available"
    COLLECT = "collect"
    COLLECTED = "collected"
    PLEASE = "please"
    KEYS = "keys"


class Mention(Enum):
    """A way of speaking of a thing without asking for it."""

    NO_NEGATION = "no_negation"
    POLITE_NO = "polite_no"
    NEGATION = "negation"
    REPORT = "report"
    REDIRECT = "redirect"
    TELLING = "telling"
    THEIRS = "theirs"


@dataclass(frozen=True, eq=False)
class Family:
    """One kind of data that may not be asked: its `values`, the `holders` that bear them, and asks by wording alone.

    `always` False: only outbound (RULEBOOK 7.1). `confirmable`: a question alone is no ask ("confirm only", the same).
    It equals itself only: comparing patterns takes long.
    """

    id: str
    name: str
    always: bool
    values: re.Pattern[str]
    holders: re.Pattern[str]
    direct: re.Pattern[str]
    suggestion: str
    confirmable: bool = False

    @property
    def rule(self) -> str:
        return "ASK-002" if self.always else "ASK-001"

    def forbidden(self, direction: Direction | None) -> bool:
        return self.always or direction is Direction.OUTBOUND


@dataclass(frozen=True)
class ScriptWords:
    """How scripts mark who speaks, what may not be said, and the direction of the call."""

    ours: frozenset[str]
    theirs: frozenset[str]
    forbidden_headings: re.Pattern[str]
    outbound: re.Pattern[str]
    inbound: re.Pattern[str]


@dataclass(frozen=True)
class ReaderWeights:
    """What the second reader learnt: the weight of each feature, and the probabilities that overrule the grammar."""

    bias: float
    ask_above: float
    clear_below: float
    weights: Mapping[str, float] = field(repr=False)


@dataclass(frozen=True)
class PhraseBank:
    """Everything the ask detector knows, with the version of the data. `learnt` None: the grammar decides alone."""

    version: str
    abbreviations: Mapping[str, str]
    families: tuple[Family, ...]
    acts: Mapping[SpeechAct, re.Pattern[str]]
    mentions: Mapping[Mention, re.Pattern[str]]
    scripts: ScriptWords
    learnt: ReaderWeights | None = None


def wording(patterns: Iterable[str], macros: Mapping[str, str], *, over_commas: bool = False) -> re.Pattern[str]:
    """Compile patterns into one that matches whole words; raises ValueError naming an unknown macro or a bad pattern.

    `over_commas`: a comma or colon between two words does not matter.
    """
    found = [_SPACE.sub(_comma, pattern) for pattern in patterns] if over_commas else list(patterns)
    if not found:
        return re.compile(r"(?!)")
    expanded = [_expanded(pattern, macros) for pattern in found]
    try:
        return re.compile(r"(?<!\w)(?:" + "|".join(expanded) + r")(?:(?<= )|(?!\w))")
    except re.error as whole:
        for pattern, alone in zip(found, expanded, strict=True):
            try:
                re.compile(alone)
            except re.error as error:
                raise ValueError(f"the pattern {pattern!r} is not a regular expression: {error}") from None
        raise ValueError(f"together the patterns are no regular expression: {whole}") from None


def _comma(match: re.Match[str]) -> str:
    return "(?: [,:])? " if match.group() == " " else match.group()


def _expanded(pattern: str, macros: Mapping[str, str]) -> str:
    for _ in range(8):
        fresh = _MACRO.sub(lambda m: _macro(m[1], macros), pattern)
        if fresh == pattern:
            return fresh
        pattern = fresh
    raise ValueError("a macro names itself")


def _macro(name: str, macros: Mapping[str, str]) -> str:
    if name not in macros:
        raise ValueError(f"there is no macro {{{name}}}; known: {', '.join(sorted(macros))}")
    return macros[name]
