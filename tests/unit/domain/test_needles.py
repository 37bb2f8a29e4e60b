"""A pattern that is tried only where it may be found finds what it found before."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.needles import Sought, needles
from ivr.domain.plain_text import plain_text
from ivr.settings.phrases import load_phrases

ROOT = Path(__file__).parents[3]
PHRASES = load_phrases(ROOT / "config" / "phrases")
PATTERNS = [
    *(getattr(family, kind) for family in PHRASES.families for kind in ("values", "holders", "direct")),
    *PHRASES.acts.values(),
    *PHRASES.mentions.values(),
]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("numero de carte", ("numero de carte",)),
        ("numeros? (?:de|du) (?:carte|compte)", ("numero",)),
        ("(?:le )?cryptogramme(?! bancaire)", ("cryptogramme",)),
        ("iban|rib|bic", ("bic", "iban", "rib")),
        ("(?:iban|\\d+)", None),
        ("(?:iban)?", None),
        ("(?:iban )+", ("iban ",)),
        ("(?=iban)x", None),
    ],
)
def test_what_must_stand_in_a_text_is_told(pattern: str, wanted: tuple[str, ...] | None) -> None:
    assert needles(re.compile(pattern)) == wanted


def test_what_may_be_written_in_either_case_is_always_tried() -> None:
    assert needles(re.compile("iban", re.IGNORECASE)) is None


def test_nothing_is_missed_in_the_sentences_of_the_corpus() -> None:
    lines = (ROOT / "tests" / "data" / "guard" / "asks_dev.jsonl").read_text("utf-8").splitlines()
    texts = [plain_text(json.loads(line)["text"], PHRASES.abbreviations).text for line in lines]
    found = 0
    for pattern in PATTERNS:
        sought = Sought(pattern)
        for text in texts:
            if pattern.search(text):
                found += 1
                assert sought.may_match(text), (pattern.pattern[:80], text)
    assert found > 1000


_WORDS = sorted({word for pattern in PATTERNS for needle in needles(pattern) or () for word in needle.split()})


@given(st.lists(st.sampled_from([*_WORDS, "votre", "le", "de", "1", "chiffres", "?"]), max_size=9))
def test_nothing_is_missed_in_any_row_of_their_words(words: list[str]) -> None:
    text = " ".join(words)
    for pattern in PATTERNS:
        sought = Sought(pattern)
        assert [m.span() for m in sought.finditer(text)] == [m.span() for m in pattern.finditer(text)]
