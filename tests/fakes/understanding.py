"""An understanding by three keywords: enough to test what is around it, and nothing more."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ivr.domain.hearing.verdict import Ground, Label, SensitiveSpan, Thresholds
from ivr.speech.understanding import Hypothesis, Reading

_OBJECTS = re.compile(r"(oppose|refuse|pas) .{0,20}enregistr\w*|m'oppose", re.IGNORECASE)
_CARD = re.compile(r"\d(?:[ ,.]?\d){12,}")


class KeywordUnderstanding:
    """Implements Understanding; scores 0.95 when a hypothesis objects, 0.02 otherwise."""

    def judge(
        self,
        hypotheses: Sequence[Hypothesis],
        *,
        last_prompt: str,
        after_disclosure: bool,
        thresholds: Mapping[str, Thresholds],
        partial: bool = False,
    ) -> Reading:
        limit = thresholds.get(Label.OBJECTION_RECORDING.value, Thresholds())
        first = hypotheses[0].text
        sensitive = tuple(SensitiveSpan("card", m.start(), m.end()) for m in _CARD.finditer(first))
        if not any(_OBJECTS.search(hypothesis.text) for hypothesis in hypotheses):
            return Reading(Label.NONE, limit.band(0.02), 0.02, None, sensitive)
        found = _OBJECTS.search(first)
        return Reading(
            Label.OBJECTION_RECORDING,
            limit.band(0.95),
            0.95,
            found.span() if found else None,
            sensitive,
            ground=Ground.EXPLICIT,
        )
