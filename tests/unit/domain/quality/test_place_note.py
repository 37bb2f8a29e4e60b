"""A note at a moment is kept as it was written, or not at all."""

from __future__ import annotations

import pytest

from ivr.domain.quality.note import clean_note
from ivr.domain.quality.place_note import LONGEST, judge_place_note


@pytest.mark.parametrize(
    ("typed", "at_ms", "said"),
    [
        ("propose l'échéancier sans le nommer", 1_000, ""),
        ("propose « un geste »", 0, ""),
        ("", 0, "empty"),
        ("x" * (LONGEST + 1), 0, "at most"),
        ("le client dit 06 12 34 56 78", 0, "number"),
        ("carte 4970 1012 3456 7893", 0, "number"),
        ("NIR 1 84 12 76 451 089 46", 0, "number"),
        ("IBAN FR76 3000 6000 0112 3456 7890 189", 0, "number"),
        ("répond « je vous ai déjà dit non »", 0, "quotes"),
        ("dit vite", 5_001, "no such moment"),
        ("dit vite", -1, "no such moment"),
    ],
)
def test_a_note_is_kept_as_it_was_written_or_refused_with_its_reason(typed: str, at_ms: int, said: str) -> None:
    found = judge_place_note(clean_note(typed, longest=LONGEST), at_ms=at_ms, duration_ms=5_000)
    assert (said in (found or "")) if said else found is None
