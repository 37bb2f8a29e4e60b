"""A pattern that is tried only where it may be found finds what it found before."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.text.needles import Sieve, needles
from ivr.domain.text.plain_text import plain_text
from ivr.settings.phrases import load_phrases

ROOT = Path(__file__).parents[4]
PHRASES = load_phrases(ROOT / "config" / "phrases")
PATTERNS = [
    *(getattr(family, kind) for family in PHRASES.families for kind in ("values", "holders", "direct")),
    *PHRASES.acts.values(),
    *PHRASES.mentions.values(),
]
SIEVE = Sieve(PATTERNS)


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
        ("(?=iban)x", ("iban",)),
    ],
)
def test_what_must_stand_in_a_text_is_told(pattern: str, wanted: tuple[str, ...] | None) -> None:
    assert needles(re.compile(pattern)) == wanted


def test_what_may_be_written_in_either_case_is_always_tried() -> None:
    assert needles(re.compile("iban", re.IGNORECASE)) is None


def test_a_pattern_is_tried_where_one_of_its_alternatives_has_both_its_beginning_and_its_words() -> None:
    (sought,) = (sieve := Sieve([re.compile(r"(?<!\w)(?:votre \w+ rib|le \w+ iban)")])).sought
    assert sought.may_match(sieve.read("votre nouveau rib"))
    assert sought.may_match(sieve.read("le nouvel iban"))
    assert not sought.may_match(sieve.read("votre nouvel iban"))
    assert not sought.may_match(sieve.read("rib"))
    assert not sought.may_match(sieve.read("un rib pour le"))
    read = sieve.read("le rib , votre nouveau rib")
    assert [match.group() for match in sought.finditer(read)] == ["votre nouveau rib"]


@pytest.mark.parametrize("text", ["votre\nrib", "votre\trib", "votre  rib", "a votre rib", "votre rib-iban", ""])
def test_a_text_that_is_not_levelled_is_read_too(text: str) -> None:
    patterns = [re.compile(r"(?<!\w)(?:rib|votre\s+rib)"), re.compile(r"(?<!\w)(?:iban|-)")]
    sieve = Sieve(patterns)
    for _ in range(2):
        for pattern, sought in zip(patterns, sieve.sought, strict=True):
            found = [match.span() for match in sought.finditer(sieve.read(text))]
            assert found == [match.span() for match in pattern.finditer(text)]


def test_nothing_is_missed_in_the_sentences_of_the_corpus() -> None:
    lines = (ROOT / "tests" / "data" / "guard" / "asks_dev.jsonl").read_text("utf-8").splitlines()
    texts = [plain_text(json.loads(line)["text"], PHRASES.abbreviations).text for line in lines]
    found = 0
    for text in texts:
        read = SIEVE.read(text)
        for pattern, sought in zip(PATTERNS, SIEVE.sought, strict=True):
            matches = [match.span() for match in pattern.finditer(text)]
            found += len(matches)
            assert [match.span() for match in sought.finditer(read)] == matches, (pattern.pattern[:80], text)
            assert matches == [] or sought.may_match(read)
    assert found > 1000


_WORDS = sorted({word for pattern in PATTERNS for needle in needles(pattern) or () for word in needle.split()})


@given(st.lists(st.sampled_from([*_WORDS, "votre", "le", "de", "1", "chiffres", "?"]), max_size=9))
def test_nothing_is_missed_in_any_row_of_their_words(words: list[str]) -> None:
    text = " ".join(words)
    read = SIEVE.read(text)
    for pattern, sought in zip(PATTERNS, SIEVE.sought, strict=True):
        assert [m.span() for m in sought.finditer(read)] == [m.span() for m in pattern.finditer(text)]


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
        ("(?=rib)", ("rib",)),
        ("(?<=rib)", None),
        ("(?!rib)", None),
        ("(?i:rib)", None),
        ("(?:ma|mon|mes) ", ("ma ", "mes ", "mon ")),
        ("r[ie]b", ("reb", "rib")),
        ("r[^i]b", None),
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


def found(pattern: str | re.Pattern[str], text: str, begin: int = 0) -> tuple[int, int] | None:
    """Where a pattern, sought alone, is found first; and all it finds is what it finds without being sifted."""
    compiled = re.compile(pattern)
    sieve = Sieve([compiled])
    (sought,), read = sieve.sought, sieve.read(text)
    assert [one.span() for one in sought.finditer(read)] == [one.span() for one in compiled.finditer(text)]
    match = sought.search(read, begin)
    assert (match is None) is (compiled.search(text, begin) is None)
    return match.span() if match else None


@pytest.mark.parametrize("begin", ["", r"(?<!\w)"])
def test_a_pattern_is_tried_from_where_it_is_asked(begin: str) -> None:
    pattern = f"{begin}(?:rib(?= ou))"
    assert found(pattern, "rib ou rib ou") == (0, 3)
    assert found(pattern, "rib ou rib ou", 1) == (7, 10)
    assert found(pattern, "rib ou", 1) is None
    for text in ("le rib", "iban", ""):
        assert found(pattern, text) is None
    assert found(begin + ".", "") is None
    assert found(re.compile(f"{begin}RIB", re.IGNORECASE), "le rib") == (3, 6)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(?<!\w)(?:rib|iban)", "cribs, le rib et l iban"),
        (r"(?<!\w)(?:\w+ez (?:moi|nous)|rib)", "donnez moi le rib"),
        (r"(?<!\w)(?:(?:^|[, ])jamais|rib)", "le rib , jamais"),
        (r"(?<!\w)(?:(?: ,)? le rib)", "oui , le rib"),
        (r"(?<!\w)(?:(?:, )?le rib)", "oui , le rib"),
        (r"(?<!\w)(?:«? ?rib)", "« rib « le rib"),
        (r"(?<!\w)(?:n° (?:de )?rib)", "le n° rib , n° de rib"),
        (r"(?<!\w)(?:l(?:e|a)s? ribs?)", "le rib les ribs la rib l rib"),
        (r"(?<!\w)(?:(?:le )*rib)", "le le rib"),
        (r"(?<!\w)(?:(?=rib)\w+)", "le rib ribs"),
        (r"(?<!\w)(?:(?i:rib))", "le RIB"),
        (r"(?<!\w)(?:anticonstitutionnellement|anticonstitution\w*)", "anticonstitutionnelle"),
        (r"(?<!\w)(?:rib le rib|le)", "rib le rib le rib le"),
        (r"(?<!\w)(?:\d+ ribs?)", "3 ribs 12 rib"),
    ],
)
def test_whatever_a_pattern_may_begin_with_is_tried(pattern: str, text: str) -> None:
    assert found(pattern, text) is not None


def test_a_word_that_a_pattern_cannot_begin_with_is_not_tried() -> None:
    sieve = Sieve([re.compile(r"(?<!\w)(?:le rib)"), re.compile("(?!)")])
    seen = [[sought.may_match(sieve.read(text)) for sought in sieve.sought] for text in ("le rib", "un rib", "le")]
    assert seen == [[True, False], [False, False], [False, False]]
