"""What a check returns, and what it needs to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property

from ivr.domain.asks.detector import AskDetector
from ivr.domain.asks.phrase_bank import PhraseBank
from ivr.domain.profile import Profile
from ivr.domain.text.told import Told
from ivr.services.lint.sources import Passage


@dataclass(frozen=True)
class Finding:
    """One fault: where (`line` counts from 1), which rule, what kind, the words, why, and what to write instead."""

    file: str
    line: int
    rule: str
    kind: str
    words: str
    reason: Told
    suggestion: Told

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Law:
    """What the checks need: the rules, how forbidden questions sound, and the name that notices must give."""

    profile: Profile
    phrases: PhraseBank
    controller: str = ""

    @cached_property
    def asks(self) -> AskDetector:
        """What finds forbidden questions."""
        return AskDetector(self.phrases)


Check = Callable[[Passage, Law], Iterator[Finding]]


def finding_at(passage: Passage, rule: str, kind: str, words: str, reason: Told, suggestion: Told) -> Finding:
    """Return a finding at the first line of a passage."""
    return Finding(passage.file, passage.line, rule, kind, words, reason, suggestion)
