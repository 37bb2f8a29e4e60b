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


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("rib", ("rib",)),
        ("ab", ("ab",)),
        ("a", None),
        ("a|rib", None),
        ("(?:rib|iban|carte)", ("carte", "iban", "rib")),
        ("(?:rib|rib de|iban)", ("iban", "rib")),
        ("(?:rib|\\w+)x", None),
        ("numero (?:rib|iban)", ("numero ",)),
        ("(?:cryptogramme|secu) le", ("cryptogramme", "secu")),
        ("abc.(?:abc|abd)", ("abc",)),
        ("abc.abcd.ab", ("abcd",)),
        ("(?:rib){2}", ("rib",)),
        ("(?:rib)*", None),
        ("(?:rib){0,2}", None),
        ("(?:rib)+?", ("rib",)),
        ("(?>rib)", ("rib",)),
        ("(?:rib)++", ("rib",)),
        ("(rib)", ("rib",)),
        ("(?=rib)", None),
        ("r[ie]b", None),
        ("", None),
    ],
)
def test_the_longest_words_that_must_stand_in_a_text_are_its_needles(
    pattern: str, wanted: tuple[str, ...] | None
) -> None:
    assert needles(re.compile(pattern)) == wanted


@pytest.mark.parametrize(("count", "worth"), [(400, True), (401, False)])
def test_too_many_needles_are_not_worth_the_search(count: int, worth: bool) -> None:
    # Each begins with another letter, else the parser takes the common beginning out.
    words = [f"{chr(0x4E00 + n)}{chr(0x5E00 + n)}" for n in range(count)]
    assert needles(re.compile("|".join(words))) == (tuple(words) if worth else None)


def test_a_pattern_is_tried_from_where_it_is_asked() -> None:
    sought = Sought(re.compile("rib(?= ou)"))
    assert [sought.may_match(text) for text in ("le rib", "le rib ou", "iban", "")] == [True, True, False, False]
    assert sought.search("rib ou rib ou").span() == (0, 3)  # type: ignore[union-attr]
    assert sought.search("rib ou rib ou", 1).span() == (7, 10)  # type: ignore[union-attr]
    assert sought.search("rib ou", 1) is None
    assert sought.search("iban") is None
    assert [one.span() for one in sought.finditer("rib ou rib ou")] == [(0, 3), (7, 10)]
    assert list(sought.finditer("iban")) == []
    anything = Sought(re.compile("."))
    assert anything.may_match("") is True
    assert Sought(re.compile("RIB", re.IGNORECASE)).search("rib") is not None
